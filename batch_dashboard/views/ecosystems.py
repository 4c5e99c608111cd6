"""One ecosystem: the overview's parts for it alone, and its recipes that fail."""

from flask import Blueprint, abort, render_template, request

from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.model.recipes.recipes import RecipeState
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.recipes import recipe_list
from batch_dashboard.views.choice import choose
from batch_dashboard.views.context import connection
from batch_dashboard.views.panels.batch_runs.latest_runs import latest_runs
from batch_dashboard.views.panels.failures.top_groups import top_groups
from batch_dashboard.views.panels.judgement.attention import attention_panel, facts_of
from batch_dashboard.views.panels.judgement.breaker import breaker_panel
from batch_dashboard.views.panels.judgement.error_budget import error_budget_chart
from batch_dashboard.views.panels.judgement.rates_chart import rates_chart
from batch_dashboard.views.panels.spending.ledger import fetch_ledger
from batch_dashboard.views.panels.spending.minutes_chart import minutes_by_week
from batch_dashboard.views.panels.sums import fetch_sums

blueprint = Blueprint("ecosystems", __name__, url_prefix="/ecosystems")


@blueprint.get("/<name:ecosystem>")
def show(ecosystem: str) -> str:
    """The state of one ecosystem."""
    conn = connection()
    choice = choose(conn, request.args, ecosystem)
    if not choice.spans:
        abort(404, f"No batch run of an ecosystem “{ecosystem}” is stored.")
    choice, sums = choice.with_data(fetch_sums)
    facts = facts_of(choice)
    health = facts.ecosystem_health[0]
    total = RunSums.total(choice.today, ecosystem, sums)
    return render_template(
        "pages/ecosystems/show.html",
        health=health,
        choice=choice,
        ecosystem=ecosystem,
        span=choice.spans[0],
        slot=colour_slots(choice.ecosystems)[ecosystem],
        since_pass=batch_runs.count_since_pass(conn, choice.spans)[ecosystem],
        total=total,
        failing=recipe_list.count_recipes(conn, choice.shown, RecipeState.FAILING),
        attention=attention_panel(choice, facts),
        budget=error_budget_chart(choice, health),
        breaker=breaker_panel(choice, health),
        ledger=fetch_ledger(choice),
        minutes=minutes_by_week(choice, sums),
        rates=rates_chart(choice, sums, facts.ecosystem_health),
        groups=top_groups(choice),
        latest=latest_runs(choice, total.runs),
    )
