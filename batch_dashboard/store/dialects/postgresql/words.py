"""The full-text index of messages as a column of type tsvector."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import Connection

from batch_dashboard.store.dialects.contract import Words, WordSearch

MESSAGES_AT_ONCE = 500


class PostgresqlWords(Words):
    """A table `failure_words` with the words of each message."""

    def clear(self, connection: Connection) -> None:
        """Delete every message."""
        connection.exec_driver_sql("DELETE FROM failure_words")

    def insert(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Insert messages, each as an id and its words separated by spaces."""
        cursor = connection.connection.cursor()
        waiting = iter(messages)
        while part := list(islice(waiting, MESSAGES_AT_ONCE)):
            cursor.execute(
                "INSERT INTO failure_words (id, words)"
                " SELECT id, array_to_tsvector(string_to_array(words, ' '))"
                " FROM unnest(%s::bigint[], %s::text[]) AS sent (id, words)",
                [list(column) for column in zip(*part, strict=True)],
            )

    def delete(self, connection: Connection, messages: Iterable[tuple[int, str]]) -> None:
        """Delete messages by their ids."""
        connection.connection.cursor().executemany(
            "DELETE FROM failure_words WHERE id = %s", [(message_id,) for message_id, _ in messages]
        )

    def search(self, words: Sequence[str], *, last_is_beginning: bool) -> WordSearch:
        """The search for messages; words are quoted, so that none is an operator of tsquery."""
        terms = " & ".join(f"'{word}'" for word in words)
        return WordSearch(
            "id", "words @@ CAST(:words AS tsquery)", f"{terms}:*" if last_is_beginning else terms
        )
