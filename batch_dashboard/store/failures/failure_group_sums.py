"""The expected sums of failure groups: stored results plus what pruned ones added."""

from sqlalchemy import Connection, Table

from batch_dashboard.model.failures.failure_sums import Seen
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.schema import (
    ALL_ECOSYSTEMS,
    failure_group_days,
    failure_group_weeks,
)
from batch_dashboard.store.summaries.drift import count_differences

# The tables of sums by time, each with rows for single ecosystems and for all together.
TIME_SUMS = {failure_group_days: "day", failure_group_weeks: "week"}
RECIPE_COLUMNS = ("ecosystem", "recipe_name", "failure_group_id", *Seen._fields)
_IN_A_GROUP = "WHERE failure_group_id IS NOT NULL"


def frequent_category(connection: Connection, group_id: str) -> str:
    """The most frequent category of a group, or NULL; an SQL expression."""
    order = dialect_of(connection).bytewise_order
    return (
        "(SELECT named.error_category FROM failure_group_categories named"
        f" WHERE named.failure_group_id = {group_id} AND named.error_category != ''"
        f" ORDER BY named.failed DESC, named.error_category{order} LIMIT 1)"
    )


def of_recipe(where: str) -> str:
    """The rows of `failure_group_recipes` of some recipes; a query."""
    key = "ecosystem, recipe_name, failure_group_id"
    return (
        f"SELECT {key}, CAST(sum(failed) AS BIGINT) AS failed,"
        " min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at FROM ("
        f"SELECT {key}, 1 AS failed, started_at AS first_seen_at, started_at AS last_seen_at"
        f" FROM recipe_results {where} AND failure_group_id IS NOT NULL UNION ALL"
        f" SELECT {key}, failed, first_seen_at, last_seen_at"
        f" FROM pruned_failure_group_recipes {where}) AS parts GROUP BY {key}"
    )


def fill(connection: Connection) -> None:
    """Compute all sums of groups; the rows of the groups must exist."""
    connection.exec_driver_sql(
        "UPDATE failure_groups SET (failed, first_seen_at, last_seen_at) = ("
        f"SELECT failed, first_seen_at, last_seen_at FROM ({_groups()}) AS summed"
        " WHERE summed.failure_group_id = failure_groups.id)"
    )
    tables = [
        *((table.name, _times(connection, table)) for table in TIME_SUMS),
        ("failure_group_categories", _categories()),
        ("failure_group_recipes", of_recipe("WHERE true")),
    ]
    for name, rows in tables:
        connection.exec_driver_sql(f"DELETE FROM {name}")
        connection.exec_driver_sql(f"INSERT INTO {name} {rows}")
    connection.exec_driver_sql(
        f"UPDATE failure_groups SET error_category = {frequent_category(connection, 'id')}"
    )


def count_drift(connection: Connection) -> dict[str, int]:
    """The number of rows of each table that differ from the results, by table."""
    columns = "failed, first_seen_at, last_seen_at"
    category = frequent_category(connection, "summed.failure_group_id")
    found = {
        "failure_groups": count_differences(
            connection,
            f"SELECT failure_group_id, {columns}, {category} FROM ({_groups()}) AS summed",
            f"SELECT id, {columns}, error_category FROM failure_groups",
        ),
        "failure_group_categories": count_differences(
            connection,
            _categories(),
            "SELECT failure_group_id, error_category, failed FROM failure_group_categories",
        ),
        "failure_group_recipes": count_differences(
            connection,
            of_recipe("WHERE true"),
            f"SELECT {', '.join(RECIPE_COLUMNS)} FROM failure_group_recipes",
        ),
    }
    for table, start in TIME_SUMS.items():
        found[table.name] = count_differences(
            connection,
            _times(connection, table),
            f"SELECT ecosystem, {start}, failure_group_id, error_category, failure_class, failed"
            f" FROM {table.name}",
        )
    return found


def _groups() -> str:
    return (
        "SELECT failure_group_id, CAST(sum(failed) AS BIGINT) AS failed,"
        " min(first_seen_at) AS first_seen_at, max(last_seen_at) AS last_seen_at FROM ("
        "SELECT failure_group_id, count(*) AS failed, min(started_at) AS first_seen_at,"
        f" max(started_at) AS last_seen_at FROM recipe_results {_IN_A_GROUP}"
        " GROUP BY failure_group_id UNION ALL"
        " SELECT id, failed, first_seen_at, last_seen_at FROM pruned_failure_groups"
        ") AS parts GROUP BY failure_group_id"
    )


def _times(connection: Connection, table: Table) -> str:
    """The rows of a table of sums by time."""
    dialect = dialect_of(connection)
    day = dialect.day_of_unix("started_at")
    parts = (
        f"SELECT ecosystem, {day} AS day, failure_group_id,"
        " coalesce(error_category, '') AS error_category,"
        " coalesce(failure_class, '') AS failure_class, count(*) AS failed"
        f" FROM recipe_results {_IN_A_GROUP} GROUP BY 1, 2, 3, 4, 5 UNION ALL"
        " SELECT ecosystem, day, failure_group_id, error_category, failure_class, failed"
        " FROM pruned_failure_group_days"
    )
    start = dialect.week_start("day") if table is failure_group_weeks else "day"
    sums = " UNION ALL ".join(
        f"SELECT {ecosystem} AS ecosystem, {start}, failure_group_id, error_category,"
        f" failure_class, CAST(sum(failed) AS BIGINT) FROM ({parts}) AS parts"
        " GROUP BY 1, 2, 3, 4, 5"
        for ecosystem in ("ecosystem", f"'{ALL_ECOSYSTEMS}'")
    )
    return f"SELECT * FROM ({sums}) AS sums"


def _categories() -> str:
    return (
        "SELECT failure_group_id, error_category, CAST(sum(failed) AS BIGINT) FROM ("
        "SELECT failure_group_id, coalesce(error_category, '') AS error_category,"
        f" count(*) AS failed FROM recipe_results {_IN_A_GROUP} GROUP BY 1, 2 UNION ALL"
        " SELECT failure_group_id, error_category, failed FROM pruned_failure_group_days"
        ") AS parts GROUP BY 1, 2"
    )
