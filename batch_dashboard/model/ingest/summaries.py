"""The contribution of a batch run to the summaries of recipes and failure groups.

Source: docs/data-model.md, "Summaries".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED
from batch_dashboard.model.failures.failure_sums import Failure, FailureSums
from batch_dashboard.model.failures.messages import stored_reason
from batch_dashboard.model.ingest.payload import NewRecipeResults

# How many of a recipe's last attempts are kept, as a text of one letter each, oldest first.
RECENT_ATTEMPTS = 20
PASSED_ATTEMPT = "p"
FAILED_ATTEMPT = "f"


def milliseconds(duration_seconds: float | None) -> int:
    """A duration in whole milliseconds, so that sums do not depend on their order; 0 if unknown."""
    return 0 if duration_seconds is None else int(duration_seconds * 1000 + 0.5)


# What names a recipe, (ecosystem, recipe_name): one name in two ecosystems is two recipes.
RecipeKey = tuple[str, str]


class RecipeOutcome(NamedTuple):
    """The outcome of one recipe in a batch run, which can contain several results of it."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failed_milliseconds: int = 0
    # Failed attempts after the last pass within the run; all of them where none passed.
    failed_at_end: int = 0
    attempts: str = ""  # the last ones, in their order

    def and_passed(self) -> "RecipeOutcome":
        """This and one more pass."""
        return self._replace(
            passed=self.passed + 1,
            failed_at_end=0,
            attempts=(self.attempts + PASSED_ATTEMPT)[-RECENT_ATTEMPTS:],
        )

    def and_failed(self, lost: int) -> "RecipeOutcome":
        """This and one more failure, which took `lost` milliseconds."""
        return self._replace(
            failed=self.failed + 1,
            failed_milliseconds=self.failed_milliseconds + lost,
            failed_at_end=self.failed_at_end + 1,
            attempts=(self.attempts + FAILED_ATTEMPT)[-RECENT_ATTEMPTS:],
        )

    def and_skipped(self) -> "RecipeOutcome":
        """This and one more result that was no attempt."""
        return self._replace(skipped=self.skipped + 1)


NOTHING = RecipeOutcome()
# Most recipes of most runs: one object serves them all.
ONE_PASS = NOTHING.and_passed()


@dataclass(slots=True)
class RunSummary:
    """The contribution of one batch run to every summary of recipe results."""

    recipes: dict[RecipeKey, RecipeOutcome] = field(default_factory=dict)
    # Those of them that did not just pass once; mostly few.
    others: dict[RecipeKey, RecipeOutcome] = field(default_factory=dict)
    failures: FailureSums = field(default_factory=FailureSums)
    # The failure group of each result, in their order; None if it did not fail.
    result_groups: list[int | None] = field(default_factory=list)
    failed_milliseconds: int = 0
    # Failures of recipes that are known to fail (model/plan/streaks): of which, by their index.
    known_failures: dict[int, RecipeKey] = field(default_factory=dict)

    def join_groups(self, targets: Mapping[int, tuple[int, str]]) -> None:
        """Count some failure groups in other ones: number and masked line of each."""
        if targets:
            self.failures = self.failures.joined(targets)
            self.result_groups = [
                group_id if group_id is None else targets.get(group_id, (group_id,))[0]
                for group_id in self.result_groups
            ]


def summarise(
    results: NewRecipeResults, started_at: datetime, truncated_at: int | None
) -> RunSummary:
    """The sums of one batch run's results, taken in their order.

    `started_at` is when the run started, `truncated_at` where its messages were cut off.
    """
    keys = list(zip(results.ecosystem, results.recipe_name, strict=True))
    summary = RunSummary(result_groups=[None] * len(keys))
    all_passed = dict.fromkeys(keys, ONE_PASS)
    # Where no recipe comes twice, a pass needs no further look.
    each_once = len(all_passed) == len(keys)
    outcomes: dict[RecipeKey, RecipeOutcome] = {}
    time, day = int(started_at.timestamp()), started_at.date()
    for index, result in enumerate(results.result):
        if result == PASSED and each_once:
            continue
        key = keys[index]
        outcome = outcomes.get(key, NOTHING)
        if result == PASSED:
            outcomes[key] = ONE_PASS if outcome is NOTHING else outcome.and_passed()
        elif result == FAILED:
            lost = milliseconds(results.duration_seconds[index])
            outcomes[key] = outcome.and_failed(lost)
            summary.failed_milliseconds += lost
            message = results.error_message[index]
            summary.result_groups[index] = summary.failures.add_reason(
                stored_reason(message, key[1], results.telling_line[index], truncated_at),
                Failure(
                    *key,
                    results.error_category[index],
                    message,
                    results.failure_class[index],
                    time,
                    day,
                ),
            )
        else:
            outcomes[key] = outcome.and_skipped()
    summary.recipes = all_passed | outcomes
    summary.others = outcomes
    return summary
