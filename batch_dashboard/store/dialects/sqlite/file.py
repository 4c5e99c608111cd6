"""The file of a SQLite database, with its log and index.

SQLite continues to use the file that it opened, even after that file was renamed, replaced or
deleted, and further writes are lost. The file of the configured name is therefore compared with the
open one.
Source: docs/deployment.md, "The database file".
"""

import fcntl
import logging
import os
import sqlite3
import threading
import weakref
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.store.dialects.sqlite.errors import is_disk_full
from batch_dashboard.store.dialects.sqlite.reserve import Reserve

# The suffixes of the log and its index.
OPENING_BYTES = 1024 * 1024
LOG, LOG_INDEX = "-wal", "-shm"
# Opens a file without reading it. Closing it does not affect SQLite's locks, and while it is open,
# no other file can get its inode number. 0 if the system has no such flag.
HOLD = getattr(os, "O_PATH", 0)

logger = logging.getLogger(__name__)

FileNumber = tuple[int, int]
AnyConnection = TypeVar("AnyConnection", bound="FileConnection")


class FileConnection(sqlite3.Connection):
    """A connection that knows its open files, and is counted while it is open."""

    database: "FileNumber | None" = None
    log: "FileNumber | None" = None
    counted_in: "weakref.WeakSet[FileConnection] | None" = None

    def close(self) -> None:
        """Close the connection and stop counting it."""
        if self.counted_in is not None:
            self.counted_in.discard(self)
        super().close()


class _Opened(NamedTuple):
    """The inode numbers of the opened files, and the descriptors that hold them."""

    database: FileNumber
    log: FileNumber | None
    log_index: FileNumber | None
    held: tuple[int, ...]


class DatabaseFile:
    """The file of the configured name."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.reserve = Reserve(self.path)
        self._opened: _Opened | None = None
        self._connections: weakref.WeakSet[FileConnection] = weakref.WeakSet()
        self._lock = threading.Lock()

    def create(self) -> bool:
        """Create an empty file if there is none; returns whether it did."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            return False
        return True

    def connect(self, kind: type[AnyConnection], wait_seconds: float) -> AnyConnection:
        """A connection to the file, which must exist.

        Raises StoreUnavailable if it is missing or just being replaced.
        """
        with self._lock:
            self._leave_old_log()
            before = _number(self.path)
            if before is None:
                raise StoreUnavailable(
                    f"the database file {self.path.name} is missing; restore it, or create a new, "
                    "empty one with `flask --app app setup`"
                )
            connection = self._open(kind, wait_seconds)
            try:
                self._hold(before)
            except BaseException:
                connection.close()
                raise
            connection.database, connection.log = before, self._log_number()
            connection.counted_in = self._connections
            self._connections.add(connection)
            return connection

    def is_in_place(self) -> bool:
        """Whether the file and its log are still those that were opened."""
        opened = self._opened
        if opened is None or not self._connections:
            return True
        return _number(self.path) == opened.database and self._log_number() == opened.log

    def is_open_in(self, connection: FileConnection) -> bool:
        """Whether a connection reads and writes the files of the configured name."""
        return (_number(self.path), self._log_number()) == (connection.database, connection.log)

    def is_replaced(self) -> bool:
        """Whether the file of the configured name is missing or not the opened one."""
        return self._opened is not None and _number(self.path) != self._opened.database

    def check_log(self) -> None:
        """Raise StoreUnavailable if the log was removed while the file is in use."""
        opened = self._opened
        if opened is None or not self._connections or self._log_number() == opened.log:
            return
        raise StoreUnavailable(
            f"{self.path.name}{LOG} was removed or replaced while the service was running; "
            "nothing is written until the service is stopped and started again"
        )

    def forget(self) -> None:
        """Release the opened files, after every connection is closed."""
        with self._lock:
            self._release()

    def _open(self, kind: type[AnyConnection], wait_seconds: float) -> AnyConnection:
        """A new connection that has opened the file, its log and the log's index."""
        try:
            return _opened(self.path, wait_seconds, kind)
        except sqlite3.OperationalError as error:
            if not is_disk_full(error) or not self.reserve.give(OPENING_BYTES):
                raise
        return _opened(self.path, wait_seconds, kind)

    def _hold(self, database: FileNumber) -> None:
        if _number(self.path) != database:
            raise StoreUnavailable("the database file was replaced at this moment; try again")
        if self._opened is not None and self._connections:
            return
        self._release()
        paths = [str(self.path), f"{self.path}{LOG}", f"{self.path}{LOG_INDEX}"]
        held = tuple(os.open(path, HOLD) for path in paths if HOLD and os.path.exists(path))
        self._opened = _Opened(database, _number(paths[1]), _number(paths[2]), held)

    def _release(self) -> None:
        if self._opened is not None:
            for descriptor in self._opened.held:
                os.close(descriptor)
        self._opened = None

    def _leave_old_log(self) -> None:
        """Move the log of a replaced file away from the new file.

        SQLite would apply it to the new file and damage it. The log is renamed and not deleted,
        because it can contain the last batch runs of the old file; its index can be built again.
        """
        opened, now = self._opened, _number(self.path)
        if opened is None or now is None or now == opened.database:
            return
        aside = f"{self.path}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            # Other processes do the same; files that the first one created must stay.
            fcntl.flock(folder, fcntl.LOCK_EX)
            if self._log_number() == opened.log and opened.log is not None:
                os.rename(f"{self.path}{LOG}", f"{aside}{LOG}")
                logger.warning(
                    "%s%s belongs to the replaced file: now %s%s", self.path, LOG, aside, LOG
                )
            if _number(f"{self.path}{LOG_INDEX}") == opened.log_index is not None:
                os.unlink(f"{self.path}{LOG_INDEX}")
        finally:
            os.close(folder)
        self._release()

    def _log_number(self) -> FileNumber | None:
        return _number(f"{self.path}{LOG}")


def open_file(path: Path, wait_seconds: float, kind: type[AnyConnection]) -> AnyConnection:
    """A connection to an existing file; SQLite itself would create a missing one."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return kind(uri, uri=True, timeout=wait_seconds, check_same_thread=False)


def _opened(path: Path, wait_seconds: float, kind: type[AnyConnection]) -> AnyConnection:
    connection = open_file(path, wait_seconds, kind)
    try:
        # A new file is set up so that it can shrink after retention. On a file with pages this
        # would take the write lock, and a reader would wait for the writer.
        [[pages]] = connection.execute("PRAGMA page_count")
        if not pages:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        # A statement that reads also opens the log.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _number(path: str | Path) -> FileNumber | None:
    """The numbers that identify a file among all existing files, None if it does not exist."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
