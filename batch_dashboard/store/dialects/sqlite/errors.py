"""The errors of SQLite's driver."""

import sqlite3

from batch_dashboard.errors import DiskFull, StatementTooSlow, StoreUnavailable
from batch_dashboard.store.dialects.driver_errors import OLD_SCHEMA, UNAVAILABLE

DAMAGED = "the database file is damaged, or is not a SQLite file; see docs/backup.md to restore it"

UNAVAILABLE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
DAMAGED_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# One code stands for all statements that cannot be compiled.
OLD_SCHEMA_MESSAGES = ("no such table", "no such column", "has no column named")


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary error code, without the details of the extended code."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_disk_full(error: sqlite3.Error) -> bool:
    """Whether SQLite found no space on the disk."""
    # The index of the write-ahead log is a file too, and fails first on a full disk.
    extended = getattr(error, "sqlite_errorcode", None)
    return primary_code(error) == sqlite3.SQLITE_FULL or extended == sqlite3.SQLITE_IOERR_SHMSIZE


def named_error(error: BaseException) -> StoreUnavailable | None:
    """The corresponding error of this application; None: the statement is wrong."""
    if not isinstance(error, sqlite3.Error):
        return None
    if is_disk_full(error):
        return DiskFull()
    code = primary_code(error)
    if code == sqlite3.SQLITE_INTERRUPT:
        return StatementTooSlow()
    if code in DAMAGED_CODES:
        return StoreUnavailable(DAMAGED)
    if code in UNAVAILABLE_CODES:
        return StoreUnavailable(UNAVAILABLE)
    if any(words in str(error) for words in OLD_SCHEMA_MESSAGES):
        return StoreUnavailable(OLD_SCHEMA)
    return None
