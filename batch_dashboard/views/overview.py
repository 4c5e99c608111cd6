"""The overview: what needs attention, minutes against budget, failure rates, ecosystems."""

from flask import Blueprint, render_template, request

from batch_dashboard.model.records import RunSums
from batch_dashboard.services.judgement import judge_budgets, judge_minutes
from batch_dashboard.store import batch_runs
from batch_dashboard.views import panels
from batch_dashboard.views.choice import choose
from batch_dashboard.views.context import connection

blueprint = Blueprint("overview", __name__)

LATEST_RUNS = 10


@blueprint.get("/")
def index() -> str:
    """The state of everything chosen."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    choice, sums = choice.with_data(panels.fetch_sums)
    budgets = judge_budgets(conn, choice.now)
    of_all = judge_minutes(conn, choice.now)._replace(budgets=budgets)
    attention = panels.needs_attention(choice, of_all)
    return render_template(
        "pages/overview/index.html",
        choice=choice,
        total=RunSums.total(choice.today, "", sums),
        latest=batch_runs.fetch_latest(conn, choice.shown, LATEST_RUNS),
        **attention,
        **panels.this_week(choice, budgets),
        **panels.minutes_per_week(choice, sums),
        **panels.failure_rates(choice, sums, attention["pipelines"]),
        **panels.ecosystem_rows(choice, sums),
        **panels.top_failure_groups(choice),
    )
