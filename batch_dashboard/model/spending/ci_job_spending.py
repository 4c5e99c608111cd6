"""Measured and billed minutes of CI jobs, and what each costs at list price."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import JOB_RUNNER_OS_NAMES, RUNNER_OS
from batch_dashboard.model.spending.ci_job_sums import NO_JOBS, JobTimes, StepTimes
from batch_dashboard.model.spending.ci_jobs import SECONDS_PER_MINUTE
from batch_dashboard.model.spending.prices import ListPrice, list_price


class JobSpending(NamedTuple):
    """The jobs on one operating system; a cost is None if it has no list price."""

    runner_os: str
    times: JobTimes
    measured_cost: float | None
    billed_cost: float | None

    @property
    def added_share(self) -> float | None:
        """The share that billing adds to measured minutes; None: nothing was measured."""
        seconds = self.times.measured_seconds
        if not seconds:
            return None
        return self.times.billed_minutes * SECONDS_PER_MINUTE / seconds - 1


def ci_job_spending(rows: Sequence[StepTimes], prices: Sequence[ListPrice]) -> list[JobSpending]:
    """The jobs on each operating system that occurs, in the order of the vocabulary.

    None of the rows reaches over a change of price.
    """
    return [
        _spending(runner_os, own, prices)
        for runner_os in JOB_RUNNER_OS_NAMES
        if (own := [row for row in rows if row.runner_os == runner_os])
    ]


def _spending(
    runner_os: str, rows: Iterable[StepTimes], prices: Sequence[ListPrice]
) -> JobSpending:
    times, measured, billed = NO_JOBS, 0.0, 0.0
    for row in rows:
        times = times.plus(row.times)
        if runner_os in RUNNER_OS:
            price = list_price(row.start, prices).of(runner_os)
            measured += row.times.measured_seconds / SECONDS_PER_MINUTE * price
            billed += row.times.billed_minutes * price
    if runner_os not in RUNNER_OS or not times.has_known_time:
        return JobSpending(runner_os, times, None, None)
    return JobSpending(runner_os, times, measured, billed)
