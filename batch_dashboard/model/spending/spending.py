"""The cost of each ecosystem in a period, for a sortable table."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS
from batch_dashboard.model.catalogue.fields import ECOSYSTEM
from batch_dashboard.model.lists.pagination import Cursor, KeyValue, Page, page_of
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.spending.prices import DEFAULT_PRICES, Cost, ListPrice, cost_of_sums

# Stands for an unknown value in a cursor: beyond every value, and within what a cursor can hold.
UNKNOWN = 10**18


class Spending(NamedTuple):
    """The batch runs of one ecosystem, and what their known minutes cost at list price."""

    sums: RunSums
    cost: Cost

    @property
    def ecosystem(self) -> str:
        """The ecosystem."""
        return self.sums.ecosystem

    @property
    def minutes_per_run(self) -> float | None:
        """Mean minutes of both operating systems over the runs that reported them, or None."""
        means = [
            used.known / (used.runs - used.unknown_runs)
            for used in map(self.sums.minutes, RUNNER_OS)
            if used.value is not None
        ]
        return sum(means) if means else None

    @property
    def failed_minutes(self) -> float | None:
        """The known duration of failed results; None: no duration is known."""
        seconds = self.sums.failed_seconds
        return None if seconds is None else seconds / 60


def spending(
    sums: Iterable[RunSums], prices: Sequence[ListPrice] = DEFAULT_PRICES
) -> list[Spending]:
    """Each ecosystem's sum and cost; no sum reaches over a change of price."""
    groups: dict[str, list[RunSums]] = defaultdict(list)
    for row in sums:
        groups[row.ecosystem].append(row)
    return [
        Spending(RunSums.total(rows[0].start, name, rows), cost_of_sums(rows, prices))
        for name, rows in groups.items()
    ]


# What the rows are sorted by, by the names of the orders in the catalogue.
VALUES: dict[str, Callable[[Spending], float | None]] = {
    "cost": lambda row: row.cost.total,
    "runs": lambda row: row.sums.runs,
    "macos_minutes": lambda row: row.sums.minutes(MACOS).value,
    "linux_minutes": lambda row: row.sums.minutes(LINUX).value,
    "minutes_per_run": lambda row: row.minutes_per_run,
    "failed_seconds": lambda row: row.sums.failed_seconds,
    "macos_unknown_runs": lambda row: row.sums.macos_unknown_runs,
    "linux_unknown_runs": lambda row: row.sums.linux_unknown_runs,
}


def spending_page(
    rows: Iterable[Spending], sort: Sort, cursor: Cursor | None, count: int
) -> Page[Spending]:
    """A page of the rows in an order; unknown values come last in either direction.

    Rows with equal values are in the order of their names.
    """
    if sort.column.name == ECOSYSTEM.name:
        return page_of(rows, lambda row: (row.ecosystem,), sort.descending, cursor, count)
    value_of = VALUES[sort.column.name]

    def key(row: Spending) -> tuple[KeyValue, ...]:
        value = value_of(row)
        if value is None:
            return UNKNOWN, row.ecosystem
        return -value if sort.descending else value, row.ecosystem

    return page_of(rows, key, False, cursor, count)


def ranked_by_cost(rows: Iterable[Spending]) -> list[str]:
    """The ecosystems whose minutes are known at least in part, the most expensive first."""
    costs = [(-cost, row.ecosystem) for row in rows if (cost := row.cost.total) is not None]
    return [ecosystem for _, ecosystem in sorted(costs)]
