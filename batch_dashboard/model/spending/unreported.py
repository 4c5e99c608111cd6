"""Batch runs in a row that reported no minutes. Source: docs/data-model.md, "Minutes"."""

from datetime import date, timedelta
from typing import NamedTuple

TOO_MANY_RUNS = 20
TOO_LONG = timedelta(days=7)


class UnreportedRuns(NamedTuple):
    """The batch runs after the last day on which minutes above 0, or ended jobs, were reported."""

    runs: int
    since: date  # the day of the first of them

    def are_too_many(self, today: date) -> bool:
        """Whether the number of runs or the time without minutes needs attention."""
        return self.runs >= TOO_MANY_RUNS or today - self.since >= TOO_LONG
