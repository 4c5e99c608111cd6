"""The failure groups of one recipe."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.failures.failures import RecipeFailureGroup
from batch_dashboard.views.choice import csv_url


@dataclass(frozen=True)
class RecipeGroups:
    """The groups, the one seen last first."""

    groups: Sequence[RecipeFailureGroup]
    csv: str


def recipe_groups(
    ecosystem: str, recipe_name: str, groups: Sequence[RecipeFailureGroup]
) -> RecipeGroups:
    """The groups of a recipe, of all time."""
    query = {"ecosystem": ecosystem, "recipe_name": recipe_name, "last": "all"}
    return RecipeGroups(groups, csv_url("failure_group_recipes.csv", query))
