"""What results add to the summaries for good when they are pruned. Pure sums.

Source: docs/data-model.md, "Retention".
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from batch_dashboard.model.summaries import (
    FAILED_ATTEMPT,
    PASSED_ATTEMPT,
    RECENT_ATTEMPTS,
    RecipeKey,
    milliseconds,
)
from batch_dashboard.model.vocabulary import FAILED, PASSED


class PrunedResult(NamedTuple):
    """What of a result the summaries know; times are Unix seconds."""

    id: int
    batch_run_id: int
    ecosystem: str
    recipe_name: str
    result: str
    duration_seconds: float | None
    started_at: int
    failure_group_id: int | None


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


class Seen(NamedTuple):
    """How many results failed, and when the first and the last of them."""

    failed: int
    first_seen_at: int
    last_seen_at: int

    def and_at(self, time: int) -> "Seen":
        """This and one more failure."""
        first, last = min(self.first_seen_at, time), max(self.last_seen_at, time)
        return Seen(self.failed + 1, first, last)


@dataclass(slots=True)
class PrunedSums:
    """What some results add to the summaries, by the keys of each."""

    recipes: dict[RecipeKey, PrunedRecipe] = field(
        default_factory=lambda: defaultdict(PrunedRecipe)
    )
    groups: dict[int, Seen] = field(default_factory=dict)
    group_recipes: dict[tuple[str, str, int], Seen] = field(default_factory=dict)
    group_days: dict[tuple[str, date, int], int] = field(default_factory=lambda: defaultdict(int))
    # How many results of each run, and the id of the last.
    runs: dict[int, tuple[int, int]] = field(default_factory=dict)


def fold(results: Iterable[PrunedResult]) -> PrunedSums:
    """The sums of results given in the order of their runs, oldest first."""
    sums = PrunedSums()
    for result in results:
        time = result.started_at
        key = (result.ecosystem, result.recipe_name)
        sums.recipes[key].add(result)
        count, _ = sums.runs.get(result.batch_run_id, (0, 0))
        sums.runs[result.batch_run_id] = (count + 1, result.id)
        group = result.failure_group_id
        if group is None:
            continue
        nothing = Seen(0, time, time)
        sums.groups[group] = sums.groups.get(group, nothing).and_at(time)
        of_recipe = (*key, group)
        sums.group_recipes[of_recipe] = sums.group_recipes.get(of_recipe, nothing).and_at(time)
        sums.group_days[result.ecosystem, datetime.fromtimestamp(time, UTC).date(), group] += 1
    return sums
