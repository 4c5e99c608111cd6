"""What the store asks of an opened database: its connections, its writer, who uses it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, Engine

from batch_dashboard.errors import InputError


class Reserve(Protocol):
    """Room on the disk that is kept for the day on which the disk is full."""

    def is_disk_full(self) -> bool:
        """Whether there is no room for an upload."""

    def is_kept(self) -> bool:
        """Whether the reserve is there."""

    def free_bytes(self) -> int:
        """What the disk has left for this process."""

    def keep(self) -> bool:
        """Take the reserve while the disk has plenty; whether it is there."""

    def give_all_if_full(self) -> None:
        """Give the whole reserve to a full disk."""


class Contents(NamedTuple):
    """What a checked backup holds."""

    revision: str
    batch_runs: int
    recipe_results: int
    size_bytes: int


class SetAside(NamedTuple):
    """Where the database as it was is kept, and whether it is whole."""

    path: Path
    is_whole: bool


class Backups(ABC):
    """Copies of a database in files. Source: docs/backup.md."""

    @abstractmethod
    def copy_to(self, file: Path) -> Contents:
        """Write the database as it is now to a new file, checked; uploads go on meanwhile.

        Raises InputError when the file cannot be written or does not pass its check.
        """

    @abstractmethod
    def check(self, file: Path) -> Contents:
        """What a file holds. Raises InputError when it is no whole database of this application."""

    @abstractmethod
    def set_aside(self, suffix: str) -> SetAside | None:
        """Keep the database as it is beside it; None when there is none.

        One that is damaged is moved away with its log, so that another can take its place; so is
        the log of one that is missing. Raises InputError when the disk or the folder does not allow
        that.
        """

    @abstractmethod
    def copied_beside(self, file: Path) -> AbstractContextManager[Path]:
        """A copy of a checked file beside the database, to be changed; removed at the end.

        Raises InputError when it cannot be written.
        """

    @abstractmethod
    def copy_from(self, file: Path) -> None:
        """Put the contents of a checked file in the place of the database's, in one transaction.

        Raises InputError while somebody else reads or writes the database.
        """


class Database(ABC):
    """One database of one kind, with the connections to it."""

    reader: Engine
    writer: Engine
    # None where the database is no file of this application.
    file: Path | None = None
    reserve: Reserve | None = None

    @abstractmethod
    def errors_named(self) -> AbstractContextManager[None]:
        """Raise what the driver raises in this application's own errors."""

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
        """As `writing`, for a change of the schema."""

    @abstractmethod
    def settle(self) -> None:
        """Let go of a database that was replaced by another; before each connection is used.

        Raises StoreUnavailable when what is left of it cannot be used.
        """

    @abstractmethod
    def limit_statements(self, connection: Connection, seconds: float | None) -> None:
        """Give each statement of a reader so much time; None: as long as it takes."""

    @abstractmethod
    def claim(self, role: str) -> None:
        """Be known as one who uses the database until this process ends.

        Waits while somebody uses it `alone`.
        """

    @abstractmethod
    def alone(self, roles: Mapping[str, str]) -> AbstractContextManager[list[str]]:
        """Keep those out who would claim the database; the names of those who did before.

        `roles` has the name of each role.
        """

    def create(self) -> bool:
        """Make the database where there is none and this application can; whether it was made."""
        return False

    def trim_log(self, most_bytes: int | None = None) -> float:  # noqa: ARG002 - a file has a log
        """Work a long log of writes into the database; for how many seconds writers waited."""
        return 0.0

    @property
    def backups(self) -> Backups:
        """Its copies in files. Raises InputError where other tools make them."""
        raise InputError(
            "file",
            "this is for SQLite; docs/backup.md says how PostgreSQL is backed up and restored",
        )

    def compact(self) -> tuple[int, int]:
        """Rewrite the file in the least space, so that it can shrink from then on; sizes in bytes.

        Everybody else waits meanwhile. Raises InputError when somebody does not, or where the
        database does so by itself.
        """
        raise InputError("file", "this is for SQLite; PostgreSQL has autovacuum")

    def close(self) -> None:
        """Close every connection that is not in use."""
        self.reader.dispose()
        self.writer.dispose()
