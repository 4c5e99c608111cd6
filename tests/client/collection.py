"""A generated collection of recipes with known breakages, for simulations of a CI workflow."""

import random
from datetime import datetime, timedelta
from typing import Any, NamedTuple

REASONS = (
    "Error: checksum of the archive does not match",
    "Error: patch does not apply to configure.ac",
    "error: unknown type name 'u8'",
    "Error: no formula for the dependency zlib",
)
NETWORK = "curl: (6) Could not resolve host: mirror.example.org"


class Recipe(NamedTuple):
    """A recipe that fails for one reason from `breaks_at` until `fixed_at`.

    A version bump fixes it if `is_bumped`, otherwise something that its version does not show.
    """

    name: str
    breaks_at: datetime
    fixed_at: datetime
    reason: str = ""
    is_bumped: bool = False

    def version(self, now: datetime) -> str:
        return "2.0" if self.is_bumped and now >= self.fixed_at else "1.0"

    def is_broken(self, now: datetime) -> bool:
        return self.breaks_at <= now < self.fixed_at

    def candidate(self, now: datetime) -> dict[str, str]:
        """The recipe as a candidate for the plan."""
        return {"recipe_name": self.name, "recipe_version": self.version(now)}

    def attempt(self, now: datetime, is_outage: bool) -> dict[str, Any]:
        """The result of an attempt; during an outage, every attempt fails."""
        result = {**self.candidate(now), "result": "passed", "duration_seconds": 30}
        if is_outage:
            failure = {"failure_class": "infrastructure", "error_message": NETWORK}
            return {**result, "result": "failed", **failure}
        if self.is_broken(now):
            return {**result, "result": "failed", "error_message": self.reason}
        return result


def generate(start: datetime, days: int, seed: int = 1) -> list[Recipe]:
    """Recipes that always pass, get fixed, get bumped, or stay broken, over some days."""
    chance = random.Random(seed)
    end = start + timedelta(days=days)
    recipes = [Recipe(f"sound-{number}", end, end) for number in range(6)]

    def add(kind: str, count: int, **changes: Any) -> None:
        for number in range(count):
            breaks_at = start + timedelta(hours=chance.randrange(1, 24 * days // 3))
            fixed_at = breaks_at + timedelta(hours=chance.randrange(24, 24 * days // 2))
            recipe = Recipe(f"{kind}-{number}", breaks_at, fixed_at, chance.choice(REASONS))
            recipes.append(recipe._replace(**changes))

    add("fixed", 8)
    add("bumped", 4, is_bumped=True)
    add("broken", 2, fixed_at=end)
    return recipes
