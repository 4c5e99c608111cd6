"""Summaries of failure groups: in all, by day and ecosystem, by category, by recipe."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, delete

from batch_dashboard.model.failures.failure_sums import Failure, FailureSums, Seen
from batch_dashboard.model.ingest.summaries import RecipeKey
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.store.failures import failure_classes, message_index
from batch_dashboard.store.failures.failure_group_sums import (
    RECIPE_COLUMNS,
    frequent_category,
    of_recipe,
)
from batch_dashboard.store.ingest.bulk import as_stored, execute_many, run_statement, upsert_rows
from batch_dashboard.store.schema import (
    ALL_ECOSYSTEMS,
    failure_group_categories,
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
    recipe_results,
)
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun

GROUP_COLUMNS = (
    "id",
    "error_category",
    "masked_line",
    "sample_message",
    *Seen._fields,
    "is_truncated",
    "number",
    "last_message",
    "failure_class",
)
TIME_COLUMNS = ("failure_group_id", "ecosystem", "error_category", "failure_class")
Times = Mapping[tuple[int, str, str, str, date], int]


def seen_updates(table: str) -> tuple[str, str]:
    """Updates of an upsert that extend the time in which a group was seen."""
    return (
        f"first_seen_at = CASE WHEN excluded.first_seen_at < {table}.first_seen_at"
        f" THEN excluded.first_seen_at ELSE {table}.first_seen_at END",
        f"last_seen_at = CASE WHEN excluded.last_seen_at > {table}.last_seen_at"
        f" THEN excluded.last_seen_at ELSE {table}.last_seen_at END",
    )


def added_update(table: str) -> str:
    """The update of an upsert that adds to the number of failed results."""
    return f"failed = {table}.failed + excluded.failed"


def add(connection: Connection, added: AddedRun) -> None:
    """Add the failed results of a run that was just stored."""
    failures = added.summary.failures
    if not failures.groups:
        return
    _change_times(connection, failures.times)
    numbers = upsert_groups(connection, failures)
    upsert_rows(
        connection,
        failure_group_recipes,
        RECIPE_COLUMNS,
        sorted((*key, *seen) for key, seen in failures.recipes.items()),
        (added_update("failure_group_recipes"), *seen_updates("failure_group_recipes")),
    )
    message_index.add(connection, numbers, failures.messages)


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Subtract the failed results of a run after it is deleted."""
    failures = _fetch_of_run(connection, run.id)
    yield
    move_failures(connection, failures, FailureSums())


def _fetch_of_run(connection: Connection, batch_run_id: int) -> FailureSums:
    """The failed results of one batch run, without their messages, which can be long."""
    result = recipe_results.c
    rows = connection.execute(
        recipe_results.select()
        .with_only_columns(
            result.failure_group_id,
            result.ecosystem,
            result.recipe_name,
            result.error_category,
            result.failure_class,
            result.started_at,
        )
        .where(result.batch_run_id == batch_run_id, result.failure_group_id.is_not(None))
    )
    failures = FailureSums()
    for group_id, ecosystem, recipe_name, category, reported, started_at in rows:
        time, day = int(started_at.timestamp()), started_at.date()
        failure = Failure(ecosystem, recipe_name, category, None, reported, time, day)
        failures.add(group_id, failure)
    return failures


def move_failures(connection: Connection, removed: FailureSums, added: FailureSums) -> list[int]:
    """Move failed results between groups in the sums, after their rows were changed.

    Returns the groups that were removed because none of their results is left.
    """
    times = Counter(added.times)
    times.subtract(removed.times)
    _change_times(connection, times)
    numbers = upsert_groups(connection, added)
    message_index.remove(connection, removed.messages)
    message_index.add(connection, numbers, added.messages)
    refresh_recipes(connection, {key[:2] for key in (*removed.recipes, *added.recipes)})
    return [
        group_id
        for group_id, seen in removed.groups.items()
        if not _take_from_group(connection, group_id, seen.failed)
    ]


def refresh_recipes(connection: Connection, recipes: Iterable[RecipeKey]) -> None:
    """Compute the failures of some recipes by group from their results."""
    keys = sorted(recipes)
    where = "WHERE ecosystem = ? AND recipe_name = ?"
    execute_many(connection, f"DELETE FROM failure_group_recipes {where}", keys)
    execute_many(
        connection,
        f"INSERT INTO failure_group_recipes {of_recipe(where)}",
        [(*key, *key) for key in keys],
    )


