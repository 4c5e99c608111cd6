"""The SQL statements a page sends, to be counted."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from batch_dashboard.store.engine import Store


@contextmanager
def counted_statements(store: Store) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    # On a busy machine a statement can be slow, and the page would store that with further ones.
    on_statement, store.on_statement = store.on_statement, lambda _statement, _seconds: None
    event.listen(store.database.reader, "before_cursor_execute", note)
    yield statements
    event.remove(store.database.reader, "before_cursor_execute", note)
    store.on_statement = on_statement
