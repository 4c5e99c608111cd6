"""What the plan saved: the ledger of a period."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.plan.ledger_sums import (
    LedgerPart,
    LedgerSums,
    sum_ecosystems,
    sum_parts,
)
from batch_dashboard.model.spending.prices import ListPrice, price_changes
from batch_dashboard.store.plan import ledger_sums
from batch_dashboard.store.spending import spending_rules
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.context import connection

# A page lists the ecosystems that avoided most; the file has all of them.
MAX_ROWS = 20


@dataclass(frozen=True)
class Ledger:
    """The ecosystems of a choice and their sum; without rows no plan was requested."""

    total: LedgerSums
    rows: Sequence[LedgerSums]
    more_rows: int  # ecosystems that are not listed
    csv: str
    period_in_words: str


def fetch_ledger(choice: Choice) -> Ledger:
    """The ledger of what is chosen."""
    conn = connection()
    prices = spending_rules.fetch_prices(conn)
    parts = ledger_sums.fetch_parts(conn, choice.shown, price_changes(prices))
    return ledger(choice, parts, prices)


def ledger(choice: Choice, parts: Sequence[LedgerPart], prices: Sequence[ListPrice]) -> Ledger:
    """The sums of some parts of the ledger."""
    rows = sum_ecosystems(parts, prices)
    return Ledger(
        sum_parts(parts, prices),
        rows[:MAX_ROWS],
        max(len(rows) - MAX_ROWS, 0),
        csv_url("ledger.csv", choice.shown.query()),
        choice.shown.period_in_words,
    )
