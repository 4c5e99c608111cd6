"""Minutes over time against their budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import minutes_sentence
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.series import Buckets, buckets, by_step
from batch_dashboard.model.spending.budget import Budgets
from batch_dashboard.store.spending import spending_rules
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.context import connection


@dataclass(frozen=True)
class MinutesChart:
    """The chart, and its rows with the newest bucket first."""

    chart: Chart
    buckets: Buckets
    rows: Sequence[tuple[date, RunSums | None]]
    period_in_words: str


def minutes_by_week(choice: Choice, sums: list[RunSums]) -> MinutesChart:
    """Minutes per week; if that makes too many weeks, per month or year and without budgets."""
    step = Step.WEEK if choice.step is Step.DAY else choice.step
    through = buckets(sums, choice.shown.period, step, choice.today)
    budgets = spending_rules.fetch_budgets(connection()) if step is Step.WEEK else None
    return minutes_chart(choice, through, sums, budgets)


def minutes_chart(
    choice: Choice, through: Buckets, sums: list[RunSums], budgets: Budgets | None
) -> MinutesChart:
    """Minutes per bucket. `budgets` are weekly, so None unless the buckets are weeks."""
    totals = by_step(sums, through.step)
    sentence = minutes_sentence(through, totals, budgets)
    if budgets is not None and choice.shown.ecosystem:
        sentence += " Budgets cover all ecosystems together."
    chart = Chart(
        "minutes",
        f"Minutes per {through.word}",
        "macOS and Linux, minutes",
        sentence,
        minutes_figure(through, totals, budgets),
        csv_url("minutes.csv", choice.shown.query(by=through.word)),
    )
    rows = [(start, totals.get(start)) for start in reversed(through.starts)]
    return MinutesChart(chart, through, rows, choice.shown.in_words)
