"""Summaries of failure groups: in all, by day and ecosystem, by recipe."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, Table, delete, insert

from batch_dashboard.model.failure_groups import failure_group_id, find_reason
from batch_dashboard.model.periods import Step
from batch_dashboard.model.summaries import FailureGroup, RecipeKey, RunSummary
from batch_dashboard.store.bulk import as_stored, execute_many, run_statement, upsert_rows
from batch_dashboard.store.drift import count_differences, day_sql, week_start_sql
from batch_dashboard.store.schema import (
    ALL_ECOSYSTEMS,
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
    recipe_results,
)

GROUP_COLUMNS = (
    "id",
    "error_category",
    "masked_line",
    "sample_message",
    "failed",
    "first_seen_at",
    "last_seen_at",
)
# Sums by time, each with rows of single ecosystems and of all together.
TIME_SUMS = {failure_group_days: "day", failure_group_weeks: "week"}
RECIPE_COLUMNS = (
    "ecosystem",
    "recipe_name",
    "failure_group_id",
    "failed",
    "first_seen_at",
    "last_seen_at",
)
READ_SLICE = 5_000


def seen_updates(table: str) -> tuple[str, str]:
    """Updates of an upsert that widen the time in which a group was seen."""
    return (
        f"first_seen_at = CASE WHEN excluded.first_seen_at < {table}.first_seen_at"
        f" THEN excluded.first_seen_at ELSE {table}.first_seen_at END",
        f"last_seen_at = CASE WHEN excluded.last_seen_at > {table}.last_seen_at"
        f" THEN excluded.last_seen_at ELSE {table}.last_seen_at END",
    )


def added_update(table: str) -> str:
    """The update of an upsert that adds to how many results failed."""
    return f"failed = {table}.failed + excluded.failed"


def add_failures(connection: Connection, summary: RunSummary, started_at: datetime) -> None:
    """Add one batch run's failed results."""
    if not summary.failure_groups:
        return
    time = int(started_at.timestamp())
    upsert_rows(
        connection,
        failure_groups,
        GROUP_COLUMNS,
        [
            (
                group_id,
                group.error_category,
                group.masked_line,
                group.sample_message,
                group.failed,
                time,
                time,
            )
            for group_id, group in summary.failure_groups.items()
        ],
        (added_update("failure_groups"), *seen_updates("failure_groups")),
    )
    by_ecosystem = Counter(summary.group_ecosystems)
    for group_id, group in summary.failure_groups.items():
        by_ecosystem[group_id, ALL_ECOSYSTEMS] = group.failed
    for table, start in _starts(started_at.date()):
        upsert_rows(
            connection,
            table,
            ("ecosystem", TIME_SUMS[table], "failure_group_id", "failed"),
            [
                (ecosystem, as_stored(connection, start), group_id, failed)
                for (group_id, ecosystem), failed in by_ecosystem.items()
            ],
            (added_update(table.name),),
        )
    upsert_rows(
        connection,
        failure_group_recipes,
        RECIPE_COLUMNS,
        sorted(
            (*key, group_id, failed, time, time)
            for (group_id, key), failed in summary.group_recipes.items()
        ),
        (added_update("failure_group_recipes"), *seen_updates("failure_group_recipes")),
    )


def fetch_of_run(connection: Connection, batch_run_id: int) -> Counter[tuple[int, RecipeKey]]:
    """How many results of one batch run failed, by failure group and recipe."""
    rows = connection.execute(
        recipe_results.select()
        .with_only_columns(
            recipe_results.c.failure_group_id,
            recipe_results.c.ecosystem,
            recipe_results.c.recipe_name,
        )
        .where(recipe_results.c.batch_run_id == batch_run_id)
        .where(recipe_results.c.failure_group_id.is_not(None))
    )
    return Counter((row.failure_group_id, (row.ecosystem, row.recipe_name)) for row in rows)


