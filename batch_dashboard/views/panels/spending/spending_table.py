"""Minutes and costs of each ecosystem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batch_dashboard.model.lists.pagination import Cursor
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.spending.prices import Cost
from batch_dashboard.model.spending.spending import Spending, spending_page
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.listing import Listing

ECOSYSTEMS_PER_PAGE = 50
TITLE = "ecosystems-title"


@dataclass(frozen=True)
class SpendingTable:
    """A page of the ecosystems, and the cost of all of them together."""

    ecosystems: Listing
    total: Cost
    slots: Mapping[str, int]
    csv: str
    period_in_words: str


def spending_table(
    choice: Choice,
    spent: Sequence[Spending],
    total: Cost,
    sort: Sort,
    cursor: Cursor | None,
    kept: Mapping[str, str],
) -> SpendingTable:
    """A page of the ecosystems in an order; `kept` is what else was chosen on the page."""
    page = spending_page(spent, sort, cursor, ECOSYSTEMS_PER_PAGE)
    query = {**choice.asked.query(), **kept}
    return SpendingTable(
        Listing(choice.path, query, sort, page, cursor, TITLE),
        total,
        colour_slots(choice.ecosystems),
        csv_url("ecosystems.csv", choice.shown.query()),
        choice.shown.in_words,
    )
