"""Comparing rollups and summaries with the rows that they sum, and repairing them."""

from datetime import datetime

from batch_dashboard.store.administration import system
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.summaries.summaries import SUMMARIES


def verify_rollups(store: Store) -> dict[str, int]:
    """The number of wrong rows of each summary, by table; 0 everywhere is correct."""
    drift: dict[str, int] = {}
    with store.read() as connection:
        for summary in SUMMARIES:
            drift |= summary.count_drift(connection)
    return drift


def check_rollups(store: Store, now: datetime) -> dict[str, int]:
    """The same as `verify_rollups`; stores the result for the system page and the metrics."""
    drift = verify_rollups(store)
    with store.write() as connection:
        system.put_fact(connection, system.LAST_CHECK, now, drift)
    return drift


def rebuild_rollups(store: Store) -> None:
    """Compute all sums from batch runs and results, in one transaction."""
    with store.write() as connection:
        rebuild(connection)


def rebuild(connection: Connection) -> None:
    """The same as `rebuild_rollups`, in an open transaction of the writer."""
    for summary in SUMMARIES:
        summary.rebuild(connection)


def rebuild_at_upgrade(connection: Connection) -> None:
    """Compute the sums again whose rules can differ in a new version."""
    for summary in SUMMARIES:
        summary.upgrade(connection)
