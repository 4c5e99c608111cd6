"""Keeping the write-ahead log short."""

import sqlite3
import time
from pathlib import Path

from batch_dashboard.store.dialects.sqlite.file import LOG, FileConnection, open_file

BYTES_KEPT = 64 * 1024 * 1024
# How long a trim waits for readers; writers wait as long.
TRIM_WAIT_SECONDS = 0.1


def trim(database: Path, most_bytes: int) -> float:
    """Move the write-ahead log into the database file and empty it, if it is long.

    SQLite itself empties the log only while nobody reads, so under load the log would keep growing.
    Most of the work is done while others write. Returns for how many seconds writers were blocked.
    """
    try:
        if Path(f"{database}{LOG}").stat().st_size <= most_bytes:
            return 0.0
        connection = open_file(database, TRIM_WAIT_SECONDS, FileConnection)
    except (OSError, sqlite3.OperationalError):
        return 0.0
    try:
        for _ in range(2):
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        began = time.monotonic()
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        return time.monotonic() - began
    except sqlite3.OperationalError:
        return 0.0  # a reader takes long: try again next time
    finally:
        connection.close()
