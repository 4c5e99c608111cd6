"""What the CI jobs of batch runs add up to: measured and billed time, and waits for a runner.

Source: docs/data-model.md, "Sums of jobs".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from batch_dashboard.model.ci_jobs import SECONDS_PER_MINUTE, NewJob

# A wait is kept with its highest bits, so that a day has a few dozen different waits at most.
WAIT_BITS = 4
# How far a kept wait is from the true one at most; waits below 16 seconds are exact.
LARGEST_WAIT_ERROR = 1 / 2**WAIT_BITS


class JobTimes(NamedTuple):
    """Sums over the jobs on one operating system."""

    jobs: int
    unended_jobs: int  # which are in neither of the next two sums
    measured_seconds: int
    billed_minutes: int  # each job rounded up to a whole minute

    def plus(self, other: "JobTimes") -> "JobTimes":
        """Both together."""
        return JobTimes(*(one + two for one, two in zip(self, other, strict=True)))

    @property
    def has_known_time(self) -> bool:
        """Whether any of the jobs had ended."""
        return self.unended_jobs < self.jobs

    @property
    def measured_minutes(self) -> float | None:
        """The durations added up; None: no job had ended."""
        return self.measured_seconds / SECONDS_PER_MINUTE if self.has_known_time else None


NO_JOBS = JobTimes(0, 0, 0, 0)


@dataclass(slots=True)
class JobSums:
    """What some jobs add to the sums of their day, by the operating system of their runner."""

    times: dict[str, JobTimes] = field(default_factory=dict)
    # How many jobs waited how many seconds, by operating system and kept wait.
    waits: Counter[tuple[str, int]] = field(default_factory=Counter)


class StepTimes(NamedTuple):
    """The jobs on one operating system in one step of time, which begins with the day `start`."""

    start: date
    runner_os: str
    times: JobTimes


class StepWaits(NamedTuple):
    """How long the jobs on one operating system waited for a runner in one step of time."""

    start: date | None  # None: the whole period
    runner_os: str
    jobs: int  # whose wait is known
    median_seconds: int
    p90_seconds: int  # nine of ten jobs waited no longer


def sum_jobs(jobs: Iterable[NewJob]) -> JobSums:
    """The sums of some jobs."""
    sums = JobSums()
    for job in jobs:
        seconds, wait = job.duration_seconds, job.wait_seconds
        own = (
            JobTimes(1, 1, 0, 0)
            if seconds is None
            else JobTimes(1, 0, int(seconds), job.billed_minutes or 0)
        )
        sums.times[job.runner_os] = sums.times.get(job.runner_os, NO_JOBS).plus(own)
        if wait is not None:
            sums.waits[job.runner_os, kept_wait(int(wait))] += 1
    return sums


def kept_wait(seconds: int) -> int:
    """The middle of the step of a wait; from 16 seconds on each doubling has eight steps."""
    left_out = max(0, seconds.bit_length() - WAIT_BITS)
    return (seconds >> left_out << left_out) + (1 << left_out >> 1)
