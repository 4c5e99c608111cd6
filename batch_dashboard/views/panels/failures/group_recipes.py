"""The recipes of one failure group."""

from collections.abc import Mapping
from dataclasses import dataclass

from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.recipes.recipes import RecipeFailures
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.listing import Listing


@dataclass(frozen=True)
class FailureGroupRecipes:
    """A page of the recipes of `total`, of all time."""

    choice: Choice
    recipes: Listing
    total: int
    slots: Mapping[str, int]
    csv: str


def failure_group_recipes(
    choice: Choice,
    failure_group_id: int,
    asked: ListQuery,
    page: Page[RecipeFailures],
    total: int,
    slots: Mapping[str, int],
) -> FailureGroupRecipes:
    """The requested page; `slots` are the colours of ecosystems."""
    all_time = choice.shown.query(last="all", since=None, until=None)
    return FailureGroupRecipes(
        choice,
        Listing(choice.path, choice.query, asked.sort, page, asked.cursor, "recipes-title"),
        total,
        slots,
        csv_url("failure_group_recipes.csv", {**all_time, "failure_group": failure_group_id}),
    )
