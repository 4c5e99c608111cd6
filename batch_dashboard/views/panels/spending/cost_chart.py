"""Cost over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from batch_dashboard.figures.cost import cost_figure
from batch_dashboard.figures.sentences import cost_sentence
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.lists.series import Buckets, by_step, in_steps
from batch_dashboard.model.spending.prices import Cost, ListPrice, cost_of_sums, price_changes
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url


@dataclass(frozen=True)
class CostChart:
    """The chart, and its rows with the newest bucket first; None: no batch run."""

    chart: Chart
    buckets: Buckets
    rows: Sequence[tuple[date, Cost | None]]
    period_in_words: str


def cost_chart(
    choice: Choice, through: Buckets, sums: list[RunSums], prices: Sequence[ListPrice]
) -> CostChart:
    """The cost per bucket at list price; none of the sums reaches over a change of price."""
    totals = by_step(sums, through.step)
    costs = {
        start: cost_of_sums(rows, prices) for start, rows in in_steps(sums, through.step).items()
    }
    chart = Chart(
        "cost",
        f"Cost per {through.word}",
        "US dollars at list price",
        cost_sentence(through, costs, totals, cost_of_sums(sums, prices)),
        cost_figure(through, costs, totals, price_changes(prices)),
        csv_url("minutes.csv", choice.shown.query(by=through.word)),
    )
    rows = [(start, costs.get(start)) for start in reversed(through.starts)]
    return CostChart(chart, through, rows, choice.shown.in_words)
