"""The recipes seen in a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.model.recipes.recipes import STATES, Recipe
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.listing import Listing


@dataclass(frozen=True)
class RecipeList:
    """A page of the recipes of `total` that are in a state and have a text in their name."""

    states: ClassVar[Sequence[str]] = STATES

    choice: Choice
    recipes: Listing
    total: int
    state: str | None
    text: str | None
    slots: Mapping[str, int]
    csv: str


def recipe_list_panel(
    choice: Choice, asked: ListQuery, page: Page[Recipe], total: int
) -> RecipeList:
    """The requested page."""
    chosen = {"state": asked.state, "text": asked.text}
    query = {**choice.query, **{name: value for name, value in chosen.items() if value}}
    return RecipeList(
        choice,
        Listing(choice.path, query, asked.sort, page, asked.cursor),
        total,
        asked.state,
        asked.text,
        colour_slots(choice.ecosystems),
        csv_url("recipes.csv", query),
    )
