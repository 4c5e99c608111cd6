"""The database, SQLite or PostgreSQL: many readers, one writer at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, make_url

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.store.driver_errors import errors_named
from batch_dashboard.store.postgresql import (
    STATEMENT_SECONDS,
    WRITER_LOCK,
    postgresql_engine,
    take_writer_lock,
)
from batch_dashboard.store.reserve import Reserve
from batch_dashboard.store.sqlite import reader_engine, writer_engine
from batch_dashboard.store.sqlite_file import LOG_BYTES_KEPT, DatabaseFile

# What other packages may take from here; a connection is what they hand to the store.
__all__ = ["WRITER_LOCK", "Connection", "Store"]


class Store:
    """The database: `read()` gives connections for queries, `write()` the one that changes things.

    There is one writer at a time on both databases, so ids grow in the order of commits. That is
    what lets a summary be added to without reading the rows it sums (docs/data-model.md).
    """

    def __init__(self, database_url: str, wait_seconds: float) -> None:
        self.url = make_url(database_url)
        self.wait_seconds = wait_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turn = threading.Lock()
        # When the one who has the turn gives up, on the monotonic clock.
        self._writer_waits_until = 0.0
        # Is told how long each writer waited, in seconds.
        self.on_write_lock: Callable[[float], None] = lambda _seconds: None
        # Is told each statement of a reader when it is done, and its seconds.
        self.on_statement: Callable[[str, float], None] = lambda _statement, _seconds: None
        # Says how many seconds each statement of a new reader may take; None: as long as it takes.
        self.statement_seconds: Callable[[], float | None] = lambda: None
        # The file and the reserve of SQLite; None for PostgreSQL.
        self.file: DatabaseFile | None = None
        self.reserve: Reserve | None = None
        if self.is_sqlite:
            self.file = DatabaseFile(Path(str(self.url.database)))
            self.reserve = self.file.reserve
            self._reader = reader_engine(self.url, self.file, wait_seconds)
            self._writer = writer_engine(
                self.url, self.file, wait_seconds, self._writer_gives_up_at
            )
        else:
            self._reader = self._writer = postgresql_engine(self.url, wait_seconds)
        _time_statements(self._reader, self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database.

        Raises StoreUnavailable when the database cannot be used, StatementTooSlow when one
        statement takes longer than `statement_seconds()` allows.
        """
        self._settle_file()
        with errors_named(self._reader), self._reader.connect() as connection:
            self._limit_statements(connection)
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
        if not self._turn.acquire(timeout=wait_seconds):
            raise StoreUnavailable("the database is busy; nothing was stored, try again")
        try:
            self._writer_waits_until = began + wait_seconds
            if frees and self.reserve is not None:
                self.reserve.give_all_if_full()
            self._settle_file()
            with errors_named(self._writer), self._writer.begin() as connection:
                driver = connection.connection.driver_connection
                if not self.is_sqlite:
                    take_writer_lock(connection, wait_seconds)
                self.on_write_lock(time.monotonic() - began)
                yield connection
            self._check_written(driver)
        finally:
            self._turn.release()

    @contextmanager
    def migrate(self) -> Iterator[Connection]:
        """As `write()`, with SQLite's foreign keys switched off until the end.

        A SQLite file that is not there is made.
        """
        if self.file is None:
            with self.write() as connection:
                yield connection
            return
        self.create_file()
        self._writer_waits_until = time.monotonic() + self.wait_seconds
        waits_until = self._writer_gives_up_at
        engine = writer_engine(
            self.url, self.file, self.wait_seconds, waits_until, foreign_keys=False
        )
        try:
            with errors_named(engine), engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def create_file(self) -> bool:
        """Make SQLite's file where there is none; whether one was made.

        For set-up only: nothing else may answer as if the database had always been empty.
        """
        return self.file is not None and self.file.create()

    def keep_reserve(self) -> None:
        """Take the reserve of a SQLite database again, once its disk has plenty of room."""
        if self.reserve is not None:
            self.reserve.keep()

    def trim_log(self, most_bytes: int = LOG_BYTES_KEPT) -> float:
        """Work SQLite's log into the file, if it is long; for how many seconds writers waited."""
        return 0.0 if self.file is None else self.file.trim_log(most_bytes)

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._reader.dispose()
        self._writer.dispose()
        if self.file is not None:
            self.file.forget()

    def _writer_gives_up_at(self) -> float:
        return self._writer_waits_until

    def _limit_statements(self, connection: Connection) -> None:
        seconds = self.statement_seconds()
        if self.is_sqlite:
            driver: Any = connection.connection.driver_connection
            driver.statement_seconds = seconds
        elif seconds is not None:
            connection.execution_options(**{STATEMENT_SECONDS: seconds})

    def _settle_file(self) -> None:
        """Let go of a file that was replaced, so that the next connection opens the new one.

        Raises StoreUnavailable when only SQLite's log is gone: the connections hold the last
        transactions of it, and closing them here could lose those of another process.
        """
        if self.file is None or self.file.is_in_place():
            return
        if self.file.is_replaced():
            self._reader.dispose()
            self._writer.dispose()
        else:
            self.file.check_log()

    def _check_written(self, driver: Any) -> None:
        """Raises StoreUnavailable when a commit went into a file that is not the database."""
        if self.file is not None and not self.file.is_open_in(driver):
            raise StoreUnavailable(
                f"{self.file.path.name} was replaced or removed while this was written, so it is "
                "not stored; try again"
            )


def _time_statements(engine: Engine, store: Store) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Connection, *_: Any) -> None:
        connection.info["began"] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        store.on_statement(statement, time.perf_counter() - connection.info["began"])
