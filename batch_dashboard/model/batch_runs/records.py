"""The records that queries return, and a few sums of them for pages."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import MACOS


class Minutes(NamedTuple):
    """Minutes of some batch runs: the sum of the known ones, and how many runs reported none."""

    known: float
    runs: int
    unknown_runs: int

    @property
    def value(self) -> float | None:
        """The minutes, None if no run reported any: unknown is not 0."""
        return None if self.unknown_runs >= self.runs else self.known


class RunSums(NamedTuple):
    """Sums over the batch runs of one ecosystem in one day, week, month or year, or a part.

    `start` is its first day.
    """

    start: date
    ecosystem: str
    runs: int
    total_recipes: int
    passed: int
    failed: int
    skipped: int
    empty_runs: int  # that processed no recipe
    macos_minutes: float  # of the runs that reported them
    linux_minutes: float
    macos_unknown_runs: int
    linux_unknown_runs: int
    failed_milliseconds: int = 0  # of failed results whose duration is known

    @property
    def failed_seconds(self) -> float | None:
        """The known duration of failed results in seconds; None: no duration is known."""
        if self.failed and not self.failed_milliseconds:
            return None
        return self.failed_milliseconds / 1_000

    @property
    def attempts(self) -> int:
        """Recipes that were tried: skipped ones were not."""
        return self.passed + self.failed

    def minutes(self, runner_os: str) -> Minutes:
        """The minutes of one runner operating system."""
        if runner_os == MACOS:
            return Minutes(self.macos_minutes, self.runs, self.macos_unknown_runs)
        return Minutes(self.linux_minutes, self.runs, self.linux_unknown_runs)

    @classmethod
    def total(cls, start: date, ecosystem: str, rows: Iterable["RunSums"]) -> "RunSums":
        """The sum of several, under one name and first day; of none, all zeros."""
        columns = list(zip(*(row[2:] for row in rows), strict=True))
        return cls(
            start, ecosystem, *(map(sum, columns) if columns else [0] * len(cls._fields[2:]))
        )


class DayMinutes(NamedTuple):
    """Minutes of all ecosystems on one day."""

    day: date
    runs: int
    macos_minutes: float
    linux_minutes: float
    macos_unknown_runs: int
    linux_unknown_runs: int

    def minutes(self, runner_os: str) -> Minutes:
        """The minutes of one runner operating system."""
        if runner_os == MACOS:
            return Minutes(self.macos_minutes, self.runs, self.macos_unknown_runs)
        return Minutes(self.linux_minutes, self.runs, self.linux_unknown_runs)


class EcosystemSpan(NamedTuple):
    """An ecosystem, and when its first and its last batch run started."""

    ecosystem: str
    first_started_at: datetime
    last_started_at: datetime
    last_passed_at: datetime | None = None  # the last run with a pass; None: never


class BatchRun(NamedTuple):
    """One batch run as stored."""

    id: int
    batch_id: str
    ecosystem: str
    started_at: datetime
    completed_at: datetime | None  # None: not reported
    total_recipes: int
    passed: int
    failed: int
    skipped: int
    macos_minutes: float | None  # None: unknown, which is not 0
    linux_minutes: float | None
    run_url: str | None
    commit_sha: str | None
    result_count: int  # can be fewer than the counts
    stored_at: datetime
    pruned_results: int = 0  # of those, dropped by retention
    run_attempt: int | None = None  # which attempt of the same CI run; None: unknown
    publisher_claims: str | None = None  # JSON: the workflow that uploaded it without a secret
    truncated_at: int | None = None  # the length at which its messages arrived truncated

    @property
    def duration_seconds(self) -> float | None:
        """From start to end, None if the end is unknown."""
        if self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()

    @property
    def workflow_claims(self) -> dict[str, str]:
        """The claims of the identity token with which the run was uploaded; empty without one."""
        claims: dict[str, str] = json.loads(self.publisher_claims or "{}")
        return claims

    @property
    def outcomes(self) -> int:
        """The number of recipes with an outcome, from the counts."""
        return self.passed + self.failed + self.skipped


class RecipeResult(NamedTuple):
    """The result of one recipe in a batch run."""

    id: int
    recipe_name: str
    ecosystem: str
    result: str
    error_category: str | None
    error_message: str | None
    duration_seconds: float | None  # None: unknown
    platform: str | None
    telling_line: str | None  # of a failure whose message was shortened
    failure_group_id: int | None = None  # None: it did not fail


class OutcomeCount(NamedTuple):
    """The number of results of a batch run with one outcome and one error category."""

    result: str
    error_category: str | None
    results: int
