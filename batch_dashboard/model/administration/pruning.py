"""What pruned results permanently add to the summaries. Pure sums.

Source: docs/data-model.md, "Retention".
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED, SKIPPED
from batch_dashboard.model.failures.failure_sums import Failure, FailureSums
from batch_dashboard.model.ingest.summaries import (
    FAILED_ATTEMPT,
    PASSED_ATTEMPT,
    RECENT_ATTEMPTS,
    RecipeKey,
    milliseconds,
)
from batch_dashboard.model.plan.streaks import ANY_PLATFORM, Attempt


class PrunedResult(NamedTuple):
    """The part of a result that the summaries contain; times are Unix seconds."""

    id: int
    batch_run_id: int
    ecosystem: str
    recipe_name: str
    result: str
    duration_seconds: float | None
    started_at: int
    failure_group_id: int | None
    error_category: str | None
    failure_class: str | None  # as the client reported it
    platform: str | None
    recipe_version: str | None
    is_infrastructure: bool  # it failed for its infrastructure
    error_message: str | None  # of failed results


@dataclass(slots=True)
class PrunedRecipe:
    """Results of one recipe, in their order; the fields are columns of `pruned_recipes`."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failed_milliseconds: int = 0
    failure_streak: int = 0
    failing_since: int | None = None
    first_seen_at: int = 0
    last_seen_at: int = 0
    last_passed_at: int | None = None
    last_failed_at: int | None = None
    recent_attempts: str = ""

    def add(self, result: PrunedResult) -> None:
        """One more result, behind those before."""
        if not self.passed + self.failed + self.skipped:
            self.first_seen_at = result.started_at
        self.last_seen_at = result.started_at
        if result.result == PASSED:
            self.passed += 1
            self.failure_streak, self.failing_since = 0, None
            self.last_passed_at = result.started_at
            self._attempted(PASSED_ATTEMPT)
        elif result.result == FAILED:
            self.failed += 1
            self.failed_milliseconds += milliseconds(result.duration_seconds)
            self.failure_streak += 1
            if self.failing_since is None:
                self.failing_since = result.started_at
            self.last_failed_at = result.started_at
            self._attempted(FAILED_ATTEMPT)
        else:
            self.skipped += 1

    def _attempted(self, attempt: str) -> None:
        self.recent_attempts = (self.recent_attempts + attempt)[-RECENT_ATTEMPTS:]


@dataclass(slots=True)
class PrunedSums:
    """What some results add to the summaries, by the keys of each."""

    recipes: dict[RecipeKey, PrunedRecipe] = field(
        default_factory=lambda: defaultdict(PrunedRecipe)
    )
    failures: FailureSums = field(default_factory=FailureSums)
    attempts: dict[RecipeKey, list[Attempt]] = field(default_factory=lambda: defaultdict(list))
    # How many results of each run, and the id of the last.
    runs: dict[int, tuple[int, int]] = field(default_factory=dict)


def fold(results: Iterable[PrunedResult]) -> PrunedSums:
    """The sums of results given in the order of their runs, oldest first."""
    sums = PrunedSums()
    for result in results:
        time = result.started_at
        key = (result.ecosystem, result.recipe_name)
        sums.recipes[key].add(result)
        if result.result != SKIPPED:
            sums.attempts[key].append(
                Attempt(
                    time,
                    result.platform or ANY_PLATFORM,
                    result.result == PASSED,
                    result.failure_group_id,
                    result.recipe_version,
                    bool(result.is_infrastructure),
                )
            )
        count, _ = sums.runs.get(result.batch_run_id, (0, 0))
        sums.runs[result.batch_run_id] = (count + 1, result.id)
        if result.failure_group_id is not None:
            day = datetime.fromtimestamp(time, UTC).date()
            failure = Failure(
                *key,
                result.error_category,
                result.error_message,
                result.failure_class,
                time,
                day,
            )
            sums.failures.add(result.failure_group_id, failure)
    return sums
