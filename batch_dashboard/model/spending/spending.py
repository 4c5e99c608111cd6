"""What each ecosystem cost in a period, for a table that can be sorted by each of its columns."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS
from batch_dashboard.model.spending.prices import DEFAULT_PRICES, Cost, ListPrice, cost_of_sums

ASCENDING, DESCENDING = "asc", "desc"
ORDERS = (ASCENDING, DESCENDING)
DEFAULT_SORT = "cost"


class Spending(NamedTuple):
    """The batch runs of one ecosystem, and what their known minutes cost at list price."""

    sums: RunSums
    cost: Cost

    @property
    def ecosystem(self) -> str:
        """Where the recipes come from."""
        return self.sums.ecosystem

    @property
    def minutes_per_run(self) -> float | None:
        """Mean minutes of both runner systems, each of the runs that told them; None: none did."""
        means = [
            told.known / (told.runs - told.unknown_runs)
            for told in map(self.sums.minutes, RUNNER_OS)
            if told.value is not None
        ]
        return sum(means) if means else None


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


SORTS: dict[str, Callable[[Spending], float | str | None]] = {
    "ecosystem": lambda row: row.ecosystem,
    "runs": lambda row: row.sums.runs,
    "macos": lambda row: row.sums.minutes(MACOS).value,
    "linux": lambda row: row.sums.minutes(LINUX).value,
    DEFAULT_SORT: lambda row: row.cost.total,
    "per_run": lambda row: row.minutes_per_run,
    "failed": lambda row: row.sums.failed_seconds,
    "macos_unknown": lambda row: row.sums.macos_unknown_runs,
    "linux_unknown": lambda row: row.sums.linux_unknown_runs,
}


def default_order(column: str) -> str:
    """Names from A, numbers from the largest."""
    return ASCENDING if column == "ecosystem" else DESCENDING


def sorted_spending(
    rows: Iterable[Spending], column: str = DEFAULT_SORT, order: str = DESCENDING
) -> list[Spending]:
    """The rows by a column of SORTS, what is unknown last, equal ones by name."""
    key = SORTS[column]
    by_name = sorted(rows, key=lambda row: row.ecosystem)
    known = [(value, row) for row in by_name if (value := key(row)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=order == DESCENDING)
    return [row for _, row in known] + [row for row in by_name if key(row) is None]


def ranked_by_cost(rows: Sequence[Spending]) -> list[str]:
    """The ecosystems whose minutes are known at least in part, the dearest first."""
    return [row.ecosystem for row in sorted_spending(rows) if row.cost.total is not None]
