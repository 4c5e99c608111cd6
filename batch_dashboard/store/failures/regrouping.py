"""Stored failures and the groups that the present rule assigns to them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert

from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.failures.failure_groups import failure_group_id
from batch_dashboard.model.failures.failure_sums import GroupName
from batch_dashboard.model.failures.messages import stored_reason
from batch_dashboard.model.ingest.summaries import RecipeKey
from batch_dashboard.store.failures import failure_group_sums, message_index
from batch_dashboard.store.failures.truncated_lines import find_targets_among
from batch_dashboard.store.ingest.bulk import execute_many, run_statement
from batch_dashboard.store.schema import failure_groups

READ_SLICE = 1_000
LONG_AGO = datetime.fromtimestamp(0, UTC)

_NEXT_RECIPE = (
    "SELECT ecosystem, recipe_name FROM recipes WHERE (ecosystem, recipe_name) > (?, ?)"
    " AND failed > 0 ORDER BY ecosystem, recipe_name LIMIT 1"
)
_STORED = (
    "SELECT r.id, r.recipe_name, r.failure_group_id, r.error_category, r.error_message,"
    " r.failure_class, r.telling_line, r.started_at, b.truncated_at FROM recipe_results r"
    " JOIN batch_runs b ON b.id = r.batch_run_id WHERE r.result = 'failed'"
)
_OF_RECIPE = (
    f"{_STORED} AND r.recipe_name = ? AND r.ecosystem = ? AND (r.started_at, r.id) > (?, ?)"
    " ORDER BY r.started_at, r.id LIMIT ?"
)
_ALL = f"{_STORED} AND r.id > ? ORDER BY r.id LIMIT {READ_SLICE}"


class StoredFailure(NamedTuple):
    """A stored failed result."""

    id: int
    recipe_name: str
    failure_group_id: int | None
    error_category: str | None
    error_message: str | None
    failure_class: str | None
    telling_line: str | None
    started_at: int  # Unix seconds
    truncated_at: int | None  # of its run's messages


def count_failed(connection: Connection) -> int:
    """The number of failed results of all time in the summaries, including pruned ones."""
    [[failed]] = run_statement(
        connection, "SELECT CAST(coalesce(sum(failed), 0) AS BIGINT) FROM recipes"
    )
    return int(failed)


def count_groups(connection: Connection) -> int:
    """How many failure groups there are."""
    [[groups]] = run_statement(connection, "SELECT count(*) FROM failure_groups")
    return int(groups)


def find_next_recipe(connection: Connection, after: RecipeKey) -> RecipeKey | None:
    """The next recipe with failures, by ecosystem and name."""
    rows = run_statement(connection, _NEXT_RECIPE, *after)
    return tuple(rows[0]) if rows else None


def fetch_of_recipe(
    connection: Connection, recipe: RecipeKey, after: tuple[int, int], count: int
) -> list[StoredFailure]:
    """Up to `count` failed results of a recipe after a cursor, by their time and id."""
    ecosystem, recipe_name = recipe
    rows = run_statement(connection, _OF_RECIPE, recipe_name, ecosystem, *after, count)
    return [StoredFailure(*row) for row in rows]


def fetch_groups_of(connection: Connection, result_ids: Sequence[int]) -> dict[int, int | None]:
    """The failure groups of some results, of those that still exist."""
    marks = ", ".join("?" * len(result_ids))
    rows = run_statement(
        connection,
        f"SELECT id, failure_group_id FROM recipe_results WHERE id IN ({marks})",
        *result_ids,
    )
    return dict(map(tuple, rows))


def update_groups(connection: Connection, groups: Sequence[tuple[int, int]]) -> None:
    """Set the failure groups of results, given as (group, id); the caller updates the sums."""
    execute_many(connection, "UPDATE recipe_results SET failure_group_id = ? WHERE id = ?", groups)


def fetch_recipes_of_truncated(connection: Connection) -> list[RecipeKey]:
    """The recipes with failures whose telling line is truncated."""
    rows = run_statement(
        connection,
        "SELECT DISTINCT r.ecosystem, r.recipe_name FROM failure_groups g"
        " JOIN failure_group_recipes r ON r.failure_group_id = g.id WHERE g.is_truncated"
        " ORDER BY 1, 2",
    )
    return [tuple(row) for row in rows]


def rebuild(connection: Connection) -> None:
    """Group every failed result again, and compute all sums and the index of messages."""
    connection.exec_driver_sql(
        "UPDATE recipe_results SET failure_group_id = NULL"
        " WHERE failure_group_id IS NOT NULL AND result != 'failed'"
    )
    names: dict[int, GroupName] = {}
    for failures in _all_failures(connection):
        changed = []
        for failure in failures:
            group_id = _name(failure, names)
            if group_id != failure.failure_group_id:
                changed.append((group_id, failure.id))
        update_groups(connection, changed)
    targets = find_targets_among(names)
    execute_many(
        connection,
        "UPDATE recipe_results SET failure_group_id = ? WHERE failure_group_id = ?",
        [(target, group_id) for group_id, (target, _) in targets.items()],
    )
    connection.execute(delete(failure_groups))
    left = {group_id: name for group_id, name in names.items() if group_id not in targets}
    numbers = {group_id: number for number, group_id in enumerate(left, 1)}
    if left:
        rows = [_group_row(group_id, name, numbers[group_id]) for group_id, name in left.items()]
        connection.execute(insert(failure_groups), rows)
    _add_pruned(connection, len(left))
    failure_group_sums.fill(connection)
    _index_messages(connection, numbers)


def _all_failures(connection: Connection) -> Iterator[list[StoredFailure]]:
    last = 0
    while rows := run_statement(connection, _ALL, last):
        yield [StoredFailure(*row) for row in rows]
        last = rows[-1][0]


def _name(failure: StoredFailure, names: dict[int, GroupName]) -> int:
    reason = stored_reason(
        failure.error_message, failure.recipe_name, failure.telling_line, failure.truncated_at
    )
    group_id = failure_group_id(reason.masked_line)
    known = names.get(group_id)
    if known is None:
        names[group_id] = GroupName(reason.masked_line, failure.error_message, reason.is_truncated)
    elif known.is_truncated and not reason.is_truncated:
        names[group_id] = known._replace(is_truncated=False)
    return group_id


def _group_row(group_id: int, name: GroupName, number: int) -> dict[str, Any]:
    return {
        "id": group_id,
        **name._asdict(),
        "number": number,
        "failed": 0,
        "first_seen_at": LONG_AGO,
        "last_seen_at": LONG_AGO,
        "last_message": 0,
        # Groups are classified when all exist (store/failures/failure_classes.py).
        "failure_class": FailureClass.UNKNOWN,
    }


def _add_pruned(connection: Connection, highest: int) -> None:
    names = "id, error_category, masked_line, sample_message, failed, first_seen_at, last_seen_at"
    connection.exec_driver_sql(
        f"INSERT INTO failure_groups ({names}, is_truncated, number, last_message)"
        f" SELECT {names}, is_truncated, {highest} + row_number() OVER (ORDER BY id), 0"
        " FROM pruned_failure_groups WHERE id NOT IN (SELECT id FROM failure_groups)"
    )


def _index_messages(connection: Connection, numbers: dict[int, int]) -> None:
    message_index.clear(connection)
    last: Counter[int] = Counter()
    query = (
        "SELECT id, failure_group_id, error_message FROM recipe_results WHERE id > ?"
        " AND failure_group_id IS NOT NULL AND error_message IS NOT NULL"
        f" ORDER BY id LIMIT {READ_SLICE}"
    )
    after = 0
    while rows := run_statement(connection, query, after):
        messages = Counter((group_id, message) for _, group_id, message in rows)
        last.update(group_id for group_id, _ in messages)
        places = {group_id: (numbers[group_id], last[group_id]) for group_id, _ in messages}
        message_index.add(connection, places, messages)
        after = rows[-1][0]
    execute_many(
        connection,
        "UPDATE failure_groups SET last_message = ? WHERE id = ?",
        [(count, group_id) for group_id, count in last.items()],
    )
