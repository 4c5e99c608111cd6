"""How connections to SQLite are set up, wait for the write lock, and stop slow statements."""

import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from batch_dashboard.store.dialects.driver_errors import name_errors
from batch_dashboard.store.dialects.sqlite import log
from batch_dashboard.store.dialects.sqlite.errors import named_error, primary_code
from batch_dashboard.store.dialects.sqlite.file import DatabaseFile, FileConnection

AnyConnection = TypeVar("AnyConnection", bound=FileConnection)

READER_CACHE_KIB = 4 * 1024
# Large enough for the pages that an upload of 100,000 results changes: none is written twice.
WRITER_CACHE_KIB = 64 * 1024
READERS_KEPT, WRITERS_KEPT = 8, 1
# The length of the write-ahead log, in pages, at which it is copied into the file. It is ten times
# SQLite's default: uploads change the same pages repeatedly, and each is then written only once.
CHECKPOINT_PAGES = 10_000
# How often a waiting writer asks for the lock. SQLite's own waits grow to 100 ms, and meanwhile
# other processes take it.
LOCK_POLL_SECONDS = 0.001
# Steps of SQLite's virtual machine between two checks of the clock: 10 to 20 ms. Each check needs
# the interpreter's lock, which can take 5 ms.
STEPS_BETWEEN_LOOKS = 1_000_000


class ReaderConnection(FileConnection):
    """A connection whose every call into SQLite can be given a time limit."""

    # None: no limit.
    statement_seconds: float | None = None
    stops_at = float("inf")

    def cursor(self, factory: Any = None) -> Any:
        """A cursor under the connection's limit."""
        return super().cursor(factory or _ReaderCursor)

    def start_clock(self) -> None:
        """Start the time limit of a call."""
        limit = self.statement_seconds
        self.stops_at = float("inf") if limit is None else time.monotonic() + limit

    def is_overdue(self) -> bool:
        """Whether the running call has exceeded its time limit."""
        return time.monotonic() > self.stops_at


class _ReaderCursor(sqlite3.Cursor):
    """Limits the time of each call, not counting the time of a client that reads slowly.

    Rows fetched one by one share the limit of their statement: they are not read while waiting
    for a client, and a Python call for each row would take longer than the row.
    """

    connection: ReaderConnection

    def execute(self, *arguments: Any) -> "_ReaderCursor":
        self.connection.start_clock()
        return super().execute(*arguments)

    def fetchmany(self, *arguments: Any) -> list[Any]:
        self.connection.start_clock()
        return super().fetchmany(*arguments)

    def fetchall(self) -> list[Any]:
        self.connection.start_clock()
        return super().fetchall()


def reader_engine(url: URL, file: DatabaseFile, wait_seconds: float) -> Engine:
    """Connections whose transactions are snapshots."""

    def connect() -> ReaderConnection:
        connection = file.connect(ReaderConnection, wait_seconds)
        connection.set_progress_handler(connection.is_overdue, STEPS_BETWEEN_LOOKS)
        return _prepared(connection, READER_CACHE_KIB)

    engine = _engine(url, connect, READERS_KEPT)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def writer_engine(
    url: URL,
    file: DatabaseFile,
    wait_seconds: float,
    waits_until: Callable[[], float],
    *,
    foreign_keys: bool = True,
) -> Engine:
    """Connections whose transactions begin by taking the write lock.

    `waits_until` returns when a waiting writer gives up, on the monotonic clock.
    """

    def connect() -> FileConnection:
        connection = _prepared(file.connect(FileConnection, wait_seconds), WRITER_CACHE_KIB)
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {log.BYTES_KEPT}")
        connection.execute("PRAGMA busy_timeout = 0")  # `begin` does the waiting
        return connection

    engine = _engine(url, connect, WRITERS_KEPT)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                is_over = time.monotonic() > waits_until()
                if is_over or primary_code(error) != sqlite3.SQLITE_BUSY:
                    raise
            time.sleep(LOCK_POLL_SECONDS)

    return engine


def _engine(url: URL, connect: Callable[[], Any], kept: int) -> Engine:
    engine = create_engine(
        url,
        creator=connect,
        poolclass=QueuePool,
        hide_parameters=True,
        pool_size=kept,
        max_overflow=64,
    )
    name_errors(engine, named_error)
    return engine


def _prepared(connection: AnyConnection, cache_kib: int) -> AnyConnection:
    # The driver must not begin transactions by itself: a "begin" listener does.
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    return connection
