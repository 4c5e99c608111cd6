"""The failure groups of a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.failures.failures import (
    ClassCount,
    FailureGroupCount,
    GroupChoice,
    class_sentence,
    new_since,
)
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.series import CountSeries
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.listing import Listing

# Up to how many recipes of each group are counted.
MAX_RECIPES = 1_000


@dataclass(frozen=True)
class FailureGroupList:
    """A page of the groups of `total`; those first seen from `new_since` on are new.

    `recipe_counts` has for each group how many recipes it ever affected, MAX_RECIPES at most.
    `categories` are those to choose from, each with its failed results; None: the chosen one has
    too few to be among the most frequent.
    """

    choice: Choice
    groups: Listing
    total: int
    recipe_counts: Mapping[int, int]
    new_since: date
    chosen: GroupChoice
    categories: Sequence[tuple[str, int | None]]
    class_sentence: str
    csv: str

    @property
    def classes(self) -> Sequence[str]:
        """The failure classes to choose from."""
        return tuple(FailureClass)

    @property
    def max_recipes(self) -> int:
        """The number up to which recipes of a group are counted."""
        return MAX_RECIPES


def group_list_panel(
    choice: Choice,
    asked: ListQuery,
    page: Page[FailureGroupCount],
    total: int,
    recipe_counts: Mapping[int, int],
    series: Sequence[CountSeries],
    classes: Sequence[ClassCount],
) -> FailureGroupList:
    """The requested page.

    `series` are the most frequent categories, `classes` the failures of the period by class.
    """
    chosen = asked.groups
    query = {**choice.query, **{name: value for name, value in chosen._asdict().items() if value}}
    categories: list[tuple[str, int | None]] = [
        (line.name, line.total) for line in series if not line.is_other
    ]
    if asked.category and asked.category not in (name for name, _ in categories):
        categories.append((asked.category, None))
    return FailureGroupList(
        choice,
        Listing(choice.path, query, asked.sort, page, asked.cursor, "groups-title"),
        total,
        recipe_counts,
        new_since(choice.today),
        chosen,
        categories,
        class_sentence(classes, choice.shown.period_in_words),
        csv_url("failure_groups.csv", query),
    )
