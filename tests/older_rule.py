"""A database as an older version left it: failures grouped by their category and first line."""

from hashlib import blake2b

from sqlalchemy import delete, insert, select, update

from batch_dashboard.store.administration import system
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.failures import failure_group_sums, message_index
from batch_dashboard.store.judgement import circuit_breakers
from batch_dashboard.store.schema import (
    failure_groups,
    pruned_failure_groups,
    recipe_results,
)
from tests.factories import NOW


def older_group_id(category: str | None, line: str) -> int:
    """The number that an older version gave to a group."""
    digest = blake2b(f"{category or ''}\0{line}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def group_by_older_rule(store: Store) -> None:
    """Put every failed result into the group of its category and the first line of its message."""
    with store.write() as connection:
        _group(connection)


def _group(connection: Connection) -> None:
    result = recipe_results.c
    connection.execute(delete(failure_groups))
    message_index.clear(connection)
    names: dict[int, tuple[str, str | None]] = {}
    for row in connection.execute(select(recipe_results).where(result.result == "failed")).all():
        line = (row.error_message or "").partition("\n")[0]
        group_id = older_group_id(row.error_category, line)
        names.setdefault(group_id, (line, row.error_message))
        connection.execute(
            update(recipe_results).where(result.id == row.id).values(failure_group_id=group_id)
        )
    for pruned in connection.execute(select(pruned_failure_groups)).all():
        names.setdefault(pruned.id, (pruned.masked_line, pruned.sample_message))
    rows = [
        {
            "id": group_id,
            "masked_line": line,
            "sample_message": message,
            "failed": 0,
            "first_seen_at": NOW,
            "last_seen_at": NOW,
            "is_truncated": False,
            "number": number,
            "last_message": 0,
        }
        for number, (group_id, (line, message)) in enumerate(names.items(), 1)
    ]
    if rows:
        connection.execute(insert(failure_groups), rows)
    failure_group_sums.fill(connection)
    circuit_breakers.rebuild(connection)
    system.put_fact(connection, system.REGROUPED, NOW, {"rule": 0})
