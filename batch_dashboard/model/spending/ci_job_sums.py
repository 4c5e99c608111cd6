"""Sums of CI jobs: measured and billed time, and waits for a runner.

Source: docs/data-model.md, "Sums of jobs".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.spending.ci_jobs import SECONDS_PER_MINUTE, NewJob

# A wait is kept with its highest bits, so that a day has a few dozen different waits at most.
WAIT_BITS = 4
# How far a kept wait is from the true one at most; waits below 16 seconds are exact.
MAX_WAIT_ERROR = 1 / 2**WAIT_BITS
# Given minutes that differ from those of the jobs by more than this share are warned about.
MAX_DIFFERENCE = 0.01
SECONDS_PER_DAY = 86_400


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
    """The contribution of jobs to the sums of their day, by runner operating system."""

    times: dict[str, JobTimes] = field(default_factory=dict)
    # How many jobs waited how many seconds, by operating system and kept wait.
    waits: Counter[tuple[str, int]] = field(default_factory=Counter)


class StepTimes(NamedTuple):
    """The jobs on one operating system in one step of time, which begins with the day `start`."""

    start: date
    runner_os: str
    times: JobTimes


class StepWaits(NamedTuple):
    """The waits for a runner on one operating system in one step."""

    start: date | None  # None: the whole period
    runner_os: str
    jobs: int  # whose wait is known
    median_seconds: int
    p90_seconds: int  # nine of ten jobs waited no longer


def sum_jobs(jobs: Iterable[NewJob]) -> JobSums:
    """The sums of some jobs."""
    totals: dict[str, list[int]] = {}
    waits = Counter[tuple[str, int]]()
    for _name, runner_os, queued_at, started_at, completed_at in jobs:
        own = totals.setdefault(runner_os, [0] * len(JobTimes._fields))
        own[0] += 1
        if completed_at is None:
            own[1] += 1
        else:
            seconds = _seconds(completed_at - started_at)
            own[2] += seconds
            own[3] += -(-seconds // SECONDS_PER_MINUTE)
        if queued_at is not None:
            waits[runner_os, kept_wait(_seconds(started_at - queued_at))] += 1
    return JobSums({runner_os: JobTimes(*own) for runner_os, own in totals.items()}, waits)


def minutes_of(sums: JobSums, runner_os: str) -> float | None:
    """The sum of the durations of the jobs on one OS; None: unknown.

    Without any job nothing is known. One job that had not ended makes the sum unknown.
    """
    own = sums.times.get(runner_os, NO_JOBS)
    if not sums.times or own.unended_jobs:
        return None
    return own.measured_seconds / SECONDS_PER_MINUTE


def minutes_warnings(sums: JobSums, given: Mapping[str, float | None]) -> Iterator[str]:
    """A warning for each given sum that differs from that of the jobs; `given` is by OS."""
    for runner_os in RUNNER_OS:
        value, computed = given[runner_os], minutes_of(sums, runner_os)
        if value is None or computed is None:
            continue
        if abs(value - computed) > MAX_DIFFERENCE * max(value, computed):
            yield (
                f"{runner_os}_minutes {value:g} is stored, but the jobs add up to {computed:.4g}"
            )


def kept_wait(seconds: int) -> int:
    """The middle of the step of a wait; from 16 seconds on each doubling has eight steps."""
    left_out = max(0, seconds.bit_length() - WAIT_BITS)
    return (seconds >> left_out << left_out) + (1 << left_out >> 1)


def _seconds(time: timedelta) -> int:
    return time.days * SECONDS_PER_DAY + time.seconds
