"""Dropping what is older than it is kept, a little at a time. Source: docs/data-model.md."""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from batch_dashboard.model.pruning import fold
from batch_dashboard.model.retention import (
    AUDIT,
    DEFAULT_DAYS,
    RESULTS,
    RUNS,
    Retention,
    oldest_day,
)
from batch_dashboard.services.changes import Actor, Change, changing
from batch_dashboard.store import audit, pruning, system
from batch_dashboard.store.conditions import midnight
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.pruning import Prunable

# A batch of them holds the write lock for a few hundredths of a second (docs/performance.md).
RESULTS_AT_ONCE = 500
ROWS_AT_ONCE = 5_000
PAGES_AT_ONCE = 500
# Between two batches uploads get as much time as one took.
LEAST_PAUSE_SECONDS = 0.005
# A batch that took longer than this has the next one be half of it; one of a quarter, twice of it.
LONGEST_BATCH_SECONDS = 0.1
SMALLEST_BATCH = 20


class Pruned(NamedTuple):
    """How many rows were dropped, and for how long the longest batch kept writers waiting."""

    results: int
    runs: int
    entries: int
    longest_seconds: float

    @property
    def rows(self) -> int:
        """All of them together."""
        return self.results + self.runs + self.entries

    @property
    def in_words(self) -> str:
        """`1,000 results, 0 batch runs and 3 entries of the audit log`."""
        return (
            f"{self.results:,} results, {self.runs:,} batch runs "
            f"and {self.entries:,} entries of the audit log"
        )


def fetch(connection: Connection) -> Retention:
    """How long rows are kept."""
    return Retention.of(system.fetch_retention(connection))


def set_days(change: Change, retention: Retention) -> None:
    """Set how long rows are kept. Raises InputError naming the number that cannot be used."""
    before = fetch(change.connection)
    kinds = dict(zip(DEFAULT_DAYS, retention.checked(), strict=True))
    own = {kind: days for kind, days in kinds.items() if days != DEFAULT_DAYS[kind]}
    system.replace_retention(change.connection, own)
    change.record("set retention", "retention", before._asdict(), retention._asdict())


def preview(connection: Connection, retention: Retention, now: datetime) -> dict[str, Prunable]:
    """What would be dropped now, by kind; nothing is changed."""
    found = dict.fromkeys(DEFAULT_DAYS, Prunable(0, None))
    if day := oldest_day(retention.results, now):
        found[RESULTS] = pruning.count_results(connection, midnight(day))
    if day := oldest_day(retention.runs, now):
        found[RUNS] = pruning.count_runs(connection, day)
    if day := oldest_day(retention.audit, now):
        found[AUDIT] = Prunable(audit.count_before(connection, midnight(day)), None)
    return found


def prune(
    store: Store,
    actor: Actor,
    now: datetime,
    report: Callable[[int], None] = lambda _rows: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Pruned:
    """Drop what is too old, in batches between which uploads come through.

    `report` is told how many rows are gone so far. May be stopped and begun again at any time.
    """
    with store.read() as connection:
        retention = fetch(connection)
    pace = _Pace(store, goes_on)
    results = runs = entries = 0
    if day := oldest_day(retention.results, now):
        until = midnight(day)
        for drop in (_drop_results, pruning.prune_excluded_results):
            for count in pace.batches(RESULTS_AT_ONCE, drop, until):
                results += count
                report(results)
    if day := oldest_day(retention.runs, now):
        for count in pace.batches(1, _drop_day_of_runs, day):
            runs += count
            report(results + runs)
    if day := oldest_day(retention.audit, now):
        for count in pace.batches(ROWS_AT_ONCE, audit.delete_before, midnight(day)):
            entries += count
    if results + runs + entries:
        for _left in pace.batches(PAGES_AT_ONCE, _give_space_back, None):
            pass
        with changing(store, actor, now, frees=True) as change:
            dropped = {"results": results, "runs": runs, "audit_entries": entries}
            change.record("prune", "retention", None, dropped)
    return Pruned(results, runs, entries, pace.longest_seconds)


def _drop_results(connection: Connection, until: datetime, count: int) -> int:
    taken = pruning.take_results(connection, until, count)
    if taken:
        pruning.prune_results(connection, fold(taken))
    return len(taken)


def _drop_day_of_runs(connection: Connection, until: date, _count: int) -> int:
    return pruning.prune_day_of_runs(connection, until)


def _give_space_back(connection: Connection, _until: None, pages: int) -> int:
    return pruning.give_space_back(connection, pages)


class _Pace:
    """Batches one after the other, each in a transaction of its own, with room between them."""

    def __init__(self, store: Store, goes_on: Callable[[], bool]) -> None:
        self._store = store
        self._goes_on = goes_on
        self.longest_seconds = 0.0

    def batches(
        self, most: int, drop: Callable[[Connection, Any, int], int], until: Any
    ) -> Iterator[int]:
        """How many rows each batch dropped, until there is none left."""
        size = most
        while self._goes_on():
            began = time.perf_counter()
            with self._store.write(frees=True) as connection:
                began = time.perf_counter()
                dropped = drop(connection, until, size)
            took = time.perf_counter() - began
            self.longest_seconds = max(self.longest_seconds, took)
            if not dropped:
                return
            yield dropped
            self.longest_seconds = max(self.longest_seconds, self._store.trim_log())
            if took > LONGEST_BATCH_SECONDS:
                size = max(SMALLEST_BATCH, size // 2)
            elif took < LONGEST_BATCH_SECONDS / 4:
                size = min(most, size * 2)
            time.sleep(max(took, LEAST_PAUSE_SECONDS))
