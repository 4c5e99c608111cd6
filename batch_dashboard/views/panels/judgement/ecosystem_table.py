"""The ecosystems chosen, a row each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batch_dashboard.figures.sparkline import Sparkline, failure_rate_sparkline
from batch_dashboard.model.batch_runs.records import EcosystemSpan, RunSums
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.lists.series import RatePoint, buckets, by_ecosystem, colour_slots
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection

MAX_ROWS = 100


@dataclass(frozen=True)
class EcosystemRow:
    """An ecosystem in the period shown."""

    sums: RunSums
    span: EcosystemSpan | None  # None: retention deleted its runs and kept their sums
    health: EcosystemHealth | None
    since_pass: int | None  # runs since the last one in which a recipe passed
    sparkline: Sparkline


@dataclass(frozen=True)
class EcosystemTable:
    """Ecosystems with runs first, then those silent all the period; `left_out` are not listed."""

    rows: Sequence[EcosystemRow]
    left_out: int
    step_word: str
    slots: Mapping[str, int]
    query: dict[str, str]
    link_query: dict[str, str]  # the same for the page of one ecosystem
    period_in_words: str


def ecosystem_table(
    choice: Choice, sums: list[RunSums], ecosystem_health: Sequence[EcosystemHealth]
) -> EcosystemTable:
    """A row for each ecosystem, the one with most attempts first."""
    with_runs = by_ecosystem(sums)
    seen = {row.ecosystem for row in with_runs}
    silent = [
        RunSums.total(choice.today, span.ecosystem, [])
        for span in choice.spans
        if span.ecosystem not in seen
    ]
    rows = (with_runs + silent)[:MAX_ROWS]
    spans = {span.ecosystem: span for span in choice.ecosystems}
    judged = {health.ecosystem: health for health in ecosystem_health}
    since_pass = batch_runs.count_since_pass(
        connection(), [spans[row.ecosystem] for row in rows if row.ecosystem in spans]
    )
    through = buckets(sums, choice.shown.period, choice.step)
    points = {
        (row.ecosystem, row.start): RatePoint(row.passed, row.failed)
        for row in sums
        if row.attempts
    }

    def sparkline(ecosystem: str) -> Sparkline:
        return failure_rate_sparkline([points.get((ecosystem, day)) for day in through.starts])

    return EcosystemTable(
        rows=[
            EcosystemRow(
                row,
                spans.get(row.ecosystem),
                judged.get(row.ecosystem),
                since_pass.get(row.ecosystem),
                sparkline(row.ecosystem),
            )
            for row in rows
        ],
        left_out=len(with_runs) + len(silent) - len(rows),
        step_word=through.word,
        slots=colour_slots(choice.ecosystems),
        query=choice.shown.query(),
        link_query=choice.shown.query(ecosystem=None),
        period_in_words=choice.shown.in_words,
    )
