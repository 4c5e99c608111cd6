"""The list prices that costs are computed with."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.spending.prices import ListPrice
from batch_dashboard.views.choice import csv_url


@dataclass(frozen=True)
class PriceTable:
    """Prices in US dollars per minute, newest first; the last one is that of all days before."""

    prices: Sequence[ListPrice]
    csv: str


def price_table(prices: Sequence[ListPrice]) -> PriceTable:
    """The prices, which are given oldest first."""
    return PriceTable(prices[::-1], csv_url("prices.csv", {}))
