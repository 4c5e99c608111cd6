"""A SQLite database: connections, and the database file."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.store.dialects.database import Backups, Database
from batch_dashboard.store.dialects.driver_errors import errors_named
from batch_dashboard.store.dialects.sqlite import log
from batch_dashboard.store.dialects.sqlite.backups import SqliteBackups, compact
from batch_dashboard.store.dialects.sqlite.engines import reader_engine, writer_engine
from batch_dashboard.store.dialects.sqlite.errors import named_error
from batch_dashboard.store.dialects.sqlite.file import DatabaseFile


class SqliteDatabase(Database):
    """The file of a URL, which can be replaced or removed at any time."""

    def __init__(self, url: URL, wait_seconds: float) -> None:
        self._url = url
        self._wait_seconds = wait_seconds
        self.file: Path = Path(str(url.database))
        self._opened = DatabaseFile(self.file)
        self.reserve = self._opened.reserve
        # When a waiting writer gives up, on the monotonic clock.
        self._gives_up_at = 0.0
        self.reader = reader_engine(url, self._opened, wait_seconds)
        self.writer = self._writer_engine()

    def errors_named(self) -> AbstractContextManager[None]:
        """Convert errors of the driver to errors of this application."""
        return errors_named(self.reader, named_error)

    @contextmanager
    def writing(self, _wait_seconds: float, gives_up_at: float) -> Iterator[Connection]:
        """A connection that holds the write lock: all is committed at the end, or nothing.

        Raises StoreUnavailable if the file was replaced before the commit.
        """
        self._gives_up_at = gives_up_at
        with self.writer.begin() as connection:
            driver: Any = connection.connection.driver_connection
            yield connection
        if not self._opened.is_open_in(driver):
            raise StoreUnavailable(
                f"{self._opened.path.name} was replaced or removed while this was written, so it "
                "is not stored; try again"
            )

    @contextmanager
    def migrating(self, _wait_seconds: float, gives_up_at: float) -> Iterator[Connection]:
        """The same as `writing` without foreign keys, which are checked before the commit.

        A table is rebuilt by dropping the old one. With foreign keys on, dropping a parent table
        would delete its children.
        """
        self._gives_up_at = gives_up_at
        engine = self._writer_engine(foreign_keys=False)
        try:
            with engine.begin() as connection:
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(
                        f"the migration would leave {len(broken)} rows without parent"
                    )
        finally:
            engine.dispose()

    def limit_statements(self, connection: Connection, seconds: float | None) -> None:
        """Limit the time of each call of a reader; None: no limit."""
        driver: Any = connection.connection.driver_connection
        driver.statement_seconds = seconds

    def claim(self, role: str) -> None:
        """Hold a shared lock on an empty file beside the database, until this process ends."""
        # Never closed: the lock ends with the process, even if it is killed.
        fcntl.flock(self._open_lock(role), fcntl.LOCK_SH)

    @contextmanager
    def alone(self, roles: Mapping[str, str]) -> Iterator[list[str]]:
        """Hold these locks exclusively; returns the roles whose lock another process holds."""
        with ExitStack() as stack:
            running = []
            for role, name in roles.items():
                lock = self._open_lock(role)
                stack.callback(os.close, lock)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    running.append(name)
            yield running

    def create(self) -> bool:
        """Create an empty file if there is none; returns whether it did."""
        return self._opened.create()

    def settle(self) -> None:
        """Release a file that was replaced, so that the next connection opens the new one.

        Raises StoreUnavailable if only the log is missing: the connections hold its last
        transactions, and closing them could lose those of another process.
        """
        if self._opened.is_in_place():
            return
        if self._opened.is_replaced():
            super().close()
        else:
            self._opened.check_log()

    def trim_log(self, most_bytes: int | None = None) -> float:
        """Copy the write-ahead log into the file, if it is long."""
        limit = log.BYTES_KEPT if most_bytes is None else most_bytes
        return log.trim(self._opened.path, limit)

    @property
    def backups(self) -> Backups:
        """Its copies in files."""
        return SqliteBackups(self, self.file, self._wait_seconds)

    def compact(self) -> tuple[int, int]:
        """Rewrite the file in the least space, so that it can shrink later."""
        self.settle()
        with self.errors_named(), self.reader.connect():
            pass  # it is there
        return compact(self.file, self._wait_seconds)

    def close(self) -> None:
        """Close every unused connection, and release the file."""
        super().close()
        self._opened.forget()

    def _writer_engine(self, *, foreign_keys: bool = True) -> Engine:
        return writer_engine(
            self._url,
            self._opened,
            self._wait_seconds,
            lambda: self._gives_up_at,
            foreign_keys=foreign_keys,
        )

    def _open_lock(self, role: str) -> int:
        path = Path(f"{self.file}-{role}")
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
