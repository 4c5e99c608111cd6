"""Failure groups of which only sums are left, because retention deleted their results.

Source: docs/data-model.md, "Retention".
"""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Table

from batch_dashboard.model.administration.pruning import PrunedSums
from batch_dashboard.model.failures.failure_sums import FailureSums, GroupName, Seen
from batch_dashboard.store.failures.failure_group_sums import RECIPE_COLUMNS, frequent_category
from batch_dashboard.store.failures.failure_groups import (
    TIME_COLUMNS,
    added_update,
    seen_updates,
    upsert_groups,
)
from batch_dashboard.store.ingest.bulk import as_stored, execute_many, run_statement, upsert_rows
from batch_dashboard.store.schema import (
    failure_group_categories,
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
    pruned_failure_group_days,
    pruned_failure_group_recipes,
    pruned_failure_groups,
)

# The longest names first, because a short one can be part of another.
_RECIPES = (
    "SELECT recipe_name FROM failure_group_recipes WHERE failure_group_id = ?"
    " ORDER BY length(recipe_name) DESC, recipe_name LIMIT 1000"
)
# Each table of sums, with the table of what pruned results added to it.
_SUMS = {
    failure_group_days: pruned_failure_group_days,
    failure_group_weeks: None,
    failure_group_categories: None,
    failure_group_recipes: pruned_failure_group_recipes,
}


class PrunedGroup(NamedTuple):
    """A group without results, and the names of its recipes."""

    id: int
    name: GroupName
    recipe_names: list[str]


def prune(connection: Connection, sums: PrunedSums) -> None:
    """Add the failed results that are being pruned."""
    names = "error_category, masked_line, sample_message, is_truncated"
    execute_many(
        connection,
        f"INSERT INTO pruned_failure_groups (id, {names}, failed, first_seen_at, last_seen_at)"
        f" SELECT id, {names}, CAST(? AS BIGINT),"
        " CAST(? AS BIGINT), CAST(? AS BIGINT) FROM failure_groups WHERE id = ?"
        f" ON CONFLICT (id) DO UPDATE SET {', '.join(_updates(pruned_failure_groups))}",
        [(*seen, group_id) for group_id, seen in sums.failures.groups.items()],
    )
    upsert_rows(
        connection,
        pruned_failure_group_recipes,
        RECIPE_COLUMNS,
        sorted((*key, *seen) for key, seen in sums.failures.recipes.items()),
        _updates(pruned_failure_group_recipes),
    )
    upsert_rows(
        connection,
        pruned_failure_group_days,
        (*TIME_COLUMNS, "day", "failed"),
        sorted(
            (*key, as_stored(connection, day), failed)
            for (*key, day), failed in sums.failures.times.items()
        ),
        (added_update(pruned_failure_group_days.name),),
    )


def find_next(connection: Connection, after: int) -> PrunedGroup | None:
    """The next group without results, by its number."""
    rows = run_statement(
        connection,
        "SELECT id, masked_line, sample_message, is_truncated FROM pruned_failure_groups p"
        " WHERE id > ? AND NOT EXISTS (SELECT 1 FROM recipe_results r"
        " WHERE r.failure_group_id = p.id) ORDER BY id LIMIT 1",
        after,
    )
    if not rows:
        return None
    [(group_id, *name)] = rows
    recipes = run_statement(connection, _RECIPES, group_id)
    return PrunedGroup(group_id, GroupName(*name), [recipe_name for (recipe_name,) in recipes])


def move(connection: Connection, group: PrunedGroup, group_id: int, line: str) -> bool:
    """Move all sums of a group without results to another group; False if it has results."""
    if run_statement(
        connection, "SELECT 1 FROM recipe_results WHERE failure_group_id = ? LIMIT 1", group.id
    ):
        return False
    [seen] = run_statement(
        connection,
        f"SELECT {', '.join(Seen._fields)} FROM pruned_failure_groups WHERE id = ?",
        group.id,
    )
    name = group.name._replace(masked_line=line)
    upsert_groups(connection, FailureSums({group_id: name}, {group_id: Seen(*seen)}))
    for table, pruned in _SUMS.items():
        _move_sums(connection, table, pruned, group.id, group_id)
    upsert_rows(
        connection,
        pruned_failure_groups,
        ("id", *GroupName._fields, *Seen._fields),
        [(group_id, *name, *seen)],
        _updates(pruned_failure_groups),
    )
    for table in (pruned_failure_groups, failure_groups):
        run_statement(connection, f"DELETE FROM {table.name} WHERE id = ?", group.id)
    categories = frequent_category(connection, "id")
    for table in (failure_groups, pruned_failure_groups):
        run_statement(
            connection,
            f"UPDATE {table.name} SET error_category = {categories} WHERE id = ?",
            group_id,
        )
    return True


def _updates(table: Table) -> tuple[str, ...]:
    return (added_update(table.name), *seen_updates(table.name))


def _move_sums(
    connection: Connection, table: Table, pruned: Table | None, before: int, after: int
) -> None:
    names = [column.name for column in table.columns]
    key = [column.name for column in table.primary_key]
    rows = run_statement(
        connection,
        f"SELECT {', '.join(names)} FROM {table.name} WHERE failure_group_id = ?",
        before,
    )
    updates: tuple[str, ...] = (added_update(table.name),)
    if "first_seen_at" in names:
        updates += seen_updates(table.name)
    place = names.index("failure_group_id")
    _replace(connection, table, names, key, rows, place, after, updates)
    if pruned is None:
        return
    # The sums of a group without results equal those of its pruned results, except for the rows
    # for all ecosystems, which are found by their keys.
    kept = [row for row in rows if row[names.index("ecosystem")]]
    updates = tuple(update.replace(table.name, pruned.name) for update in updates)
    _replace(connection, pruned, names, key, kept, place, after, updates)


def _replace(
    connection: Connection,
    table: Table,
    names: list[str],
    key: list[str],
    rows: list[Any],
    place: int,
    after: int,
    updates: tuple[str, ...],
) -> None:
    of_key = " AND ".join(f"{name} = ?" for name in key)
    execute_many(
        connection,
        f"DELETE FROM {table.name} WHERE {of_key}",
        [[row[names.index(name)] for name in key] for row in rows],
    )
    upsert_rows(
        connection,
        table,
        names,
        [(*row[:place], after, *row[place + 1 :]) for row in rows],
        updates,
    )
