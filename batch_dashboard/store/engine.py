"""Connections to SQLite or PostgreSQL: many readers, one writer at a time."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from batch_dashboard.errors import StoreUnavailable

# Any fixed number: all writers of one PostgreSQL database ask for this one advisory lock.
WRITER_LOCK = 0x42617463

# What other packages may take from here; a connection is what they hand to the store.
__all__ = ["WRITER_LOCK", "Connection", "Store"]

UNAVAILABLE = "the database is away or locked; nothing was stored, try again"
SQLITE_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)

READER_CACHE_KIB = 4 * 1024
# Holds the pages that an upload of 100,000 results changes, so none is written twice.
WRITER_CACHE_KIB = 64 * 1024
# Pages in the write-ahead log before it is worked into the file: ten times SQLite's own, because
# uploads change the same pages again and again, and each is written to the file once.
CHECKPOINT_PAGES = 10_000
LOG_BYTES_KEPT = 64 * 1024 * 1024
# How long a trim of the log waits for readers to end; writers wait as long.
TRIM_WAIT_SECONDS = 0.1
# How often a waiting writer asks for the lock. SQLite's own waits grow to 100 ms, in which other
# processes come and go before it.
LOCK_POLL_SECONDS = 0.001


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
        # Of who has the turn, on the monotonic clock.
        self.writer_waits_until = 0.0
        # Is told how long each writer waited, in seconds.
        self.on_write_lock: Callable[[float], None] = lambda _seconds: None
        # Is told each statement of a reader when it is done, and its seconds.
        self.on_statement: Callable[[str, float], None] = lambda _statement, _seconds: None
        if self.is_sqlite:
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self._reader = _sqlite_reader(self)
            self._writer = _sqlite_writer(self)
        else:
            self._reader = self._writer = _postgresql_engine(self)
        _time_statements(self._reader, self)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database.

        Raises StoreUnavailable when the database is away.
        """
        with _unavailable_named(self._reader), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self, wait_seconds: float | None = None) -> Iterator[Connection]:
        """A connection holding the write lock: all is committed at the end, or nothing.

        `wait_seconds` is for who would rather go without than wait as long as others do. Raises
        StoreUnavailable when the database is away or the lock does not come in time.
        """
        wait_seconds = self.wait_seconds if wait_seconds is None else wait_seconds
        began = time.monotonic()
        if not self._turn.acquire(timeout=wait_seconds):
            raise StoreUnavailable("the database is busy; nothing was stored, try again")
        try:
            self.writer_waits_until = began + wait_seconds
            with _unavailable_named(self._writer), self._writer.begin() as connection:
                if not self.is_sqlite:
                    wait_milliseconds = round(wait_seconds * 1000)
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait_milliseconds}")
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                self.on_write_lock(time.monotonic() - began)
                yield connection
        finally:
            self._turn.release()

    @contextmanager
    def migrate(self) -> Iterator[Connection]:
        """As `write()`, with SQLite's foreign keys switched off until the end."""
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        engine = _sqlite_writer(self)
        self.writer_waits_until = time.monotonic() + self.wait_seconds
        event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys = OFF"))
        try:
            with _unavailable_named(engine), engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def trim_log(self, most_bytes: int = LOG_BYTES_KEPT) -> float:
        """Work SQLite's write-ahead log into the file and begin it anew, if it is long.

        SQLite does so by itself only at a moment without readers, and under load there is none: the
        log would grow until there is. All but the last of it is done while others write; for how
        many seconds they then had to wait.
        """
        if not self.is_sqlite or self._log_bytes() <= most_bytes:
            return 0.0
        connection = sqlite3.connect(str(self.url.database), timeout=TRIM_WAIT_SECONDS)
        try:
            for _ in range(2):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            began = time.monotonic()
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            return time.monotonic() - began
        except sqlite3.OperationalError:
            return 0.0  # somebody is busy for long: tried again at the next occasion
        finally:
            connection.close()

    def _log_bytes(self) -> int:
        try:
            return Path(f"{self.url.database}-wal").stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._reader.dispose()
        self._writer.dispose()


@contextmanager
def _unavailable_named(engine: Engine) -> Iterator[None]:
    """Name what the driver itself raises; what passes SQLAlchemy is named by `_name_errors`."""
    driver: Any = engine.dialect.loaded_dbapi
    try:
        yield
    except driver.OperationalError as error:
        if not _is_unavailable(error):
            raise
        raise StoreUnavailable(UNAVAILABLE) from error
    except OperationalError as error:
        # A new connection that fails has no context for `_name_errors`.
        if error.orig is None or not _is_unavailable(error.orig):
            raise
        raise StoreUnavailable(UNAVAILABLE) from error
    except PoolTimeout as error:
        raise StoreUnavailable(UNAVAILABLE) from error


def _name_errors(engine: Engine) -> None:
    @event.listens_for(engine, "handle_error")
    def name_error(context: ExceptionContext) -> None:
        driver: Any = engine.dialect.loaded_dbapi
        error = context.original_exception
        if context.is_disconnect or (
            isinstance(error, driver.OperationalError) and _is_unavailable(error)
        ):
            raise StoreUnavailable(UNAVAILABLE) from error


def _time_statements(engine: Engine, store: Store) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Connection, *_: Any) -> None:
        connection.info["began"] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        store.on_statement(statement, time.perf_counter() - connection.info["began"])


def _is_unavailable(error: BaseException) -> bool:
    """Whether an operational error is the database's state; for SQLite it may be a wrong query."""
    if isinstance(error, sqlite3.OperationalError):
        return _primary_code(error) in SQLITE_UNAVAILABLE
    return True


def _primary_code(error: sqlite3.OperationalError) -> int:
    # The extended code's lowest byte: busy is busy, whatever with.
    return (error.sqlite_errorcode or 0) & 0xFF


def _sqlite_reader(store: Store) -> Engine:
    engine = _sqlite_engine(store, READER_CACHE_KIB, pool_size=8)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _sqlite_writer(store: Store) -> Engine:
    engine = _sqlite_engine(store, WRITER_CACHE_KIB, pool_size=1)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES_KEPT}")
        connection.execute("PRAGMA busy_timeout = 0")  # `begin` does the waiting

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                is_over = time.monotonic() > store.writer_waits_until
                if is_over or _primary_code(error) != sqlite3.SQLITE_BUSY:
                    raise
            time.sleep(LOCK_POLL_SECONDS)

    return engine


def _sqlite_engine(store: Store, cache_kib: int, pool_size: int) -> Engine:
    engine = create_engine(
        store.url,
        poolclass=QueuePool,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=64,
        connect_args={"timeout": store.wait_seconds, "check_same_thread": False},
    )

    _name_errors(engine)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not begin transactions by itself: a "begin" listener does.
        connection.isolation_level = None
        # Of a new file only: it can shrink when retention has made room.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")

    return engine


def _postgresql_engine(store: Store) -> Engine:
    engine = create_engine(
        store.url,
        pool_size=8,
        max_overflow=32,
        pool_pre_ping=True,
        hide_parameters=True,
        pool_timeout=store.wait_seconds,
        connect_args={
            "connect_timeout": max(2, round(store.wait_seconds)),
            # Prepared statements do not survive pgbouncer in transaction mode.
            "prepare_threshold": None,
            "options": "-c timezone=UTC",
        },
    )
    _name_errors(engine)
    return engine
