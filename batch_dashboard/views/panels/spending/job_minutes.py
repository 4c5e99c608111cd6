"""Measured and billed minutes of CI jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.spending.ci_job_spending import JobSpending, ci_job_spending
from batch_dashboard.model.spending.ci_job_sums import StepTimes
from batch_dashboard.model.spending.prices import ListPrice
from batch_dashboard.views.choice import Choice, csv_url


@dataclass(frozen=True)
class JobMinutes:
    """The jobs on each operating system; without any no batch run sent its jobs."""

    rows: Sequence[JobSpending]
    csv: str
    period_in_words: str


def job_minutes(
    choice: Choice, step: Step, times: Sequence[StepTimes], prices: Sequence[ListPrice]
) -> JobMinutes:
    """Measured and billed minutes of jobs with their costs; `step` is that of the CSV file."""
    return JobMinutes(
        ci_job_spending(times, prices),
        csv_url("job_minutes.csv", choice.shown.query(by=step.value)),
        choice.shown.in_words,
    )
