"""The full-text index of messages in FTS5, which keeps the words without the messages."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from batch_dashboard.store.dialects.contract import Words, WordSearch


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


class SqliteWords(Words):
    """A table of FTS5 without contents, `failure_words`, by row id."""

    def clear(self, connection: Connection) -> None:
        """Forget every message."""
        connection.exec_driver_sql(
            "INSERT INTO failure_words (failure_words) VALUES ('delete-all')"
        )

    def insert(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Add messages, each an id and its words with spaces between them."""
        _cursor(connection).executemany(
            "INSERT INTO failure_words (rowid, words) VALUES (?, ?)", messages
        )

    def delete(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Take messages out: a table without contents must be given what it held."""
        _cursor(connection).executemany(
            "INSERT INTO failure_words (failure_words, rowid, words) VALUES ('delete', ?, ?)",
            messages,
        )

    def search(self, words: Sequence[str], *, last_is_beginning: bool) -> WordSearch:
        """Words are quoted, so that none is an operator of FTS5."""
        terms = " AND ".join(f'"{word}"' for word in words)
        return WordSearch(
            "rowid", "failure_words MATCH :words", f"{terms}*" if last_is_beginning else terms
        )
