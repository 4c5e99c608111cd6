"""The results of one recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from batch_dashboard.model.batch_runs.vocabulary import RESULTS
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.recipes.attempts import ComparedAttempt
from batch_dashboard.model.recipes.recipes import RecipeAttempt
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.listing import Listing


@dataclass(frozen=True)
class RecipeResults:
    """A page of those with the chosen result, newest first.

    `attempts` has what each result is compared with, by its id.
    """

    result_words: ClassVar[Sequence[str]] = RESULTS

    choice: Choice
    results: Listing
    result: str | None
    attempts: Mapping[int, ComparedAttempt]
    csv: str


def recipe_results(
    choice: Choice,
    recipe_name: str,
    asked: ListQuery,
    page: Page[RecipeAttempt],
    attempts: Mapping[int, ComparedAttempt],
) -> RecipeResults:
    """The requested page."""
    query = {**choice.query, "result": asked.result} if asked.result else choice.query
    of_recipe = choice.shown.query(result=asked.result, recipe_name=recipe_name)
    results = Listing(choice.path, query, asked.sort, page, asked.cursor, "results-title")
    csv = csv_url("recipe_results.csv", of_recipe)
    return RecipeResults(choice, results, asked.result, attempts, csv)
