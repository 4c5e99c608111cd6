"""The full-text index of messages: which failure groups have a message with some words.

Each different message of a group is indexed once, however many results have it, as long as a result
has it. Words are taken from messages in one way for both databases (model/message_words.py), and
FTS5 and tsvector only find them again. Source: docs/data-model.md, "Words of messages".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, TextClause, bindparam, text

from batch_dashboard.model.message_words import is_beginning, message_words
from batch_dashboard.store.bulk import execute_many, run_statement, slices, upsert_rows
from batch_dashboard.store.drift import count_differences
from batch_dashboard.store.schema import failure_messages

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

    `numbers` holds each group's own number and the last of those that were given to its messages:
    as many as the group has messages here, new or not.
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
    # FTS5 takes rising ids at once, and begins anew at one that is lower.
    new = sorted(message_id for (message_id,) in used if message_id in offered)
    _insert_words(connection, ((message_id, offered[message_id]) for message_id in new))


def remove(connection: Connection, messages: Messages) -> None:
    """Take results with these messages out; a message that no result has is forgotten."""
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
        _delete_words(connection, sorted((row[0], by_digest[bytes(row[1])][0]) for row in gone))


def remove_run(connection: Connection, batch_run_id: int) -> None:
    """Take the results of a batch run out, before its rows are deleted."""
    after = 0
    while rows := run_statement(connection, _READ_SLICE, batch_run_id, after, SLICE):
        remove(connection, Counter((group_id, message) for _, group_id, message in rows))
        after = rows[-1][0]


def clear(connection: Connection) -> None:
    """Forget every message."""
    connection.exec_driver_sql("DELETE FROM failure_messages")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO failure_words (failure_words) VALUES ('delete-all')"
        )
    else:
        connection.exec_driver_sql("DELETE FROM failure_words")


def groups_with(is_sqlite: bool, searched: str) -> TextClause | None:
    """The numbers of the groups of which one message has all words of a search; a subquery.

    None where the search holds no word. Nothing in it is read as a query language.
    """
    words = message_words(searched)
    if not words:
        return None
    if is_sqlite:
        terms = [f'"{word}"' for word in words]
        query = (
            f"SELECT DISTINCT rowid >> {NUMBER_BITS} FROM failure_words"
            " WHERE failure_words MATCH :words"
        )
        all_of_them, beginning = " AND ", "*"
    else:
        terms = [f"'{word}'" for word in words]
        query = (
            f"SELECT DISTINCT id >> {NUMBER_BITS} FROM failure_words"
            " WHERE words @@ CAST(:words AS tsquery)"
        )
        all_of_them, beginning = " & ", ":*"
    if is_beginning(words[-1]):
        terms[-1] += beginning
    return text(query).bindparams(bindparam("words", all_of_them.join(terms)))


def count_drift(connection: Connection) -> int:
    """How many groups are indexed with other messages than their results have.

    Groups that are not brought forward yet (services/regrouping.py) have none.
    """
    return count_differences(
        connection,
        "SELECT g.number, count(DISTINCT r.error_message), count(*) FROM recipe_results r"
        " JOIN failure_groups g ON g.id = r.failure_group_id"
        " WHERE r.error_message IS NOT NULL AND g.last_message > 0 GROUP BY g.number",
        f"SELECT id >> {NUMBER_BITS}, count(*), CAST(sum(results) AS BIGINT)"
        " FROM failure_messages GROUP BY 1",
    )


def _digest(group_id: int, message: str) -> bytes:
    return blake2b(group_id.to_bytes(8) + message.encode(), digest_size=16).digest()


def _insert_words(connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
    rows = ((message_id, " ".join(message_words(message))) for message_id, message in messages)
    if connection.dialect.name == "sqlite":
        execute_many(connection, "INSERT INTO failure_words (rowid, words) VALUES (?, ?)", rows)
        return
    for part in slices(rows, SLICE):
        run_statement(
            connection,
            "INSERT INTO failure_words (id, words)"
            " SELECT id, array_to_tsvector(string_to_array(words, ' '))"
            " FROM unnest(?::bigint[], ?::text[]) AS sent (id, words)",
            *_columns(part),
        )


def _delete_words(connection: Connection, messages: Sequence[tuple[int, str]]) -> None:
    if connection.dialect.name != "sqlite":
        execute_many(
            connection, "DELETE FROM failure_words WHERE id = ?", [(row[0],) for row in messages]
        )
        return
    # A table without contents needs to be told what it held.
    execute_many(
        connection,
        "INSERT INTO failure_words (failure_words, rowid, words) VALUES ('delete', ?, ?)",
        [(message_id, " ".join(message_words(message))) for message_id, message in messages],
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
