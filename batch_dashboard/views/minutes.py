"""Minutes and what they cost: this week against its budget, over time, by ecosystem."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, render_template, request

from batch_dashboard.model.alerts.attention import findings
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.catalogue.spending import ECOSYSTEM_SPENDING
from batch_dashboard.model.lists.periods import Period, Step
from batch_dashboard.model.lists.search import parse_word
from batch_dashboard.model.lists.series import buckets, day_week_or_month, fitting_step
from batch_dashboard.model.spending.prices import ListPrice, cost_of_sums, price_changes
from batch_dashboard.model.spending.spending import spending
from batch_dashboard.services.judgement.judgement import judge_minutes
from batch_dashboard.store.batch_runs import ecosystem_days
from batch_dashboard.store.plan import ledger_sums
from batch_dashboard.store.spending import ci_jobs, spending_rules
from batch_dashboard.views.choice import Choice, choose
from batch_dashboard.views.context import connection
from batch_dashboard.views.listing import parse_order
from batch_dashboard.views.panels.judgement.attention import AttentionPanel
from batch_dashboard.views.panels.spending.burn_up_chart import burn_up_chart
from batch_dashboard.views.panels.spending.cost_chart import cost_chart
from batch_dashboard.views.panels.spending.ecosystem_minutes_chart import ecosystem_minutes_chart
from batch_dashboard.views.panels.spending.job_minutes import job_minutes
from batch_dashboard.views.panels.spending.ledger import ledger
from batch_dashboard.views.panels.spending.minutes_chart import minutes_chart
from batch_dashboard.views.panels.spending.price_table import price_table
from batch_dashboard.views.panels.spending.queue_waits_chart import queue_waits_chart
from batch_dashboard.views.panels.spending.spending_table import spending_table
from batch_dashboard.views.panels.spending.step_choice import step_choice

blueprint = Blueprint("minutes", __name__, url_prefix="/minutes")

BY = tuple(step.value for step in Step)


@blueprint.get("")
def index() -> str:
    """Minutes and costs of the selected batch runs."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    by = parse_word(request.args, "by", BY, choice.complaints)
    sort, place = parse_order(request.args, ECOSYSTEM_SPENDING.sorts, choice.complaints)
    budgets, prices = spending_rules.fetch_budgets(conn), spending_rules.fetch_prices(conn)
    choice, sums = choice.with_data(lambda chosen: _sums(chosen, _step(chosen, by), prices))
    step = _step(choice, by)
    through = buckets(sums, choice.shown.period, step, choice.today)
    spent, total_cost = spending(sums, prices), cost_of_sums(sums, prices)
    table = spending_table(choice, spent, total_cost, sort, place, {"by": by} if by else {})
    times = ci_jobs.fetch_times(conn, choice.shown, Step.YEAR, price_changes(prices))
    avoided = ledger_sums.fetch_parts(conn, choice.shown, price_changes(prices))
    waits = ci_jobs.fetch_waits(conn, choice.shown, step)
    limits = spending_rules.fetch_wait_limits(conn) if waits else {}
    recent_use = ecosystem_days.fetch_recent_use(conn, choice.today)
    return render_template(
        "pages/minutes/index.html",
        choice=choice,
        # Budgets have their own chart here.
        attention=AttentionPanel(findings(judge_minutes(conn, choice.now)), 0, {}),
        total=RunSums.total(choice.today, "", sums),
        total_cost=total_cost,
        buckets=step_choice(choice, replace(table.ecosystems, anchor=""), step, by),
        burn_up=burn_up_chart(choice, *recent_use, budgets),
        minutes=minutes_chart(choice, through, sums, budgets if step is Step.WEEK else None),
        by_ecosystem=ecosystem_minutes_chart(choice, through, sums, spent),
        spending=table,
        ledger=ledger(choice, avoided, prices),
        jobs=job_minutes(choice, step, times, prices),
        waits=queue_waits_chart(choice, through, waits, limits),
        cost=cost_chart(choice, through, sums, prices),
        prices=price_table(prices),
    )


def _step(choice: Choice, by: str | None) -> Step:
    period, data = choice.shown.period, choice.data
    shown = Period(period.since or data.since, period.until or data.until)
    return fitting_step(period, data, Step(by) if by else day_week_or_month(shown))


def _sums(choice: Choice, step: Step, prices: Sequence[ListPrice]) -> list[RunSums]:
    cuts = price_changes(prices)
    return ecosystem_days.fetch_steps(connection(), choice.shown, step, cuts)
