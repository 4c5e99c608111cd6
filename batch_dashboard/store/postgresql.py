"""PostgreSQL: how its connections are set up, the one lock of all writers, slow statements."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from batch_dashboard.store.driver_errors import name_errors
from batch_dashboard.store.process_name import application_name

# Any fixed number: all writers of one database ask for this one advisory lock.
WRITER_LOCK = 0x42617463
# The execution option of a connection whose statements have a time limit.
STATEMENT_SECONDS = "statement_seconds"


def postgresql_engine(url: URL, wait_seconds: float) -> Engine:
    """Connections for reading and writing."""
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=32,
        pool_pre_ping=True,
        hide_parameters=True,
        pool_timeout=wait_seconds,
        connect_args={
            "connect_timeout": max(2, round(wait_seconds)),
            # Prepared statements do not survive pgbouncer in transaction mode.
            "prepare_threshold": None,
            "options": "-c timezone=UTC",
            "application_name": application_name(),
        },
    )
    name_errors(engine)

    @event.listens_for(engine, "begin")
    def limit_statements(connection: Connection) -> None:
        seconds = connection.get_execution_options().get(STATEMENT_SECONDS)
        if seconds is not None:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")

    return engine


def take_writer_lock(connection: Connection, wait_seconds: float) -> None:
    """Wait until no other transaction writes."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(wait_seconds * 1000)}")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
