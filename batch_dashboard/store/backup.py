"""Copies of a SQLite database as it is at one moment, and back. Source: docs/backup.md."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.exc import DatabaseError

from batch_dashboard.errors import InputError, StoreUnavailable
from batch_dashboard.store.engine import Store
from batch_dashboard.store.sqlite_file import LOG, LOG_INDEX, FileConnection, open_file

MOST_NAMED = 3


class Contents(NamedTuple):
    """What a checked file holds."""

    revision: str
    batch_runs: int
    recipe_results: int
    size_bytes: int


def copy_to(store: Store, file: Path) -> Contents:
    """Write the database as it is now to a new file, checked; uploads go on meanwhile.

    Raises InputError when the file cannot be written or does not pass its check.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with store.read() as connection:
                driver: Any = connection.connection.driver_connection
                target = sqlite3.connect(draft)
                try:
                    # In one step: a copy in parts begins anew whenever somebody writes.
                    driver.backup(target, pages=-1)
                    target.execute("PRAGMA journal_mode = DELETE")
                finally:
                    target.close()
            contents = check(draft)
            _sync(draft)
            draft.replace(file)
            _sync(file.parent)
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise InputError("file", f"{file} cannot be written: {error}") from None
    return contents


def check(file: Path) -> Contents:
    """What a file holds. Raises InputError when it is no whole database of this application."""
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise InputError("file", f"{file} cannot be read: {error}") from None
    try:
        wrong = [row[0] for row in connection.execute(f"PRAGMA integrity_check({MOST_NAMED})")]
        if wrong != ["ok"]:
            raise InputError("file", f"{file} is damaged: {'; '.join(wrong)}")
        orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_NAMED)
        if orphans:
            raise InputError("file", f"{file} is damaged: {orphans[0][0]} has rows without parent")
        [[revision]] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        [[runs]] = connection.execute("SELECT count(*) FROM batch_runs").fetchall()
        [[results]] = connection.execute("SELECT count(*) FROM recipe_results").fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise InputError("file", f"{file} is no database of this application: {error}") from None
    finally:
        connection.close()
    return Contents(revision, runs, results, file.stat().st_size)


class SetAside(NamedTuple):
    """Where the database as it was is kept, and whether it is whole."""

    path: Path
    is_whole: bool


def set_aside(store: Store, suffix: str) -> SetAside | None:
    """Keep the database as it is beside it; None when there is none.

    One that is damaged is moved away with its log, so that another can take its place; so is the
    log of one that is missing. Raises InputError when the disk or the folder does not allow that.
    """
    database = Path(str(store.url.database))
    kept = Path(f"{database}.{suffix}")
    if database.exists():
        try:
            copy_to(store, kept)
            return SetAside(kept, True)
        except (InputError, StoreUnavailable, DatabaseError):
            if _is_whole(database):
                raise  # the copy could not be written
    store.close()
    moved = None
    try:
        for end in (LOG, LOG_INDEX, ""):
            if Path(f"{database}{end}").exists():
                os.replace(f"{database}{end}", f"{kept}{end}")
                moved = kept
    except OSError as error:
        raise InputError("file", f"{kept} cannot be written: {error.strerror}") from None
    return None if moved is None else SetAside(moved, False)


def _is_whole(file: Path) -> bool:
    try:
        check(file)
    except InputError:
        return False
    return True


@contextmanager
def copied_beside(store: Store, file: Path) -> Iterator[Store]:
    """A copy of a checked file in the folder of the database, to be changed; removed at the end.

    Raises InputError when it cannot be written.
    """
    database = Path(str(store.url.database))
    draft = database.with_name(f".{database.name}.restored.{os.getpid()}")
    try:
        _copy(file, draft)
        copy = Store(f"sqlite:///{draft}", store.wait_seconds)
        try:
            yield copy
        finally:
            copy.close()
    except (OSError, sqlite3.Error) as error:
        raise InputError("file", f"{draft} cannot be written: {error}") from None
    finally:
        for left in database.parent.glob(f"{draft.name}*"):
            left.unlink()


def copy_from(store: Store, file: Path) -> None:
    """Put the contents of a checked file in the place of the database's, in one transaction.

    Raises InputError while somebody else reads or writes the database.
    """
    try:
        _copy(file, Path(str(store.url.database)), store.wait_seconds)
    except sqlite3.Error as error:
        raise InputError(
            "file", f"the database is in use ({error}); stop the service and try again"
        ) from None


def compact(store: Store) -> tuple[int, int]:
    """Rewrite the file in the least space, so that it can shrink from then on; sizes in bytes.

    Everybody else waits meanwhile. Raises InputError when somebody does not.
    """
    file = Path(str(store.url.database))
    before = file.stat().st_size
    connection = open_file(file, store.wait_seconds, FileConnection)
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
    """Put the contents of one file in the place of another's, in one transaction."""
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
