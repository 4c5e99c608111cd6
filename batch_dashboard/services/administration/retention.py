"""Deleting old rows in small steps. Source: docs/data-model.md, "Retention"."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from batch_dashboard.model.administration.pruning import fold
from batch_dashboard.model.administration.retention import (
    DEFAULT_DAYS,
    RetainedKind,
    Retention,
    oldest_day,
)
from batch_dashboard.services.administration.changes import Actor, Change, changing
from batch_dashboard.services.administration.pace import Pace
from batch_dashboard.store.administration import audit, pruning, system
from batch_dashboard.store.administration.pruning import Prunable
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.lists.conditions import midnight

# A batch of this size holds the write lock for a few hundredths of a second (docs/performance.md).
RESULTS_AT_ONCE = 500
ROWS_AT_ONCE = 5_000
PAGES_AT_ONCE = 500


class Pruned(NamedTuple):
    """The numbers of deleted rows, and the longest time that a batch blocked writers."""

    results: int
    runs: int
    entries: int
    longest_seconds: float

    @property
    def rows(self) -> int:
        """The total number of rows."""
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
    """Set how long rows are kept. Raises InputError that names the invalid number."""
    before = fetch(change.connection)
    kinds = dict(zip(DEFAULT_DAYS, retention.checked(), strict=True))
    own = {kind: days for kind, days in kinds.items() if days != DEFAULT_DAYS[kind]}
    system.replace_retention(change.connection, own)
    change.record("set retention", "retention", before._asdict(), retention._asdict())


def preview(connection: Connection, retention: Retention, now: datetime) -> dict[str, Prunable]:
    """The rows that would be deleted now, by kind; changes nothing."""
    found = dict.fromkeys(DEFAULT_DAYS, Prunable(0, None))
    if day := oldest_day(retention.results, now):
        found[RetainedKind.RESULTS] = pruning.count_results(connection, midnight(day))
    if day := oldest_day(retention.runs, now):
        found[RetainedKind.RUNS] = pruning.count_runs(connection, day)
    if day := oldest_day(retention.audit, now):
        found[RetainedKind.AUDIT] = Prunable(audit.count_before(connection, midnight(day)), None)
    return found


def prune(
    store: Store,
    actor: Actor,
    now: datetime,
    report: Callable[[int], None] = lambda _rows: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Pruned:
    """Delete old rows in batches, with pauses in which uploads can write.

    `report` gets the number of deleted rows. Can be stopped and started again at any point.
    """
    with store.read() as connection:
        retention = fetch(connection)
    pace = Pace(store, frees=True)

    def batches(most: int, drop: Any, until: Any) -> Iterator[int]:
        return _batches(pace, goes_on, most, drop, until)

    results = runs = entries = 0
    if day := oldest_day(retention.results, now):
        until = midnight(day)
        for drop in (_drop_results, pruning.prune_excluded_results):
            for count in batches(RESULTS_AT_ONCE, drop, until):
                results += count
                report(results)
    if day := oldest_day(retention.runs, now):
        for count in batches(1, _drop_day_of_runs, day):
            runs += count
            report(results + runs)
    if day := oldest_day(retention.audit, now):
        for count in batches(ROWS_AT_ONCE, audit.delete_before, midnight(day)):
            entries += count
    if results + runs + entries:
        for _left in batches(PAGES_AT_ONCE, _give_space_back, None):
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


def _batches(
    pace: Pace,
    goes_on: Callable[[], bool],
    most: int,
    drop: Callable[[Connection, Any, int], int],
    until: Any,
) -> Iterator[int]:
    """Yields the number of rows that each batch deleted, until none is left."""
    pace.begin(most)
    while goes_on():
        with pace.batch() as connection:
            dropped = drop(connection, until, pace.size)
        if not dropped:
            return
        yield dropped
