"""Failure rates over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.figures.failure_rates import failure_rates_figure
from batch_dashboard.figures.sentences import failure_rates_sentence
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.lists.series import (
    Buckets,
    RateSeries,
    buckets,
    colour_slots,
    rate_series,
)
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url


@dataclass(frozen=True)
class RatesChart:
    """The chart, and its series with a point for each bucket."""

    chart: Chart
    series: Sequence[RateSeries]
    buckets: Buckets
    period_in_words: str


def rates_chart(
    choice: Choice, sums: list[RunSums], ecosystem_health: Sequence[EcosystemHealth]
) -> RatesChart:
    """The failure rate of each ecosystem chosen, against its target."""
    through = buckets(sums, choice.shown.period, choice.step, choice.today)
    series = rate_series(sums, through.starts)
    targets = {health.ecosystem: health.facts.rule.target for health in ecosystem_health}
    figure = failure_rates_figure(through, series, colour_slots(choice.ecosystems), targets)
    chart = Chart(
        "failure-rates",
        "Failure rate" if choice.is_of_one else "Failure rate by ecosystem",
        f"% of attempts, per {through.word}",
        failure_rates_sentence(through, series, targets),
        figure,
        csv_url("failure_rates.csv", choice.shown.query(by=through.word)),
    )
    return RatesChart(chart, series, through, choice.shown.in_words)
