"""Any two batch runs compared, recipe by recipe."""

from flask import Blueprint, render_template, request, url_for

from batch_dashboard.model.batch_runs.comparison import LISTED
from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.model.catalogue.comparison import COMPARED_RECIPES
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.search import parse_number, parse_word
from batch_dashboard.store.batch_runs import batch_runs, run_comparison
from batch_dashboard.views.context import connection
from batch_dashboard.views.listing import Listing, parse_order
from batch_dashboard.views.panels.batch_runs.compared_runs import change_list, compared_runs

blueprint = Blueprint("run_comparison", __name__, url_prefix="/batch-runs")

# Recipes of each change on one page with all of them.
NAMED = 20
RECIPES_PER_PAGE = 100


@blueprint.get("/compare")
def show() -> str | tuple[str, int]:
    """Two batch runs side by side; the one that started first is the earlier one."""
    complaints: list[str] = []
    asked = [_run(name, complaints) for name in ("a", "b")]
    runs = [run for run in asked if run is not None]
    if len(runs) < 2 or runs[0].id == runs[1].id:
        if not complaints:
            complaints.append("“a” and “b” are the same batch run; give two different ones.")
        return render_template("pages/run_comparison/choose.html", complaints=complaints), 400
    before, after = sorted(runs, key=lambda run: (run.started_at, run.id))
    change = parse_word(request.args, "change", LISTED, complaints)
    sort, cursor = parse_order(request.args, (COMPARED_RECIPES,), complaints)
    ids = (connection(), before.id, after.id)
    compared = run_comparison.fetch_comparison(*ids, NAMED)
    page = (
        run_comparison.fetch_page(*ids, change, cursor, RECIPES_PER_PAGE)
        if change
        else Page(compared.recipes, None, None)
    )
    query = {"a": str(runs[0].id), "b": str(runs[1].id)}
    if change:
        query["change"] = change
    recipes = Listing(url_for(".show"), query, sort, page, cursor, "changes-title")
    return render_template(
        "pages/run_comparison/show.html",
        before=before,
        after=after,
        swapped=runs[0] is after,
        complaints=complaints,
        runs=compared_runs(before, after),
        changes=change_list((before, after), compared, change, recipes, NAMED),
    )


def _run(name: str, complaints: list[str]) -> BatchRun | None:
    if not request.args.get(name, "").strip():
        complaints.append(f"“{name}” must be the number of a batch run.")
    number = parse_number(request.args, name, "a batch run", complaints)
    if number is None:
        return None
    run = batch_runs.find(connection(), number)
    if run is None:
        complaints.append(f"There is no batch run {number}. It may have been deleted.")
    return run
