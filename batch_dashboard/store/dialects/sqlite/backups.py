"""Backup and restore of a SQLite database. Source: docs/backup.md."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DatabaseError

from batch_dashboard.errors import InputError, StoreUnavailable
from batch_dashboard.store.dialects.database import Backups, Contents, Database, SetAside
from batch_dashboard.store.dialects.sqlite.file import LOG, LOG_INDEX, FileConnection, open_file

MAX_NAMED = 3


class SqliteBackups(Backups):
    """Copies of the file of a database."""

    def __init__(self, database: Database, file: Path, wait_seconds: float) -> None:
        self._database = database
        self._file = file
        self._wait_seconds = wait_seconds

    def copy_to(self, file: Path) -> Contents:
        """Write a consistent, checked copy to a new file; uploads continue meanwhile."""
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                self._copy_as_it_is(draft)
                contents = self.check(draft)
                _sync(draft)
                draft.replace(file)
                _sync(file.parent)
            finally:
                draft.unlink(missing_ok=True)
        except (OSError, sqlite3.Error) as error:
            raise InputError("file", f"{file} cannot be written: {error}") from None
        return contents

    def check(self, file: Path) -> Contents:
        """The contents of a file. Raises InputError if it is no intact database of ours."""
        try:
            connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        except sqlite3.Error as error:
            raise InputError("file", f"{file} cannot be read: {error}") from None
        try:
            wrong = [row[0] for row in connection.execute(f"PRAGMA integrity_check({MAX_NAMED})")]
            if wrong != ["ok"]:
                raise InputError("file", f"{file} is damaged: {'; '.join(wrong)}")
            orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(MAX_NAMED)
            if orphans:
                raise InputError(
                    "file", f"{file} is damaged: {orphans[0][0]} has rows without parent"
                )
            [[revision]] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            [[runs]] = connection.execute("SELECT count(*) FROM batch_runs").fetchall()
            [[results]] = connection.execute("SELECT count(*) FROM recipe_results").fetchall()
        except (sqlite3.Error, ValueError) as error:
            raise InputError(
                "file", f"{file} is not a database of this application: {error}"
            ) from None
        finally:
            connection.close()
        return Contents(revision, runs, results, file.stat().st_size)

    def set_aside(self, suffix: str) -> SetAside | None:
        """Keep a copy of the database beside it; None if there is no database."""
        kept = Path(f"{self._file}.{suffix}")
        if self._file.exists():
            try:
                self.copy_to(kept)
                return SetAside(kept, True)
            except (InputError, StoreUnavailable, DatabaseError):
                if self._is_whole(self._file):
                    raise  # the copy could not be written
        self._database.close()
        moved = None
        try:
            for end in (LOG, LOG_INDEX, ""):
                if Path(f"{self._file}{end}").exists():
                    os.replace(f"{self._file}{end}", f"{kept}{end}")
                    moved = kept
        except OSError as error:
            raise InputError("file", f"{kept} cannot be written: {error.strerror}") from None
        return None if moved is None else SetAside(moved, False)

    @contextmanager
    def copied_beside(self, file: Path) -> Iterator[Path]:
        """A copy of a checked file in the folder of the database; removed at the end."""
        draft = self._file.with_name(f".{self._file.name}.restored.{os.getpid()}")
        try:
            _copy(file, draft)
            yield draft
        except (OSError, sqlite3.Error) as error:
            raise InputError("file", f"{draft} cannot be written: {error}") from None
        finally:
            for left in self._file.parent.glob(f"{draft.name}*"):
                left.unlink()

    def copy_from(self, file: Path) -> None:
        """Replace the contents of the database by those of a checked file, in one transaction."""
        try:
            _copy(file, self._file, self._wait_seconds)
        except sqlite3.Error as error:
            raise InputError(
                "file", f"the database is in use ({error}); stop the service and try again"
            ) from None

    def _copy_as_it_is(self, draft: Path) -> None:
        self._database.settle()
        with self._database.errors_named(), self._database.reader.connect() as connection:
            driver: Any = connection.connection.driver_connection
            target = sqlite3.connect(draft)
            try:
                # In one step, because a copy in several steps starts again after each write.
                driver.backup(target, pages=-1)
                target.execute("PRAGMA journal_mode = DELETE")
            finally:
                target.close()

    def _is_whole(self, file: Path) -> bool:
        try:
            self.check(file)
        except InputError:
            return False
        return True


def compact(file: Path, wait_seconds: float) -> tuple[int, int]:
    """Rewrite a file in the least space, so that it can shrink later; sizes in bytes.

    Other processes wait meanwhile. Raises InputError if one uses the file.
    """
    before = file.stat().st_size
    connection = open_file(file, wait_seconds, FileConnection)
    connection.isolation_level = None
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise InputError("file", f"the database is in use or the disk is full: {error}") from None
    finally:
        connection.close()
    return before, file.stat().st_size


def _copy(source_file: Path, target_file: Path, wait_seconds: float = 5.0) -> None:
    """Replace the contents of a file by those of another, in one transaction."""
    source = sqlite3.connect(f"{source_file.absolute().as_uri()}?mode=ro", uri=True)
    target = sqlite3.connect(target_file, timeout=wait_seconds)
    try:
        source.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode = WAL")
    finally:
        target.close()
        source.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
