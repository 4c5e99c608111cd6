"""What the plan advises for one recipe."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from batch_dashboard.model.plan.choosing import Advised
from batch_dashboard.model.plan.rule import Action


class PlannedAttempt(NamedTuple):
    """The advice on one platform."""

    platform: str | None  # None: the results do not state it
    waits: bool
    because: str
    at: datetime  # of the next attempt


@dataclass(frozen=True)
class RecipePlan:
    """The advice on each platform on which the recipe waits or is due; on all others it runs."""

    ecosystem: str
    recipe_name: str
    attempts: list[PlannedAttempt]

    @property
    def waits(self) -> bool:
        """Whether it waits on some platform."""
        return any(attempt.waits for attempt in self.attempts)


def recipe_plan(ecosystem: str, recipe_name: str, advised: list[Advised]) -> RecipePlan:
    """The panel of a recipe; `advised` has the platforms on which it does not just run."""
    attempts = [
        PlannedAttempt(
            recipe.platform or None,
            advice.action == Action.SKIP,
            advice.because,
            datetime.fromtimestamp(advice.next_attempt_at or 0, UTC),
        )
        for recipe, advice in advised
    ]
    return RecipePlan(ecosystem, recipe_name, attempts)
