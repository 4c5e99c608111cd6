"""Failed results over time, by error category or by ecosystem."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from batch_dashboard.figures.failure_counts import failure_counts_figure
from batch_dashboard.figures.sentences import failure_counts_sentence
from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY
from batch_dashboard.model.failures.failures import FailureSums
from batch_dashboard.model.lists.series import (
    Buckets,
    CountSeries,
    buckets,
    colour_slots,
    count_series,
    name_slots,
)
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url


@dataclass(frozen=True)
class FailureCountsChart:
    """The chart, and its series with a count for each bucket.

    `kind` is what there is a series of; `nothing` stands in place of the table if nothing failed.
    Buckets that are not in `ran` had no batch run. `slots` are the colours of the series.
    """

    chart: Chart
    kind: str
    nothing: str
    buckets: Buckets
    series: Sequence[CountSeries]
    ran: Collection[date]
    slots: Mapping[str, int]
    period_in_words: str


def category_counts_chart(
    choice: Choice, sums: list[FailureSums], ran: Collection[date]
) -> FailureCountsChart:
    """Failed results per error category, whose names choose their colours."""
    through, series = _series(choice, sums)
    slots = name_slots(line.name for line in series if not line.is_other)
    chart = Chart(
        "categories",
        "Failed results by error category",
        f"failed results per {through.word}",
        failure_counts_sentence(through, series, ran),
        failure_counts_figure(through, series, slots, ran),
        csv_url("failure_counts.csv", choice.shown.query(by=through.word)),
    )
    return FailureCountsChart(
        chart,
        "error category",
        "No result failed.",
        through,
        series,
        ran,
        slots,
        choice.shown.in_words,
    )


def group_counts_chart(
    choice: Choice, failure_group_id: int, sums: list[FailureSums], ran: Collection[date]
) -> FailureCountsChart:
    """Failed results of one failure group per ecosystem."""
    through, series = _series(choice, sums)
    # An ecosystem that only results contain has no colour.
    slots = {line.name: 0 for line in series} | colour_slots(choice.ecosystems)
    query = choice.shown.query(by=through.word)
    chart = Chart(
        "failures",
        "Failures over time",
        f"failed results per {through.word}, by ecosystem",
        failure_counts_sentence(through, series, ran),
        failure_counts_figure(through, series, slots, ran),
        csv_url("failure_counts.csv", {**query, "failure_group": failure_group_id}),
    )
    return FailureCountsChart(
        chart,
        "ecosystem",
        "No result failed for this reason.",
        through,
        series,
        ran,
        slots,
        choice.shown.in_words,
    )


def _series(choice: Choice, sums: list[FailureSums]) -> tuple[Buckets, list[CountSeries]]:
    through = buckets(sums, choice.shown.period, choice.step, choice.today)
    named = [(row.start, row.name or NO_CATEGORY, row.failed) for row in sums]
    return through, count_series(named, through.starts)