def upsert_groups(connection: Connection, failures: FailureSums) -> dict[int, tuple[int, int]]:
    """Add to the groups; returns the number of each, and the last number of its messages."""
    if not failures.groups:
        return {}
    classes = failures.classes(failure_classes.fetch_rules(connection))
    messages = Counter(group_id for group_id, _ in failures.messages)
    categories = failures.frequent_categories()
    [[highest]] = run_statement(connection, "SELECT coalesce(max(number), 0) FROM failure_groups")
    table = failure_groups.name
    stored = upsert_rows(
        connection,
        failure_groups,
        GROUP_COLUMNS,
        [
            (
                group_id,
                categories[group_id],
                name.masked_line,
                name.sample_message,
                *failures.groups[group_id],
                name.is_truncated,
                highest + place,
                messages[group_id],
                classes[group_id],
            )
            for place, (group_id, name) in enumerate(failures.names.items(), 1)
        ],
        (
            added_update(table),
            *seen_updates(table),
            f"error_category = {frequent_category(connection, 'excluded.id')}",
            f"is_truncated = {table}.is_truncated AND excluded.is_truncated",
            f"last_message = {table}.last_message + excluded.last_message",
        ),
        returning=("id", "number", "last_message"),
    )
    return {group_id: (number, last) for group_id, number, last in stored}


def _change_times(connection: Connection, times: Times) -> None:
    """Add to the sums by day, by week and by category; negative numbers subtract."""
    by_category: Counter[tuple[int, str]] = Counter()
    days: Counter[tuple[int, str, str, str, Any]] = Counter()
    weeks: Counter[tuple[int, str, str, str, Any]] = Counter()
    # Nearly always one day, because an upload has one.
    starts = {
        day: (as_stored(connection, day), as_stored(connection, Step.WEEK.start_of(day)))
        for day in {day for *_, day in times}
    }
    for (group_id, ecosystem, category, reported, of_day), failed in times.items():
        by_category[group_id, category] += failed
        day, monday = starts[of_day]
        for each in (ecosystem, ALL_ECOSYSTEMS):
            days[group_id, each, category, reported, day] += failed
            weeks[group_id, each, category, reported, monday] += failed
    _add_signed(connection, failure_group_days, (*TIME_COLUMNS, "day"), days)
    _add_signed(connection, failure_group_weeks, (*TIME_COLUMNS, "week"), weeks)
    _add_signed(
        connection, failure_group_categories, ("failure_group_id", "error_category"), by_category
    )


def _add_signed(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    sums: Mapping[Any, int],
) -> None:
    rows = [(*key, failed) for key, failed in sums.items() if failed]
    upsert_rows(connection, table, (*columns, "failed"), rows, (added_update(table.name),))
    of_key = " AND ".join(f"{column} = ?" for column in columns)
    execute_many(
        connection,
        f"DELETE FROM {table.name} WHERE {of_key} AND failed = 0",
        [row[:-1] for row in rows if row[-1] < 0],
    )


def _take_from_group(connection: Connection, group_id: int, removed: int) -> bool:
    """Subtract results from a group; returns whether any of its results are left."""
    groups = failure_groups
    left = connection.execute(
        groups.update()
        .where(groups.c.id == group_id)
        .values(failed=groups.c.failed - removed)
        .returning(groups.c.failed)
    ).scalar_one()
    if not left:
        connection.execute(delete(groups).where(groups.c.id == group_id))
        return False
    run_statement(
        connection,
        f"UPDATE failure_groups SET error_category = {frequent_category(connection, 'id')},"
        " (first_seen_at, last_seen_at) ="
        " (SELECT min(first_seen_at), max(last_seen_at) FROM ("
        " SELECT * FROM (SELECT started_at AS first_seen_at, started_at AS last_seen_at"
        " FROM recipe_results WHERE failure_group_id = ? ORDER BY started_at LIMIT 1) AS first"
        " UNION ALL SELECT * FROM (SELECT started_at, started_at"
        " FROM recipe_results WHERE failure_group_id = ? ORDER BY started_at DESC LIMIT 1) AS last"
        " UNION ALL SELECT first_seen_at, last_seen_at FROM pruned_failure_groups WHERE id = ?"
        ") AS seen) WHERE id = ?",
        *[group_id] * 4,
    )
    return True
