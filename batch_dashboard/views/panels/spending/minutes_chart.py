"""Minutes over time against their budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import minutes_sentence
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.series import Buckets, buckets, by_step
from batch_dashboard.store.spending import spending_rules
from batch_dashboard.views.charts import as_json
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.context import connection


@dataclass(frozen=True)
class MinutesChart:
    """The chart, its sentence, and its rows with the newest bucket first."""

    json: str
    sentence: str
    buckets: Buckets
    rows: Sequence[tuple[date, RunSums | None]]
    csv: str
    period_in_words: str


def minutes_chart(choice: Choice, sums: list[RunSums]) -> MinutesChart:
    """Minutes per week; of too many weeks, per month or year and then without budgets."""
    step = Step.WEEK if choice.step is Step.DAY else choice.step
    through = buckets(sums, choice.shown.period, step, choice.today)
    totals = by_step(sums, step)
    budgets = spending_rules.fetch_budgets(connection()) if step is Step.WEEK else None
    return MinutesChart(
        json=as_json(minutes_figure(through, totals, budgets)),
        sentence=minutes_sentence(through, totals, budgets),
        buckets=through,
        rows=[(start, totals.get(start)) for start in reversed(through.starts)],
        csv=csv_url("minutes.csv", choice.shown.query(by=step.value)),
        period_in_words=choice.shown.in_words,
    )
