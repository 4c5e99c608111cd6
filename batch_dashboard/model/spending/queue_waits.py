"""Waits for a runner, and their limits. Source: docs/data-model.md."""

from typing import NamedTuple

from batch_dashboard.model.lists.periods import Period

# The p90 of the last days is judged, unless fewer jobs than that started in them.
JUDGED_DAYS = 7
MIN_JOBS = 10


class QueueWait(NamedTuple):
    """The waits of the last days on one operating system, which has a limit."""

    runner_os: str
    period: Period
    jobs: int  # whose wait is known
    p90_seconds: int  # nine of ten jobs waited no longer
    limit_seconds: int

    @property
    def is_too_long(self) -> bool:
        """Whether the p90 is above the limit."""
        return self.jobs >= MIN_JOBS and self.p90_seconds > self.limit_seconds
