"""The overview: what needs attention, minutes against budget, failure rates, ecosystems."""

from flask import Blueprint, render_template, request

from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.services.judgement.judgement import judge_budgets, judge_minutes
from batch_dashboard.views.choice import choose
from batch_dashboard.views.context import connection
from batch_dashboard.views.panels.batch_runs.latest_runs import latest_runs
from batch_dashboard.views.panels.failures.top_groups import top_groups
from batch_dashboard.views.panels.judgement.attention import attention_panel, facts_of
from batch_dashboard.views.panels.judgement.ecosystem_table import ecosystem_table
from batch_dashboard.views.panels.judgement.rates_chart import rates_chart
from batch_dashboard.views.panels.spending.ledger import fetch_ledger
from batch_dashboard.views.panels.spending.minutes_chart import minutes_by_week
from batch_dashboard.views.panels.spending.week_cost import week_cost
from batch_dashboard.views.panels.sums import fetch_sums

blueprint = Blueprint("overview", __name__)


@blueprint.get("/")
def index() -> str:
    """The state of everything chosen."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    choice, sums = choice.with_data(fetch_sums)
    budgets = judge_budgets(conn, choice.now)
    of_all = judge_minutes(conn, choice.now)._replace(budgets=budgets)
    facts = facts_of(choice)
    total = RunSums.total(choice.today, "", sums)
    return render_template(
        "pages/overview/index.html",
        choice=choice,
        total=total,
        budgets=budgets,
        attention=attention_panel(choice, facts, of_all),
        cost=week_cost(choice, budgets),
        ledger=fetch_ledger(choice),
        minutes=minutes_by_week(choice, sums),
        rates=rates_chart(choice, sums, facts.ecosystem_health),
        ecosystems=ecosystem_table(choice, sums, facts.ecosystem_health),
        groups=top_groups(choice),
        latest=latest_runs(choice, total.runs),
    )
