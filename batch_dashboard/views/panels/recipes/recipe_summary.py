"""The present state of one recipe."""

from dataclasses import dataclass

from batch_dashboard.model.recipes.recipes import Recipe, RecipeAttempt


@dataclass(frozen=True)
class RecipeSummary:
    """The recipe, and its last failed result; None: it never failed, or the result is deleted."""

    recipe: Recipe
    last_failure: RecipeAttempt | None
