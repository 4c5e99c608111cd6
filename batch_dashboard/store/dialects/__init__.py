"""The kinds of databases, each in its own folder behind one interface (`contract`).

Nothing outside of this folder knows which database it is on. A further one is a folder with a
`Dialect`, and a line in DIALECTS.
"""

from typing import Any, Protocol

from sqlalchemy import URL

from batch_dashboard.store.dialects.contract import Dialect
from batch_dashboard.store.dialects.database import Database
from batch_dashboard.store.dialects.postgresql.dialect import PostgresqlDialect
from batch_dashboard.store.dialects.sqlite.dialect import SqliteDialect

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (SqliteDialect(), PostgresqlDialect())
}


class _HasDialect(Protocol):
    """A connection, or the compiler of a statement."""

    @property
    def dialect(self) -> Any:
        """SQLAlchemy's own dialect."""


def dialect_of(connection: _HasDialect) -> Dialect:
    """The kind of database that a connection is to, or that a statement is compiled for."""
    return DIALECTS[connection.dialect.name]


def open_database(url: URL, wait_seconds: float) -> Database:
    """The database of a URL."""
    return DIALECTS[url.get_backend_name()].open(url, wait_seconds)
