"""What the drivers of SQLite and PostgreSQL raise, in this application's own errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from batch_dashboard.errors import DiskFull, StatementTooSlow, StoreUnavailable

UNAVAILABLE = "the database is away or locked; nothing was stored, try again"
OLD_SCHEMA = (
    "the database does not have the schema of this version; run `flask --app app database upgrade`"
)
DAMAGED = (
    "the database file is damaged, or is not a SQLite file; docs/backup.md says how to restore one"
)

SQLITE_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
SQLITE_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# SQLite has one code for every statement it cannot compile.
SQLITE_OLD_SCHEMA = ("no such table", "no such column", "has no column named")

POSTGRESQL_DISK_FULL = "53100"
POSTGRESQL_CANCELED = "57014"
POSTGRESQL_OLD_SCHEMA = ("42P01", "42703")


def name_errors(engine: Engine) -> None:
    """Raise what can be named by its name, while a statement is executed or rows are fetched."""

    @event.listens_for(engine, "handle_error")
    def name_error(context: ExceptionContext) -> None:
        error = context.original_exception
        named = _named(error)
        if named is None and context.is_disconnect:
            named = StoreUnavailable(UNAVAILABLE)
        if named is not None:
            raise named from error


@contextmanager
def errors_named(engine: Engine) -> Iterator[None]:
    """Name what no statement raises: opening a connection, and what goes past SQLAlchemy."""
    driver: Any = engine.dialect.loaded_dbapi
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(UNAVAILABLE) from error
    except (driver.Error, DBAPIError) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        named = None if original is None else _named(original)
        if named is None:
            raise
        raise named from error


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's code without its details: busy is busy, whatever with."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_disk_full(error: sqlite3.Error) -> bool:
    """Whether SQLite found no room on the disk."""
    # The index of the write-ahead log is a file too, and the first that is missed on a full disk.
    extended = getattr(error, "sqlite_errorcode", None)
    return primary_code(error) == sqlite3.SQLITE_FULL or extended == sqlite3.SQLITE_IOERR_SHMSIZE


def _named(error: BaseException) -> StoreUnavailable | None:
    """The error of ours that says the same, None where it is a mistake in a statement."""
    if isinstance(error, sqlite3.Error):
        return _named_sqlite(error)
    code = getattr(error, "sqlstate", None)
    if code == POSTGRESQL_DISK_FULL:
        return DiskFull()
    if code == POSTGRESQL_CANCELED:
        return StatementTooSlow()
    if code in POSTGRESQL_OLD_SCHEMA:
        return StoreUnavailable(OLD_SCHEMA)
    is_operational = any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
    return StoreUnavailable(UNAVAILABLE) if is_operational else None


def _named_sqlite(error: sqlite3.Error) -> StoreUnavailable | None:
    if is_disk_full(error):
        return DiskFull()
    code = primary_code(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return StatementTooSlow()
    if code in SQLITE_DAMAGED:
        return StoreUnavailable(DAMAGED)
    if code in SQLITE_UNAVAILABLE:
        return StoreUnavailable(UNAVAILABLE)
    if any(words in str(error) for words in SQLITE_OLD_SCHEMA):
        return StoreUnavailable(OLD_SCHEMA)
    return None
