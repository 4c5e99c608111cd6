"""A PostgreSQL database: connections, the lock of all writers, connected processes."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import URL, Connection, text

from batch_dashboard.store.dialects.database import Database
from batch_dashboard.store.dialects.driver_errors import errors_named
from batch_dashboard.store.dialects.postgresql.engines import STATEMENT_SECONDS, new_engine
from batch_dashboard.store.dialects.postgresql.errors import named_error
from batch_dashboard.store.dialects.postgresql.process_name import APPLICATION, application_name

# Any fixed number: the advisory lock that all writers of a database take.
WRITER_LOCK = 0x42617463


class PostgresqlDatabase(Database):
    """A database on a server; one pool of connections serves readers and the writer."""

    def __init__(self, url: URL, wait_seconds: float) -> None:
        self.reader = self.writer = new_engine(url, wait_seconds)

    def errors_named(self) -> AbstractContextManager[None]:
        """Convert errors of the driver to errors of this application."""
        return errors_named(self.reader, named_error)

    @contextmanager
    def writing(self, wait_seconds: float, _gives_up_at: float) -> Iterator[Connection]:
        """A connection that holds the write lock: all is committed at the end, or nothing."""
        with self.writer.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(wait_seconds * 1000)}")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
            yield connection

    def migrating(
        self, wait_seconds: float, gives_up_at: float
    ) -> AbstractContextManager[Connection]:
        """The same as `writing`; a change of the schema needs nothing else."""
        return self.writing(wait_seconds, gives_up_at)

    def settle(self) -> None:
        """Does nothing: a server is not replaced like a file."""

    def limit_statements(self, connection: Connection, seconds: float | None) -> None:
        """Limit the time of each statement of a reader; None: no limit."""
        if seconds is not None:
            connection.execution_options(**{STATEMENT_SECONDS: seconds})

    def claim(self, _role: str) -> None:
        """Open a connection, which the pool keeps, so that the server lists this process."""
        with self.errors_named(), self.reader.connect():
            pass

    @contextmanager
    def alone(self, _roles: Mapping[str, str]) -> Iterator[list[str]]:
        """The other processes that are connected; none is blocked."""
        query = text(
            "SELECT DISTINCT application_name FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE :ours"
            " AND application_name <> :own ORDER BY application_name"
        )
        values = {"ours": f"{APPLICATION} %", "own": application_name()}
        with self.errors_named(), self.reader.connect() as connection:
            found = connection.execute(query, values).scalars().all()
        yield [f"process {name.removeprefix(f'{APPLICATION} ')}" for name in found]
