"""Minutes over time by ecosystem."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.figures.ecosystem_minutes import ecosystem_minutes_figure
from batch_dashboard.figures.sentences import ecosystem_minutes_sentence
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.lists.series import Buckets, SumSeries, by_step, colour_slots, sum_series
from batch_dashboard.model.spending.spending import Spending, ranked_by_cost
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url


@dataclass(frozen=True)
class EcosystemMinutesChart:
    """The chart, and its series; without any no minutes were reported."""

    chart: Chart
    buckets: Buckets
    series: Sequence[SumSeries]
    period_in_words: str


def ecosystem_minutes_chart(
    choice: Choice, through: Buckets, sums: list[RunSums], spent: Sequence[Spending]
) -> EcosystemMinutesChart:
    """The minutes of each ecosystem per bucket, the most expensive ecosystem first."""
    series = sum_series(sums, ranked_by_cost(spent), through.step)
    without = [row.ecosystem for row in spent if row.cost.total is None]
    slots = colour_slots(choice.ecosystems)
    totals = by_step(sums, through.step)
    chart = Chart(
        "ecosystem-minutes",
        "Minutes by ecosystem",
        f"macOS and Linux, minutes per {through.word}",
        ecosystem_minutes_sentence(through, series, without),
        ecosystem_minutes_figure(through, series, totals, slots),
        csv_url("minutes.csv", choice.shown.query(by=through.word)),
    )
    return EcosystemMinutesChart(chart, through, series, choice.shown.in_words)
