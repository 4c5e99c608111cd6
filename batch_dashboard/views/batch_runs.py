"""The list of batch runs, and one of them with its results."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for

from batch_dashboard.model.batch_runs.comparison import LISTED, SENTENCES
from batch_dashboard.model.batch_runs.records import OutcomeCount
from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY, ResultFilter
from batch_dashboard.model.batch_runs.vocabulary import RESULTS
from batch_dashboard.model.catalogue import BATCH_RUNS
from batch_dashboard.model.catalogue.batch_runs import RUN_RESULTS
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.model.spending.prices import list_price
from batch_dashboard.store.batch_runs import (
    batch_runs,
    ecosystem_days,
    exclusion,
    recipe_results,
    run_comparison,
)
from batch_dashboard.store.recipes import previous_attempts
from batch_dashboard.store.spending import ci_jobs, spending_rules
from batch_dashboard.views.choice import BATCH_RUN, choose, csv_url
from batch_dashboard.views.context import connection
from batch_dashboard.views.listing import Listing
from batch_dashboard.views.template_filters import is_web_link

blueprint = Blueprint("batch_runs", __name__, url_prefix="/batch-runs")

RUNS_PER_PAGE = 50
RESULTS_PER_PAGE = 100
CHANGES_NAMED = 10
MAX_COMPARED = 2_000


@blueprint.get("")
def index() -> str:
    """The batch runs chosen, newest first or in another order."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    asked, complaints = ListQuery.of(request.args, BATCH_RUNS, choice.asked, RUNS_PER_PAGE)
    choice.complaints.extend(complaints)
    text = asked.text
    choice = choice.over_data(
        lambda chosen: batch_runs.find_last(conn, chosen, text),
        f"{BATCH_RUN} with “{text}” in its batch id or commit" if text else BATCH_RUN,
    )
    total = ecosystem_days.fetch_total(conn, choice.shown)
    page = batch_runs.fetch_page(conn, asked.over(choice.shown))
    query = choice.shown.query()
    found = {**query, "text": text} if text else query
    return render_template(
        "pages/batch_runs/index.html",
        choice=choice,
        text=text,
        total=total,
        runs=Listing(choice.path, found, asked.sort, page, asked.cursor),
        slots=colour_slots(choice.ecosystems),
        csv=csv_url("batch_runs.csv", found),
        excluded_count=exclusion.count(conn, choice.shown),
    )


@blueprint.get("/<int:batch_run_id>")
def show(batch_run_id: int) -> str:
    """One batch run: its counts, its minutes, its results."""
    conn = connection()
    run = batch_runs.find(conn, batch_run_id) if batch_run_id <= MAX_ROW_ID else None
    excluded = None
    if run is None and batch_run_id <= MAX_ROW_ID:
        excluded = exclusion.find(conn, batch_run_id)
        run = excluded and excluded.run
    if run is None:
        abort(404, f"There is no batch run {batch_run_id}. It may have been deleted.")
    asked, complaints = ListQuery.of(request.args, RUN_RESULTS, EVERYTHING, RESULTS_PER_PAGE)
    result_filter = asked.results
    is_excluded = excluded is not None
    page = recipe_results.fetch_page(conn, run.id, asked, is_excluded)
    attempts = (
        {} if is_excluded else previous_attempts.fetch_compared(conn, [row.id for row in page.rows])
    )
    counts = recipe_results.fetch_outcome_counts(conn, run.id, is_excluded)
    earlier, later = batch_runs.find_neighbours(conn, run)
    here = url_for(".show", batch_run_id=run.id)
    # Runs of usual size are compared at once, larger ones on their own page.
    compared = (
        run_comparison.fetch_comparison(conn, earlier.id, run.id, CHANGES_NAMED)
        if earlier
        and not is_excluded
        and max(earlier.result_count, run.result_count) <= MAX_COMPARED
        else None
    )
    return render_template(
        "pages/batch_runs/show.html",
        run=run,
        excluded=excluded,
        price=list_price(run.started_at.date(), spending_rules.fetch_prices(conn)),
        run_link=run.run_url if is_web_link(run.run_url) else None,
        complaints=complaints,
        result_filter=result_filter,
        results=Listing(here, result_filter.query(), asked.sort, page, asked.cursor),
        here=here,
        earlier=earlier,
        later=later,
        compared=compared,
        compared_attempts=attempts,
        jobs=ci_jobs.fetch_of_run(conn, run.id, is_excluded),
        changes=LISTED,
        sentences=SENTENCES,
        **_outcomes(counts, result_filter, here),
    )


def _outcomes(counts: list[OutcomeCount], chosen: ResultFilter, here: str) -> dict[str, Any]:
    """What there is to choose from among the results listed."""
    of_result = {
        result: sum(row.results for row in counts if row.result == result) for result in RESULTS
    }
    categories: dict[str, int] = {}
    for row in counts:
        if row.error_category is not None:
            categories[row.error_category] = categories.get(row.error_category, 0) + row.results
    without = sum(r.results for r in counts if r.error_category is None and r.result == "failed")
    if without:
        categories[NO_CATEGORY] = without
    return {
        "result_links": [
            (result, number, _with(here, chosen.query(result=result)), chosen.result == result)
            for result, number in of_result.items()
        ],
        "all_link": _with(here, chosen.query(result=None)),
        "listed": sum(row.results for row in counts),
        "categories": sorted(categories.items(), key=lambda item: (-item[1], item[0])),
    }


def _with(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
