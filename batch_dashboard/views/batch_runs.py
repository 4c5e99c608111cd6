"""The list of batch runs, and one of them with its results."""

from flask import Blueprint, abort, render_template, request

from batch_dashboard.model.catalogue import BATCH_RUNS
from batch_dashboard.model.catalogue.batch_runs import RUN_RESULTS
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
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
from batch_dashboard.views.choice import BATCH_RUN, choose
from batch_dashboard.views.context import connection
from batch_dashboard.views.panels.batch_runs.run_changes import is_compared, run_changes
from batch_dashboard.views.panels.batch_runs.run_facts import RunFacts
from batch_dashboard.views.panels.batch_runs.run_jobs import run_jobs
from batch_dashboard.views.panels.batch_runs.run_list import run_list_panel
from batch_dashboard.views.panels.batch_runs.run_results import run_results

blueprint = Blueprint("batch_runs", __name__, url_prefix="/batch-runs")

RUNS_PER_PAGE = 50
RESULTS_PER_PAGE = 100
CHANGES_NAMED = 10


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
    excluded_count = exclusion.count(conn, choice.shown)
    return render_template(
        "pages/batch_runs/index.html",
        choice=choice,
        runs=run_list_panel(choice, asked, page, total, excluded_count),
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
    is_excluded = excluded is not None
    page = recipe_results.fetch_page(conn, run.id, asked, is_excluded)
    attempts = (
        {} if is_excluded else previous_attempts.fetch_compared(conn, [row.id for row in page.rows])
    )
    counts = recipe_results.fetch_outcome_counts(conn, run.id, is_excluded)
    earlier, later = batch_runs.find_neighbours(conn, run)
    compared = (
        run_comparison.fetch_comparison(conn, earlier.id, run.id, CHANGES_NAMED)
        if earlier and is_compared(run, earlier, is_excluded)
        else None
    )
    jobs = ci_jobs.fetch_of_run(conn, run.id, is_excluded)
    return render_template(
        "pages/batch_runs/show.html",
        run=run,
        excluded=excluded,
        price=list_price(run.started_at.date(), spending_rules.fetch_prices(conn)),
        complaints=complaints,
        facts=RunFacts(run, is_excluded, earlier, later),
        jobs=run_jobs(run.id, jobs, is_excluded),
        changes=run_changes(run, earlier, is_excluded, compared),
        results=run_results(run, is_excluded, asked, page, counts, attempts),
    )
