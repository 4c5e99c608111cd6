"""The cost of minutes at list price, by day. Source: docs/data-model.md, "Cost".

GitHub-hosted standard runners, US dollars per minute.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from batch_dashboard.model.batch_runs.records import DayMinutes, RunSums
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS


class ListPrice(NamedTuple):
    """Dollars a minute from a day on, until the next price begins."""

    since: date
    linux: float
    macos: float

    def of(self, runner_os: str) -> float:
        """Dollars a minute of one runner operating system."""
        return {LINUX: self.linux, MACOS: self.macos}[runner_os]


class Cost(NamedTuple):
    """Dollars for the known minutes of each runner operating system; None: none are known."""

    macos: float | None
    linux: float | None

    def of(self, runner_os: str) -> float | None:
        """Dollars for one runner operating system."""
        return {LINUX: self.linux, MACOS: self.macos}[runner_os]

    @property
    def total(self) -> float | None:
        """Dollars for both, None if both are unknown."""
        if self.macos is None and self.linux is None:
            return None
        return (self.macos or 0.0) + (self.linux or 0.0)


# Oldest first. The first one holds for all days before it, too.
DEFAULT_PRICES = (
    ListPrice(date.min, linux=0.008, macos=0.08),
    ListPrice(date(2026, 1, 1), linux=0.006, macos=0.062),
)


def prices_in_force(own: Iterable[ListPrice]) -> tuple[ListPrice, ...]:
    """The defaults, and from the first price an operator set on, only those that operators set."""
    set_ = sorted(own)
    first = set_[0].since if set_ else date.max
    return (*(price for price in DEFAULT_PRICES if price.since < first), *set_)


def list_price(day: date, prices: Iterable[ListPrice] = DEFAULT_PRICES) -> ListPrice:
    """The price in force on a day."""
    return [price for price in prices if price.since <= day][-1]


def price_changes(prices: Iterable[ListPrice] = DEFAULT_PRICES) -> list[date]:
    """The days on which another price begins, oldest first."""
    return [price.since for price in prices if price.since != date.min]


def cost_of_sums(sums: Iterable[RunSums], prices: Sequence[ListPrice] = DEFAULT_PRICES) -> Cost:
    """Dollars for the known minutes of some sums, none of which reaches over a change of price."""
    dollars: dict[str, float | None] = {MACOS: None, LINUX: None}
    for row in sums:
        price = list_price(row.start, prices)
        for runner_os, so_far in dollars.items():
            known = row.minutes(runner_os).value
            if known is not None:
                dollars[runner_os] = (so_far or 0.0) + known * price.of(runner_os)
    return Cost(dollars[MACOS], dollars[LINUX])


def cost_of_days(
    days: Sequence[DayMinutes],
    prices: Sequence[ListPrice] = DEFAULT_PRICES,
    systems: Iterable[str] = RUNNER_OS,
) -> float:
    """Dollars for the known minutes of some days, each at the list price of its day."""
    costs = (
        day.minutes(runner_os).known * list_price(day.day, prices).of(runner_os)
        for runner_os in systems
        for day in days
    )
    return sum(costs, 0.0)