def remove_failures(
    connection: Connection, failures: Counter[tuple[int, RecipeKey]], started_at: datetime
) -> None:
    """Take the failed results of one batch run out, after its rows are gone."""
    by_group: Counter[int] = Counter()
    by_ecosystem: Counter[tuple[str, int]] = Counter()
    for (group_id, (ecosystem, _name)), failed in failures.items():
        by_group[group_id] += failed
        by_ecosystem[ecosystem, group_id] += failed
        by_ecosystem[ALL_ECOSYSTEMS, group_id] += failed
    for table, start in _starts(started_at.date()):
        of_time = f"{TIME_SUMS[table]} = ? AND ecosystem = ? AND failure_group_id = ?"
        first = as_stored(connection, start)
        execute_many(
            connection,
            f"UPDATE {table.name} SET failed = failed - ? WHERE {of_time}",
            [(failed, first, *key) for key, failed in by_ecosystem.items()],
        )
        execute_many(
            connection,
            f"DELETE FROM {table.name} WHERE {of_time} AND failed = 0",
            [(first, *key) for key in by_ecosystem],
        )
    recipe_keys = [(*key, group_id) for group_id, key in failures]
    of_recipe = "WHERE ecosystem = ? AND recipe_name = ? AND failure_group_id = ?"
    execute_many(
        connection,
        f"DELETE FROM failure_group_recipes {of_recipe}",
        recipe_keys,
    )
    execute_many(
        connection,
        f"INSERT INTO failure_group_recipes {_summed_recipes(of_recipe)}",
        [(*key, *key) for key in recipe_keys],
    )
    for group_id in by_group:
        _refresh_group(connection, group_id, by_group[group_id])


def _refresh_group(connection: Connection, group_id: int, removed: int) -> None:
    groups = failure_groups
    stored = connection.execute(
        groups.update()
        .where(groups.c.id == group_id)
        .values(failed=groups.c.failed - removed)
        .returning(groups.c.failed)
    ).scalar_one()
    if not stored:
        connection.execute(delete(groups).where(groups.c.id == group_id))
        return
    run_statement(
        connection,
        "UPDATE failure_groups SET (first_seen_at, last_seen_at) ="
        " (SELECT min(first_seen_at), max(last_seen_at) FROM ("
        " SELECT * FROM (SELECT started_at AS first_seen_at, started_at AS last_seen_at"
        " FROM recipe_results WHERE failure_group_id = ? ORDER BY started_at LIMIT 1) AS first"
        " UNION ALL SELECT * FROM (SELECT started_at, started_at"
        " FROM recipe_results WHERE failure_group_id = ? ORDER BY started_at DESC LIMIT 1) AS last"
        " UNION ALL SELECT first_seen_at, last_seen_at FROM pruned_failure_groups WHERE id = ?"
        ") AS seen) WHERE id = ?",
        *[group_id] * 4,
    )


def rebuild(connection: Connection) -> tuple[int, int]:
    """Group every failed result again and sum the groups from nothing.

    How many results went into another group, and how many groups there are.
    """
    groups, moved = _regroup(connection)
    for emptied in (*TIME_SUMS, failure_group_recipes, failure_groups):
        connection.execute(delete(emptied))
    if groups:
        connection.execute(
            insert(failure_groups),
            [
                {
                    "id": group_id,
                    "error_category": group.error_category,
                    "masked_line": group.masked_line,
                    "sample_message": group.sample_message,
                    "failed": 0,
                    "first_seen_at": datetime.fromtimestamp(0).astimezone(),
                    "last_seen_at": datetime.fromtimestamp(0).astimezone(),
                }
                for group_id, group in groups.items()
            ],
        )
    names = ", ".join(GROUP_COLUMNS)
    connection.exec_driver_sql(
        f"INSERT INTO failure_groups ({names}) SELECT {names} FROM pruned_failure_groups"
        " WHERE id NOT IN (SELECT id FROM failure_groups)"
    )
    connection.exec_driver_sql(
        "UPDATE failure_groups SET (failed, first_seen_at, last_seen_at) = ("
        f"SELECT failed, first_seen_at, last_seen_at FROM ({_summed_groups()}) AS summed"
        " WHERE summed.failure_group_id = failure_groups.id)"
    )
    for table in TIME_SUMS:
        connection.exec_driver_sql(f"INSERT INTO {table.name} {_summed_times(connection, table)}")
    connection.exec_driver_sql(f"INSERT INTO failure_group_recipes {_summed_recipes(_IN_A_GROUP)}")
    return moved, len(groups)


def count_drift(connection: Connection) -> dict[str, int]:
    """How many rows of each table differ from what the results say, by table."""
    seen = "sum(failed), min(first_seen_at), max(last_seen_at)"
    return {
        "failure_groups": count_differences(
            connection,
            _summed_groups(),
            f"SELECT id, {seen} FROM failure_groups GROUP BY id",
        ),
        **{
            table.name: count_differences(
                connection,
                _summed_times(connection, table),
                f"SELECT ecosystem, {start}, failure_group_id, failed FROM {table.name}",
            )
            for table, start in TIME_SUMS.items()
        },
        "failure_group_recipes": count_differences(
            connection,
            _summed_recipes(_IN_A_GROUP),
            f"SELECT {', '.join(RECIPE_COLUMNS)} FROM failure_group_recipes",
        ),
    }


