"""Changes of recipes between two batch runs.

Source: docs/data-model.md, "Comparing two runs".
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Change(StrEnum):
    """The change of a recipe between two runs."""

    NEWLY_FAILING = "newly failing"
    FIXED = "fixed"
    STILL_FAILING = "still failing"
    NEW = "new"
    GONE = "gone"
    UNCHANGED = "unchanged"


# The most important changes come first; unchanged recipes are counted, not listed.
LISTED = (Change.NEWLY_FAILING, Change.FIXED, Change.STILL_FAILING, Change.NEW, Change.GONE)
SENTENCES = {
    Change.NEWLY_FAILING: "passed or skipped before, failed now",
    Change.FIXED: "failed before, passed now",
    Change.STILL_FAILING: "failed in both",
    Change.NEW: "only in the later run",
    Change.GONE: "only in the earlier run",
}


class ComparedRecipe(NamedTuple):
    """A recipe of two batch runs; what a run does not list of it is None."""

    change: str
    ecosystem: str
    recipe_name: str
    result_before: str | None
    category_before: str | None
    result_after: str | None
    category_after: str | None
    # The masked line of the failure in the later run, else of that in the earlier one.
    reason: str | None


class Comparison(NamedTuple):
    """The number of recipes per change, and the first of them by name."""

    counts: dict[str, int]
    recipes: list[ComparedRecipe]

    def of(self, change: str) -> list[ComparedRecipe]:
        """The first recipes that changed in one way."""
        return [recipe for recipe in self.recipes if recipe.change == change]

    @property
    def is_calm(self) -> bool:
        """Whether there is nothing to list."""
        return not any(self.counts.get(change) for change in LISTED)


def comparison(rows: Iterable[tuple[ComparedRecipe, int]]) -> Comparison:
    """The comparison of rows that each carry how many there are of their change."""
    counts: dict[str, int] = {}
    recipes = []
    for recipe, count in rows:
        counts[recipe.change] = count
        if recipe.change != Change.UNCHANGED:
            recipes.append(recipe)
    return Comparison(counts, sorted(recipes, key=lambda recipe: LISTED.index(recipe.change)))
