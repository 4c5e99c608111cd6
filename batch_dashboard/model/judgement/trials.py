"""The input of the circuit breaker: the recipes of batch runs by trial. Pure.

Source: docs/data-model.md, "Circuit breaker".
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from batch_dashboard.model.ingest.summaries import RecipeKey, RecipeOutcome

# So many recipes are enough to judge by.
WINDOW_RECIPES = 10
# Runs of one batch that start within this time are one trial.
TRIAL_LENGTH = timedelta(hours=1)

# When a trial started, and the id of its first run.
Place = tuple[datetime, int]


class RunRecipes(NamedTuple):
    """The outcomes of the recipes of a batch run, each by its last attempt.

    Few recipes are named, so that one that comes again is counted once; many are only counted.
    """

    passed: int
    failed: int
    # Whether each of a few recipes passed; None: it failed and is known to fail.
    named: tuple[tuple[str, bool | None], ...] = ()

    @property
    def has_failure(self) -> bool:
        """Whether a recipe failed that is not known to fail."""
        return bool(self.failed) or any(passed is False for _, passed in self.named)


def recipes_of_run(
    ecosystem: str,
    passed_once: Collection[RecipeKey],
    others: Mapping[RecipeKey, RecipeOutcome],
    known_failures: Mapping[RecipeKey, int],
    attempts: tuple[int, int],
) -> RunRecipes:
    """The outcomes of the recipes of a run of an ecosystem.

    `passed_once` has the recipes with one result, a pass; those in `others` may be among them, and
    count by their outcome. `known_failures` are the failures of recipes that were known to fail.
    `attempts` are those that passed and those that failed as the run counts them. Attempts that it
    does not list are recipes of their own, the same ones in each run: it is not known which they
    are, so they cannot add up from run to run.
    """
    found = {
        key: _last(outcome, known_failures.get(key, 0))
        for key, outcome in others.items()
        if outcome.passed or outcome.failed
    }
    once = len(passed_once) - sum(key in passed_once for key in others)
    unlisted_passed = attempts[0] - once - sum(outcome.passed for outcome in others.values())
    unlisted_failed = attempts[1] - sum(outcome.failed for outcome in others.values())
    results = list(found.values())
    passed = once + results.count(True) + unlisted_passed
    failed = results.count(False) + unlisted_failed
    named: list[tuple[str, bool | None]] = []
    if results.count(None) < WINDOW_RECIPES:
        named = [(_text(ecosystem, key), None) for key, last in found.items() if last is None]
    if passed + failed < WINDOW_RECIPES:
        few = {key: True for key in passed_once if key not in others} | found
        named += [(_text(ecosystem, key), last) for key, last in few.items() if last is not None]
        unlisted = [False] * unlisted_failed + [True] * unlisted_passed
        named += [(f"#{number}", last) for number, last in enumerate(unlisted, 1)]
        passed = failed = 0
    return RunRecipes(passed, failed, tuple(sorted(named, key=itemgetter(0))))


def _last(outcome: RecipeOutcome, known_failures: int) -> bool | None:
    """Whether a recipe passed in its last attempt; None: all its failures were no news."""
    if not known_failures:
        return not outcome.failed_at_end
    if outcome.passed:
        return True
    return None if known_failures >= outcome.failed else False


def _text(ecosystem_of_run: str, key: RecipeKey) -> str:
    """The key of a recipe within a run, which can contain several ecosystems."""
    ecosystem, recipe_name = key
    return recipe_name if ecosystem == ecosystem_of_run else f"{ecosystem} {recipe_name}"


class AttemptedRun(NamedTuple):
    """A batch run in which recipes were attempted. Runs are in the order of (started_at, id)."""

    started_at: datetime
    id: int
    trial_at: datetime  # the start of the first run of its trial
    batch_id: str
    ended_at: datetime  # its start if the end is unknown
    recipes: RunRecipes


class Trial(NamedTuple):
    """The runs of one batch within an hour, as one; started_at and id are those of the first."""

    started_at: datetime
    id: int
    ended_at: datetime
    recipes: RunRecipes

    @property
    def place(self) -> Place:
        """Its position in the order of trials."""
        return self.started_at, self.id


def trials_of(runs: Iterable[AttemptedRun]) -> Iterator[Trial]:
    """The trials of runs in their order; the first run must be the first of its trial."""
    waiting: dict[tuple[str, datetime], list[AttemptedRun]] = {}
    for run in runs:
        for key, of_trial in list(waiting.items()):
            if of_trial[0].started_at + TRIAL_LENGTH > run.started_at:
                break
            yield trial_of(waiting.pop(key))
        waiting.setdefault((run.batch_id, run.trial_at), []).append(run)
    yield from map(trial_of, waiting.values())


def trial_of(runs: Sequence[AttemptedRun]) -> Trial:
    """Some runs as one: a recipe counts by its last attempt."""
    first = runs[0]
    if len(runs) == 1:
        return Trial(first.started_at, first.id, first.ended_at, first.recipes)
    named: dict[str, bool | None] = {}
    for run in runs:
        named.update(run.recipes.named)
    recipes = RunRecipes(
        sum(run.recipes.passed for run in runs),
        sum(run.recipes.failed for run in runs),
        tuple(named.items()),
    )
    ended_at = max(run.ended_at for run in runs)
    return Trial(first.started_at, first.id, ended_at, recipes)


def success_share(trials: list[Trial], min_recipes: int = 1) -> float | None:
    """The share of the last ten recipes of some trials that passed in their last attempt.

    Recipes that are known to fail are left out. None with fewer recipes than `min_recipes`. Where a
    trial holds more recipes than are left to look at, they count in proportion, because the order
    within a run says nothing.
    """
    passed = counted = 0.0
    seen: set[str] = set()
    for trial in reversed(trials):
        last = {name: ok for name, ok in trial.recipes.named if name not in seen}
        seen |= last.keys()
        new = [ok for ok in last.values() if ok is not None]
        passes = trial.recipes.passed + sum(new)
        recipes = trial.recipes.passed + trial.recipes.failed + len(new)
        if counted + recipes >= WINDOW_RECIPES:
            room = max(WINDOW_RECIPES - counted, recipes if not counted else 0)
            return (passed + passes * room / recipes) / (counted + room)
        passed, counted = passed + passes, counted + recipes
    return passed / counted if counted >= min_recipes else None
