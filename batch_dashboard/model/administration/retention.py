"""How long rows are kept. Source: docs/data-model.md, "Retention"."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.errors import InputError


class RetainedKind(StrEnum):
    """The kinds of rows that are deleted after some time."""

    RESULTS = "recipe_results"
    RUNS = "batch_runs"
    AUDIT = "audit_log"


DEFAULT_DAYS: dict[str, int | None] = {
    RetainedKind.RESULTS: 400,
    RetainedKind.RUNS: None,
    RetainedKind.AUDIT: 1_095,
}
MIN_DAYS = 28  # a forecast and an error budget look back so far
MAX_DAYS = 36_500


class Retention(NamedTuple):
    """The number of days that each kind of row is kept; None: unlimited."""

    results: int | None
    runs: int | None
    audit: int | None

    @classmethod
    def of(cls, own: Mapping[str, int | None]) -> "Retention":
        """The days set by operators, the rest by default."""
        return cls(*(own.get(kind, days) for kind, days in DEFAULT_DAYS.items()))

    def checked(self) -> "Retention":
        """The same. Raises InputError naming the number that cannot be used."""
        for name, days in self._asdict().items():
            if days is not None and not MIN_DAYS <= days <= MAX_DAYS:
                raise InputError(name, f"keep from {MIN_DAYS} to {MAX_DAYS:,} days, or forever")
        if self.runs is not None and (self.results is None or self.results > self.runs):
            raise InputError("runs", "batch runs must be kept at least as long as their results")
        return self


def oldest_day(days: int | None, now: datetime) -> date | None:
    """The first UTC day that is kept, None if all are."""
    return None if days is None else now.date() - timedelta(days=days)
