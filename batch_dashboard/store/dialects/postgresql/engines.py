"""How connections to PostgreSQL are set up, and how slow statements are stopped."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from batch_dashboard.store.dialects.driver_errors import name_errors
from batch_dashboard.store.dialects.postgresql.errors import named_error
from batch_dashboard.store.dialects.postgresql.process_name import application_name

# The execution option of a connection whose statements have a time limit.
STATEMENT_SECONDS = "statement_seconds"


def new_engine(url: URL, wait_seconds: float) -> Engine:
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
    name_errors(engine, named_error)

    @event.listens_for(engine, "begin")
    def limit_statements(connection: Connection) -> None:
        seconds = connection.get_execution_options().get(STATEMENT_SECONDS)
        if seconds is not None:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")

    return engine
