"""The database: many readers, one writer at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, event, make_url

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.store.dialects import open_database

# The public names of this module.
__all__ = ["Connection", "Store"]


class Store:
    """The database: `read()` returns connections for queries, `write()` the one for changes.

    There is one writer at a time on every database, so ids increase in the order of commits.
    Uploads can therefore add to a summary without reading its rows (docs/data-model.md).
    """

    def __init__(self, database_url: str, wait_seconds: float) -> None:
        self.url = make_url(database_url)
        self.wait_seconds = wait_seconds
        self.database = open_database(self.url, wait_seconds)
        self._turn = threading.Lock()
        # Called with the time that each writer waited, in seconds.
        self.on_write_lock: Callable[[float], None] = lambda _seconds: None
        # Called after each statement of a reader, with its duration in seconds.
        self.on_statement: Callable[[str, float], None] = lambda _statement, _seconds: None
        # Returns the time limit of each statement of a new reader in seconds; None: no limit.
        self.statement_seconds: Callable[[], float | None] = lambda: None
        _time_statements(self.database.reader, self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection with a snapshot of the database.

        Raises StoreUnavailable when the database cannot be used, StatementTooSlow when one
        statement takes longer than `statement_seconds()` allows.
        """
        self.database.settle()
        with self.database.errors_named(), self.database.reader.connect() as connection:
            self.database.limit_statements(connection, self.statement_seconds())
            yield connection

    @contextmanager
    def write(
        self, wait_seconds: float | None = None, *, frees: bool = False
    ) -> Iterator[Connection]:
        """A connection holding the write lock: all is committed at the end, or nothing.

        `wait_seconds` replaces the usual wait for the lock. What `frees` room may use the room that
        is reserved for that. Raises StoreUnavailable when the database cannot be used or the lock
        does not come in time.
        """
        wait_seconds = self.wait_seconds if wait_seconds is None else wait_seconds
        began = time.monotonic()
        with self._turn_to_write(wait_seconds):
            if frees and self.database.reserve is not None:
                self.database.reserve.give_all_if_full()
            self.database.settle()
            writing = self.database.writing(wait_seconds, began + wait_seconds)
            with self.database.errors_named(), writing as connection:
                self.on_write_lock(time.monotonic() - began)
                yield connection

    @contextmanager
    def migrate(self) -> Iterator[Connection]:
        """The same as `write()` for a change of the schema; creates a missing database."""
        self.database.create()
        migrating = self.database.migrating(self.wait_seconds, time.monotonic() + self.wait_seconds)
        with (
            self._turn_to_write(self.wait_seconds),
            self.database.errors_named(),
            migrating as connection,
        ):
            yield connection

    def keep_reserve(self) -> None:
        """Create the disk reserve again, once there is enough space."""
        if self.database.reserve is not None:
            self.database.reserve.keep()

    def beside(self, file: Path) -> "Store":
        """The store of a copy of this database in a file."""
        url = self.url.set(database=str(file)).render_as_string(hide_password=False)
        return Store(url, self.wait_seconds)

    def close(self) -> None:
        """Close every unused connection."""
        self.database.close()

    @contextmanager
    def _turn_to_write(self, wait_seconds: float) -> Iterator[None]:
        if not self._turn.acquire(timeout=wait_seconds):
            raise StoreUnavailable("the database is busy; nothing was stored, try again")
        try:
            yield
        finally:
            self._turn.release()


def _time_statements(engine: Engine, store: Store) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Connection, *_: object) -> None:
        connection.info["began"] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        store.on_statement(statement, time.perf_counter() - connection.info["began"])
