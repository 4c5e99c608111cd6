"""The plan of an ecosystem: which of its failing recipes wait, and which candidates to run. Pure.

Source: docs/plan.md, "What CI asks".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from batch_dashboard.model.plan.rule import Action, Advice, PlanRule, advise
from batch_dashboard.model.plan.streaks import ANY_PLATFORM, Streak

# Before every wait ends.
LONG_AGO = 0


class FailingRecipe(NamedTuple):
    """A recipe that failed often enough on one platform to wait; times are Unix seconds."""

    recipe_name: str
    platform: str  # empty: the results do not state it
    reason: str | None  # the line of the failure group
    requested_at: int | None  # when an operator asked to try it; None: nobody did
    passed_at: int | None  # on any platform; None: never, or not looked up
    streak: Streak


NAME = "recipe_name"
VERSION = "recipe_version"
# The recipes that a client could run, by name: each as the client stated it, with its name and
# perhaps its version.
Candidates = Mapping[str, Mapping[str, str]]
Advised = tuple[FailingRecipe, Advice]


class Chosen(NamedTuple):
    """The names of candidates to run in the best order, and those that wait."""

    run: list[str]
    skip: list[Advised]


class Waiting(NamedTuple):
    """A recipe that waits, or waited and is due: its advice until then, and from then on."""

    recipe: FailingRecipe
    until: Advice
    due: Advice

    @property
    def due_at(self) -> int:
        """When its wait is over, Unix seconds."""
        return self.due.next_attempt_at or 0

    def at(self, now: int) -> Advised:
        """The advice at a time."""
        return self.recipe, self.due if now >= self.due_at else self.until


def wait_of_all(recipes: Iterable[FailingRecipe], rule: PlanRule) -> list[Waiting]:
    """The waits of recipes, in the order of their next attempts; recipes without one are absent."""
    found = []
    for recipe in recipes:
        until = advise(recipe.streak, rule, LONG_AGO, requested_at=recipe.requested_at)
        if until.next_attempt_at is not None:
            due = advise(
                recipe.streak, rule, until.next_attempt_at, requested_at=recipe.requested_at
            )
            found.append(Waiting(recipe, until, due))
    return sorted(found, key=lambda waiting: _order((waiting.recipe, waiting.due)))


def on_platform(recipes: Iterable[FailingRecipe], platform: str) -> list[FailingRecipe]:
    """Of each recipe its streak on a platform, or else that of results without a platform."""
    found: dict[str, FailingRecipe] = {}
    for recipe in recipes:
        is_exact = recipe.platform == platform
        if is_exact or (recipe.platform == ANY_PLATFORM and recipe.recipe_name not in found):
            found[recipe.recipe_name] = recipe
    return list(found.values())


def choose(
    candidates: Candidates,
    recipes: Iterable[FailingRecipe],
    rule: PlanRule,
    now: int,
    platform: str | None,
) -> Chosen:
    """Which candidates to run: those that are due first, then changed versions, then all others.

    `platform` is where the candidates would run; None: anywhere. A recipe waits there if it waits
    on every platform on which it failed, and did not pass since it began to.
    """
    of_name: dict[str, list[FailingRecipe]] = {}
    for recipe in recipes if platform is None else on_platform(recipes, platform):
        if recipe.recipe_name in candidates:
            of_name.setdefault(recipe.recipe_name, []).append(recipe)
    retry: list[Advised] = []
    skip: list[Advised] = []
    changed: set[str] = set()
    for name, failing in of_name.items():
        version = candidates[name].get(VERSION)
        advised = _advise(failing, rule, now, version)
        if advised[1].action == Action.SKIP:
            skip.append(advised)
        elif advised[1].action == Action.RETRY:
            retry.append(advised)
        elif version is not None:
            changed.add(name)
    retry.sort(key=_order)
    skip.sort(key=_order)
    first = [recipe.recipe_name for recipe, _ in retry]
    first += [name for name in candidates if name in changed] if changed else []
    decided = {*first, *(recipe.recipe_name for recipe, _ in skip)}
    return Chosen([*first, *(name for name in candidates if name not in decided)], skip)


def _advise(
    failing: Sequence[FailingRecipe], rule: PlanRule, now: int, version: str | None
) -> Advised:
    """The advice of the platform on which a recipe may run soonest."""
    advised = [
        (
            recipe,
            advise(
                recipe.streak,
                rule,
                now,
                recipe_version=version,
                passed_at=recipe.passed_at,
                requested_at=recipe.requested_at,
            ),
        )
        for recipe in failing
    ]
    return min(advised, key=_soonest) if len(advised) > 1 else advised[0]


def _soonest(advised: Advised) -> tuple[int, tuple[int, str, str]]:
    ranks = (Action.RUN, Action.RETRY, Action.SKIP)
    return ranks.index(advised[1].action), _order(advised)


def _order(advised: Advised) -> tuple[int, str, str]:
    recipe, advice = advised
    return advice.next_attempt_at or 0, recipe.recipe_name, recipe.platform
