"""One ecosystem: the overview's parts for it alone, and its recipes that fail."""

from flask import Blueprint, abort, render_template, request

from batch_dashboard.model.recipes import RecipeState
from batch_dashboard.model.records import RunSums
from batch_dashboard.store import batch_runs, recipe_list
from batch_dashboard.views import panels
from batch_dashboard.views.choice import choose
from batch_dashboard.views.context import connection

blueprint = Blueprint("ecosystems", __name__, url_prefix="/ecosystems")

LATEST_RUNS = 10


@blueprint.get("/<name:ecosystem>")
def show(ecosystem: str) -> str:
    """The state of one ecosystem."""
    conn = connection()
    choice = choose(conn, request.args, ecosystem)
    if not choice.spans:
        abort(404, f"No batch run of an ecosystem “{ecosystem}” is stored.")
    choice, sums = choice.with_data(panels.fetch_sums)
    attention = panels.needs_attention(choice)
    pipeline = attention["pipelines"][ecosystem]
    return render_template(
        "pages/ecosystems/show.html",
        pipeline=pipeline,
        choice=choice,
        ecosystem=ecosystem,
        span=choice.spans[0],
        since_pass=batch_runs.count_since_pass(conn, choice.spans)[ecosystem],
        total=RunSums.total(choice.today, ecosystem, sums),
        latest=batch_runs.fetch_latest(conn, choice.shown, LATEST_RUNS),
        failing=recipe_list.count_recipes(conn, choice.shown, RecipeState.FAILING),
        **attention,
        **panels.error_budget(choice, pipeline),
        **panels.breaker(choice, pipeline),
        **panels.minutes_per_week(choice, sums),
        **panels.failure_rates(choice, sums, attention["pipelines"]),
        **panels.top_failure_groups(choice),
    )
