"""Holding rollups and summaries against the rows they sum, and mending them."""

from datetime import datetime

from batch_dashboard.store import (
    circuit_breakers,
    failure_group_sums,
    job_sums,
    message_index,
    recipes,
    regrouping,
    rollups,
    system,
    uploads,
)
from batch_dashboard.store.engine import Connection, Store


def verify_rollups(store: Store) -> dict[str, int]:
    """How many rows of each summary differ from what its rows say, by table; all 0 is right."""
    with store.read() as connection:
        return {
            "batch_runs": uploads.count_drift(connection),
            "ecosystem_days": rollups.count_drift(connection),
            **job_sums.count_drift(connection),
            "recipes": recipes.count_drift(connection),
            **failure_group_sums.count_drift(connection),
            "failure_messages": message_index.count_drift(connection),
            "circuit_breaker_changes": circuit_breakers.count_drift(connection),
        }


def check_rollups(store: Store, now: datetime) -> dict[str, int]:
    """As `verify_rollups`, and noted for the system page and the metrics."""
    drift = verify_rollups(store)
    with store.write() as connection:
        system.put_fact(connection, system.LAST_CHECK, now, drift)
    return drift


def rebuild_rollups(store: Store) -> None:
    """Sum everything again from batch runs and results, in one transaction."""
    with store.write() as connection:
        rebuild(connection)


def rebuild(connection: Connection) -> None:
    """As `rebuild_rollups`, within an open transaction of the writer."""
    uploads.recount(connection)
    rollups.rebuild(connection)
    job_sums.rebuild(connection)
    recipes.rebuild(connection)
    regrouping.rebuild(connection)
    circuit_breakers.rebuild(connection)
