"""The full-text index of messages in FTS5, which keeps the words without the messages."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from batch_dashboard.store.dialects.contract import Words, WordSearch


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


class SqliteWords(Words):
    """The contentless FTS5 table `failure_words`, by row id."""

    def clear(self, connection: Connection) -> None:
        """Delete every message."""
        connection.exec_driver_sql(
            "INSERT INTO failure_words (failure_words) VALUES ('delete-all')"
        )

    def insert(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Insert messages, each as an id and its words separated by spaces."""
        _cursor(connection).executemany(
            "INSERT INTO failure_words (rowid, words) VALUES (?, ?)", messages
        )

    def delete(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Delete messages; a contentless table needs their words for this."""
        _cursor(connection).executemany(
            "INSERT INTO failure_words (failure_words, rowid, words) VALUES ('delete', ?, ?)",
            messages,
        )

    def search(self, words: Sequence[str], *, last_is_beginning: bool) -> WordSearch:
        """The search for messages; words are quoted, so that none is an operator of FTS5."""
        terms = " AND ".join(f'"{word}"' for word in words)
        return WordSearch(
            "rowid", "failure_words MATCH :words", f"{terms}*" if last_is_beginning else terms
        )
