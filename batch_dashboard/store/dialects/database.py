"""The interface of an opened database: connections, the writer, the processes that use it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, Engine

from batch_dashboard.errors import InputError


class Reserve(Protocol):
    """Reserved disk space, with which rows can be deleted on a full disk."""

    def is_disk_full(self) -> bool:
        """Whether the disk has no space for an upload."""

    def is_kept(self) -> bool:
        """Whether the reserve exists."""

    def free_bytes(self) -> int:
        """The free disk space that this process can use."""

    def keep(self) -> bool:
        """Create the reserve if the disk has enough space; returns whether it exists."""

    def give_all_if_full(self) -> None:
        """Release the whole reserve if the disk is full."""


class Contents(NamedTuple):
    """The contents of a checked backup."""

    revision: str
    batch_runs: int
    recipe_results: int
    size_bytes: int


class SetAside(NamedTuple):
    """Where the previous database is kept, and whether it is intact."""

    path: Path
    is_whole: bool


class Backups(ABC):
    """Copies of a database in files. Source: docs/backup.md."""

    @abstractmethod
    def copy_to(self, file: Path) -> Contents:
        """Write a consistent, checked copy to a new file; uploads continue meanwhile.

        Raises InputError when the file cannot be written or does not pass its check.
        """

    @abstractmethod
    def check(self, file: Path) -> Contents:
        """The contents of a file. Raises InputError if it is no intact database of ours."""

    @abstractmethod
    def set_aside(self, suffix: str) -> SetAside | None:
        """Keep a copy of the database beside it; None if there is no database.

        A damaged database is moved away with its log, so that another one can replace it; so is
        the log of a missing one. Raises InputError if the disk or the folder does not allow this.
        """

    @abstractmethod
    def copied_beside(self, file: Path) -> AbstractContextManager[Path]:
        """A copy of a checked file beside the database, to be changed; removed at the end.

        Raises InputError when it cannot be written.
        """

    @abstractmethod
    def copy_from(self, file: Path) -> None:
        """Replace the contents of the database by those of a checked file, in one transaction.

        Raises InputError while another process reads or writes the database.
        """


class Database(ABC):
    """One database of one kind, with the connections to it."""

    reader: Engine
    writer: Engine
    # None if the database is not a file.
    file: Path | None = None
    reserve: Reserve | None = None

    @abstractmethod
    def errors_named(self) -> AbstractContextManager[None]:
        """Convert errors of the driver to errors of this application."""

    @abstractmethod
    def writing(
        self, wait_seconds: float, gives_up_at: float
    ) -> AbstractContextManager[Connection]:
        """A connection that holds the write lock: all is committed at the end, or nothing.

        It waits for the lock until `gives_up_at`, on the monotonic clock.
        """

    @abstractmethod
    def migrating(
        self, wait_seconds: float, gives_up_at: float
    ) -> AbstractContextManager[Connection]:
        """The same as `writing`, for a change of the schema."""

    @abstractmethod
    def settle(self) -> None:
        """Release a database file that was replaced; called before each use of a connection.

        Raises StoreUnavailable if its remaining files cannot be used.
        """

    @abstractmethod
    def limit_statements(self, connection: Connection, seconds: float | None) -> None:
        """Limit the time of each statement of a reader; None: no limit."""

    @abstractmethod
    def claim(self, role: str) -> None:
        """Register this process as a user of the database, until it ends.

        Waits while another process uses it `alone`.
        """

    @abstractmethod
    def alone(self, roles: Mapping[str, str]) -> AbstractContextManager[list[str]]:
        """Block further processes from claiming the database; returns the roles that hold it.

        `roles` has the name of each role.
        """

    def create(self) -> bool:
        """Create the database if there is none and this is possible; returns whether it did."""
        return False

    def trim_log(self, most_bytes: int | None = None) -> float:  # noqa: ARG002 - a file has a log
        """Copy a long write-ahead log into the database; returns how long writers waited (s)."""
        return 0.0

    @property
    def backups(self) -> Backups:
        """Copies in files. Raises InputError if other tools must be used."""
        raise InputError(
            "file",
            "this command is for SQLite; docs/backup.md explains backups of PostgreSQL",
        )

    def compact(self) -> tuple[int, int]:
        """Rewrite the file in the least space, so that it can shrink later; sizes in bytes.

        Other processes wait meanwhile. Raises InputError if one uses the database, or if the
        database does this by itself.
        """
        raise InputError("file", "this command is for SQLite; PostgreSQL has autovacuum")

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.reader.dispose()
        self.writer.dispose()
