"""The CI jobs of one batch run."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.spending.ci_jobs import NewJob
from batch_dashboard.views.choice import csv_url


@dataclass(frozen=True)
class RunJobs:
    """The jobs in the order in which they were sent; an excluded run has no file of them."""

    jobs: Sequence[NewJob]
    csv: str | None


def run_jobs(batch_run_id: int, jobs: Sequence[NewJob], is_excluded: bool) -> RunJobs:
    """The jobs of a run."""
    return RunJobs(jobs, None if is_excluded else csv_url("jobs.csv", {"batch_run": batch_run_id}))