_IN_A_GROUP = "WHERE failure_group_id IS NOT NULL"


def _starts(day: date) -> list[tuple[Table, date]]:
    """The day and the week that sum failures of a day, each with its table."""
    return [(failure_group_days, day), (failure_group_weeks, Step.WEEK.start_of(day))]


def _summed_groups() -> str:
    """Groups with how often and when they were seen, as the results say, and pruned ones said."""
    return (
        "SELECT failure_group_id, CAST(sum(failed) AS BIGINT) AS failed,"
        " min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at FROM ("
        "SELECT failure_group_id, count(*) AS failed, min(started_at) AS first_seen_at,"
        f" max(started_at) AS last_seen_at FROM recipe_results {_IN_A_GROUP}"
        " GROUP BY failure_group_id UNION ALL"
        " SELECT id, failed, first_seen_at, last_seen_at FROM pruned_failure_groups"
        ") AS parts GROUP BY failure_group_id"
    )


def _summed_times(connection: Connection, table: Table) -> str:
    """The rows of a table of sums by time, as the results say, and pruned ones said."""
    day = day_sql(connection, "started_at")
    parts = (
        f"SELECT ecosystem, {day} AS day, failure_group_id, count(*) AS failed"
        f" FROM recipe_results {_IN_A_GROUP} GROUP BY 1, 2, 3 UNION ALL"
        " SELECT ecosystem, day, failure_group_id, failed FROM pruned_failure_group_days"
    )
    start = week_start_sql(connection, "day") if table is failure_group_weeks else "day"
    sums = " UNION ALL ".join(
        f"SELECT {ecosystem} AS ecosystem, {start}, failure_group_id,"
        f" CAST(sum(failed) AS BIGINT) FROM ({parts}) AS parts GROUP BY 1, 2, 3"
        for ecosystem in ("ecosystem", f"'{ALL_ECOSYSTEMS}'")
    )
    return f"SELECT * FROM ({sums}) AS sums"


def _summed_recipes(where: str) -> str:
    key = "ecosystem, recipe_name, failure_group_id"
    return (
        f"SELECT {key}, CAST(sum(failed) AS BIGINT) AS failed,"
        " min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at FROM ("
        f"SELECT {key}, 1 AS failed, started_at AS first_seen_at, started_at AS last_seen_at"
        f" FROM recipe_results {where} UNION ALL"
        f" SELECT {key}, failed, first_seen_at, last_seen_at"
        f" FROM pruned_failure_group_recipes {where}) AS parts GROUP BY {key}"
    )


def _regroup(connection: Connection) -> tuple[dict[int, FailureGroup], int]:
    """Write each result's group anew where it differs; the groups by number, and how many did."""
    groups: dict[int, FailureGroup] = {}
    moved = 0
    connection.exec_driver_sql(
        "UPDATE recipe_results SET failure_group_id = NULL"
        " WHERE failure_group_id IS NOT NULL AND result != 'failed'"
    )
    for rows in _failed_results(connection):
        changed = []
        for result_id, recipe_name, category, message, stored in rows:
            line = find_reason(message, recipe_name).masked_line
            group_id = failure_group_id(line)
            if group_id not in groups:
                groups[group_id] = FailureGroup(category, line, message)
            if group_id != stored:
                changed.append((group_id, result_id))
        execute_many(
            connection, "UPDATE recipe_results SET failure_group_id = ? WHERE id = ?", changed
        )
        moved += len(changed)
    return groups, moved


def _failed_results(
    connection: Connection,
) -> Iterator[Sequence[tuple[int, str, str | None, str | None, int | None]]]:
    """All failed results, a slice at a time, in the order of their ids."""
    table = recipe_results.c
    query = (
        recipe_results.select()
        .with_only_columns(
            table.id,
            table.recipe_name,
            table.error_category,
            table.error_message,
            table.failure_group_id,
        )
        .where(table.result == "failed")
        .order_by(table.id)
        .limit(READ_SLICE)
    )
    last = 0
    while rows := connection.execute(query.where(table.id > last)).fetchall():
        yield [tuple(row) for row in rows]
        last = rows[-1].id
