"""The full-text index of messages, which finds failure groups by words.

Each different message of a group is indexed once while at least one result has it.
model/failures/message_words.py splits messages into words, in the same way for every database.
Source: docs/data-model.md, "Words of messages".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b

from sqlalchemy import Connection, TextClause, bindparam, text

from batch_dashboard.model.administration.pruning import PrunedSums
from batch_dashboard.model.failures.message_words import is_beginning, message_words
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.ingest.bulk import execute_many, run_statement, slices, upsert_rows
from batch_dashboard.store.schema import failure_messages
from batch_dashboard.store.summaries.drift import count_differences
from batch_dashboard.store.summaries.summary import StoredRun

# A message by its group and text, with how many results have it.
Messages = Mapping[tuple[int, str], int]

NUMBER_BITS = 32
SLICE = 500
_READ_SLICE = (
    "SELECT id, failure_group_id, error_message FROM recipe_results"
    " WHERE batch_run_id = ? AND id > ? AND failure_group_id IS NOT NULL"
    " AND error_message IS NOT NULL ORDER BY id LIMIT ?"
)


def add(connection: Connection, numbers: Mapping[int, tuple[int, int]], messages: Messages) -> None:
    """Add results with these messages.

    `numbers` contains the number of each group and the last number reserved for its messages. As
    many are reserved as the group has messages here, new or not.
    """
    last = Counter({group_id: last for group_id, (_, last) in numbers.items()})
    last.subtract(group_id for group_id, _ in messages)
    rows = []
    offered: dict[int, str] = {}
    for (group_id, message), results in messages.items():
        last[group_id] += 1
        message_id = (numbers[group_id][0] << NUMBER_BITS) + last[group_id]
        offered[message_id] = message
        rows.append((message_id, _digest(group_id, message), results))
    used = upsert_rows(
        connection,
        failure_messages,
        ("id", "digest", "results"),
        rows,
        ("results = failure_messages.results + excluded.results",),
        conflict="digest",
        returning=("id",),
    )
    # FTS5 inserts increasing ids together, and starts a new batch at a lower id.
    new = sorted(message_id for (message_id,) in used if message_id in offered)
    dialect_of(connection).words.insert(
        connection, _words_of((message_id, offered[message_id]) for message_id in new)
    )


def remove(connection: Connection, messages: Messages) -> None:
    """Remove results with these messages; messages without a result are deleted."""
    for part in slices(messages.items(), SLICE):
        by_digest = {_digest(*key): (key[1], results) for key, results in part}
        execute_many(
            connection,
            "UPDATE failure_messages SET results = results - ? WHERE digest = ?",
            [(results, digest) for digest, (_, results) in by_digest.items()],
        )
        gone = run_statement(
            connection,
            "DELETE FROM failure_messages WHERE results <= 0 AND digest IN"
            f" ({', '.join('?' * len(by_digest))}) RETURNING id, digest",
            *by_digest,
        )
        forgotten = sorted((row[0], by_digest[bytes(row[1])][0]) for row in gone)
        if forgotten:
            dialect_of(connection).words.delete(connection, _words_of(forgotten))


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Remove the results of a run before it is deleted."""
    after = 0
    while rows := run_statement(connection, _READ_SLICE, run.id, after, SLICE):
        remove(connection, Counter((group_id, message) for _, group_id, message in rows))
        after = rows[-1][0]
    yield


def prune(connection: Connection, sums: PrunedSums) -> None:
    """Remove pruned results."""
    remove(connection, sums.failures.messages)


def clear(connection: Connection) -> None:
    """Delete every message."""
    connection.exec_driver_sql("DELETE FROM failure_messages")
    dialect_of(connection).words.clear(connection)


def groups_with(connection: Connection, searched: str) -> TextClause | None:
    """The numbers of the groups with a message that has all words of a search; a subquery.

    None if the search contains no word. No part of it is interpreted as a query language.
    """
    words = message_words(searched)
    if not words:
        return None
    search = dialect_of(connection).words.search(words, last_is_beginning=is_beginning(words[-1]))
    query = (
        f"SELECT DISTINCT {search.id_column} >> {NUMBER_BITS} FROM failure_words"
        f" WHERE {search.condition}"
    )
    return text(query).bindparams(bindparam("words", search.words))


def count_drift(connection: Connection) -> dict[str, int]:
    """The number of groups whose indexed messages differ from those of their results.

    Groups that are not regrouped yet (services/failures/regrouping.py) have no messages.
    """
    differences = count_differences(
        connection,
        "SELECT g.number, count(DISTINCT r.error_message), count(*) FROM recipe_results r"
        " JOIN failure_groups g ON g.id = r.failure_group_id"
        " WHERE r.error_message IS NOT NULL AND g.last_message > 0 GROUP BY g.number",
        f"SELECT id >> {NUMBER_BITS}, count(*), CAST(sum(results) AS BIGINT)"
        " FROM failure_messages GROUP BY 1",
    )
    return {"failure_messages": differences}


def _digest(group_id: int, message: str) -> bytes:
    return blake2b(group_id.to_bytes(8) + message.encode(), digest_size=16).digest()


def _words_of(messages: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    return ((message_id, " ".join(message_words(message))) for message_id, message in messages)
