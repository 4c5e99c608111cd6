"""Waits of CI jobs for a runner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from batch_dashboard.figures.queue_waits import queue_waits_figure
from batch_dashboard.figures.sentences import queue_waits_sentence
from batch_dashboard.model.batch_runs.vocabulary import JOB_RUNNER_OS_NAMES
from batch_dashboard.model.lists.series import Buckets
from batch_dashboard.model.spending.ci_job_sums import StepWaits
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice, csv_url


@dataclass(frozen=True)
class QueueWaitsChart:
    """The chart, and its rows with the newest bucket first: the waits on each operating system."""

    chart: Chart
    buckets: Buckets
    runner_systems: Sequence[str]
    rows: Sequence[tuple[date, Sequence[StepWaits | None]]]
    period_in_words: str


def queue_waits_chart(
    choice: Choice, through: Buckets, waits: Sequence[StepWaits], limits: Mapping[str, int]
) -> QueueWaitsChart:
    """The waits per bucket; `limits` are the longest acceptable ones of operating systems."""
    of = {(row.start, row.runner_os): row for row in waits}
    systems = [name for name in JOB_RUNNER_OS_NAMES if any(row.runner_os == name for row in waits)]
    query = choice.shown.query(by=through.word)
    chart = Chart(
        "queue-waits",
        "Queue wait",
        f"until a job has a runner, median and p90 per {through.word}",
        queue_waits_sentence(through, waits),
        queue_waits_figure(through, waits, limits),
        csv_url("queue_waits.csv", query) if waits else None,
    )
    rows = [
        (start, [of.get((start, name)) for name in systems]) for start in reversed(through.starts)
    ]
    return QueueWaitsChart(chart, through, systems, rows, choice.shown.in_words)
