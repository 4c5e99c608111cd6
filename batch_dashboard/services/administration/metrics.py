"""Counts and times for Prometheus, summed over the worker processes.

Source: docs/administration.md.

With gunicorn, each process writes its numbers to files (PROMETHEUS_MULTIPROC_DIR, which
gunicorn.conf.py sets), and the process that is asked sums them.
"""

import os
from collections.abc import Iterator
from enum import StrEnum

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.settings import VERSION
from batch_dashboard.store.administration import system
from batch_dashboard.store.engine import Store

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class UploadOutcome(StrEnum):
    """What became of a request to the ingest API."""

    STORED = "stored"
    REPLAYED = "replayed"
    DRY_RUN = "dry run"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    TOO_LARGE = "too large"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


class PasswordCheck(StrEnum):
    """The outcome of a password check."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_CHECKED = "not checked"


uploads = Counter("batch_dashboard_uploads", "Requests to the ingest API by outcome.", ["outcome"])
results_stored = Counter("batch_dashboard_results_stored", "Recipe results stored.")
password_checks = Counter(
    "batch_dashboard_password_checks",
    "Sign-in attempts; after too many wrong passwords, passwords are not checked.",
    ["outcome"],
)
plan_advice_lost = Counter(
    "batch_dashboard_plan_advice_lost",
    "Requests for a plan that the ledger does not contain, because the database was busy.",
)
request_seconds = Histogram(
    "batch_dashboard_request_duration_seconds",
    "Time from the request to the start of the response.",
    ["endpoint", "status"],
    buckets=SECONDS,
)
database_wait_seconds = Histogram(
    "batch_dashboard_database_wait_seconds",
    "Time for which a writer waited for the database.",
    buckets=SECONDS,
)


class _OfDatabase(Collector):
    """Metrics that are read from the database on request."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("batch_dashboard_info", "The version.", labels=["version"])
        build.add_metric([VERSION], 1)
        yield build
        up = GaugeMetricFamily("batch_dashboard_database_up", "1 if the database answers.")
        try:
            with self._store.read() as connection:
                outbox = system.outbox_length(connection)
                check = system.find_fact(connection, system.LAST_CHECK)
                backup = system.find_fact(connection, system.LAST_BACKUP)
        except StoreUnavailable:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield _gauge("outbox_length", "Notifications that wait to be sent.", outbox)
        if check is not None:
            drift = GaugeMetricFamily(
                "batch_dashboard_rollup_drift_rows",
                "Wrong rows of each summary in the last check.",
                labels=["table"],
            )
            for table, rows in check.value.items():
                drift.add_metric([table], rows)
            yield drift
            words = "When rollups were last checked."
            yield _gauge("rollup_check_timestamp_seconds", words, check.at.timestamp())
        if backup is not None:
            words = "When the database was last backed up by the command."
            yield _gauge("backup_timestamp_seconds", words, backup.at.timestamp())


def exposition(store: Store) -> bytes:
    """All metrics in the text format of Prometheus."""
    of_database = CollectorRegistry()
    of_database.register(_OfDatabase(store))
    of_processes: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        of_processes = CollectorRegistry()
        multiprocess.MultiProcessCollector(of_processes)  # type: ignore[no-untyped-call]
    return bytes(generate_latest(of_processes) + generate_latest(of_database))


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"batch_dashboard_{name}", words)
    family.add_metric([], value)
    return family
