"""The results of one batch run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from batch_dashboard.model.batch_runs.records import BatchRun, OutcomeCount, RecipeResult
from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY, ResultFilter
from batch_dashboard.model.batch_runs.vocabulary import FAILED, RESULTS
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.recipes.attempts import ComparedAttempt
from batch_dashboard.views.choice import csv_url
from batch_dashboard.views.listing import Listing


@dataclass(frozen=True)
class RunResults:
    """A page of the results chosen, of `listed` in all.

    `outcomes` has how many there are of each result, and `categories` of each error category, the
    most frequent one first. `attempts` has what each result is compared with, by its id; an
    excluded run is compared with nothing, and has no file.
    """

    run: BatchRun
    is_excluded: bool
    results: Listing
    chosen: ResultFilter
    listed: int
    outcomes: Sequence[tuple[str, int]]
    categories: Sequence[tuple[str, int]]
    attempts: Mapping[int, ComparedAttempt]
    csv: str | None


def run_results(
    run: BatchRun,
    is_excluded: bool,
    asked: ListQuery,
    page: Page[RecipeResult],
    counts: Sequence[OutcomeCount],
    attempts: Mapping[int, ComparedAttempt],
) -> RunResults:
    """The requested page; `counts` are those of all results of the run."""
    chosen = asked.results
    here = url_for("batch_runs.show", batch_run_id=run.id)
    listed = sum(row.results for row in counts)
    query = {**chosen.query(), "batch_run": str(run.id), "last": "all"}
    return RunResults(
        run,
        is_excluded,
        Listing(here, chosen.query(), asked.sort, page, asked.cursor, "results-title"),
        chosen,
        listed,
        [(name, sum(row.results for row in counts if row.result == name)) for name in RESULTS],
        _categories(counts),
        attempts,
        csv_url("recipe_results.csv", query) if listed and not is_excluded else None,
    )


def _categories(counts: Sequence[OutcomeCount]) -> list[tuple[str, int]]:
    categories: dict[str, int] = {}
    for row in counts:
        # Only of a failed result a missing category is worth choosing.
        name = row.error_category or (NO_CATEGORY if row.result == FAILED else None)
        if name is not None:
            categories[name] = categories.get(name, 0) + row.results
    return sorted(categories.items(), key=lambda item: (-item[1], item[0]))
