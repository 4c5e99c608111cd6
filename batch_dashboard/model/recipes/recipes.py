"""States of recipes from their summaries. Source: docs/data-model.md, "Stuck and flaky"."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.model.ingest.summaries import FAILED_ATTEMPT, PASSED_ATTEMPT
from batch_dashboard.model.text.wording import plural

# Failed attempts in a row that make a recipe stuck.
STUCK_FROM = 5
# Changes between passed and failed among the last attempts, over the changes there could be.
FLAKY_FROM = 0.2
MIN_ATTEMPTS = 5


class RecipeState(StrEnum):
    """The states of recipes that need attention."""

    FAILING = "failing"
    STUCK = "stuck"
    FLAKY = "flaky"


STATES = (RecipeState.FAILING, RecipeState.STUCK, RecipeState.FLAKY)


class Recipe(NamedTuple):
    """A recipe with the sums of all its stored results."""

    ecosystem: str
    recipe_name: str
    passed: int
    failed: int
    skipped: int
    failed_milliseconds: int
    failure_streak: int  # failed attempts since the last pass
    failing_since: datetime | None  # None: no streak
    first_seen_at: datetime
    last_seen_at: datetime
    last_passed_at: datetime | None  # None: never
    last_failed_at: datetime | None  # None: never
    recent_attempts: str  # the last ones, a letter each, oldest first

    @property
    def attempts(self) -> int:
        """The number of attempts; skipped results are no attempts."""
        return self.passed + self.failed

    @property
    def failed_seconds(self) -> float:
        """Time lost to its failed attempts, as far as their durations are known."""
        return self.failed_milliseconds / 1000

    @property
    def changes(self) -> int:
        """The number of changes between passed and failed in the last attempts."""
        pairs = (PASSED_ATTEMPT + FAILED_ATTEMPT, FAILED_ATTEMPT + PASSED_ATTEMPT)
        return sum(self.recent_attempts.count(pair) for pair in pairs)

    @property
    def flakiness(self) -> float | None:
        """Changes divided by the possible changes, 0…1; None with too few attempts."""
        attempts = len(self.recent_attempts)
        return self.changes / (attempts - 1) if attempts >= MIN_ATTEMPTS else None

    @property
    def state(self) -> str | None:
        """The worst word that holds: `stuck`, `flaky` or `failing`; None of a recipe that works."""
        if self.failure_streak >= STUCK_FROM:
            return RecipeState.STUCK
        if (self.flakiness or 0.0) >= FLAKY_FROM:
            return RecipeState.FLAKY
        return RecipeState.FAILING if self.failure_streak else None


class StateCounts(NamedTuple):
    """The number of recipes in each of STATES; failing ones include stuck ones."""

    failing: int
    stuck: int
    flaky: int


class StuckRecipe(NamedTuple):
    """A stuck recipe, and how it failed the last time."""

    ecosystem: str
    recipe_name: str
    failure_streak: int
    failing_since: datetime | None
    last_seen_at: datetime
    failure_group_id: int | None
    error_category: str | None
    masked_line: str | None
    same_reason: int | None = None  # failures of the streak for the same reason; None: unknown

    @property
    def streak_in_words(self) -> str:
        """`has failed 41 times in a row, since 2026-05-07`, with how often for its last reason."""
        since = self.failing_since or self.last_seen_at
        words = f"has failed {plural(self.failure_streak, 'time')} in a row, since {since:%Y-%m-%d}"
        if self.failure_group_id is None:
            return words
        if self.same_reason is None:
            return f"{words}, the last time with"
        if self.same_reason == self.failure_streak:
            return f"{words}, each time with"
        return f"{words}, {self.same_reason:,} of them with"


class StreakReason(NamedTuple):
    """The number of failures of a recipe for one reason, of all time."""

    failure_group_id: int
    failed: int
    first_seen_at: datetime
    last_seen_at: datetime


def count_in_streak(
    failure_group_id: int,
    failure_streak: int,
    last_passed_at: datetime | None,
    reasons: Sequence[StreakReason],
) -> int | None:
    """The number of failures of a streak with one reason; None if the sums do not show it.

    `reasons` are those of the recipe that were seen since its last pass. All failures of a reason
    that was first seen after the pass are in the streak. Of one that is older, sums of all time do
    not say how many are, unless it is the only one: it has what the others leave of the streak.
    """
    older = [
        reason
        for reason in reasons
        if last_passed_at is not None and reason.first_seen_at <= last_passed_at
    ]
    since_pass = {
        reason.failure_group_id: reason.failed for reason in reasons if reason not in older
    }
    if failure_group_id in since_pass:
        return since_pass[failure_group_id]
    if len(older) == 1:
        return failure_streak - sum(since_pass.values())
    return None


class RecipeAttempt(NamedTuple):
    """One result of a recipe, with the batch run it belongs to."""

    id: int
    batch_run_id: int
    recipe_name: str
    started_at: datetime  # the run's
    result: str
    error_category: str | None
    error_message: str | None
    duration_seconds: float | None  # None: unknown
    platform: str | None
    telling_line: str | None = None  # of a failure whose message was shortened
    failure_group_id: int | None = None  # None: it did not fail


class RecipeFailures(NamedTuple):
    """The failures of a recipe in a failure group."""

    ecosystem: str
    recipe_name: str
    failed: int
    first_seen_at: datetime
    last_seen_at: datetime
