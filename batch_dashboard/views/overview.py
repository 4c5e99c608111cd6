"""The overview: minutes against budget, failure rates, ecosystems, latest runs."""

from typing import Any

from flask import Blueprint, render_template, request

from batch_dashboard.figures.failure_rates import failure_rates_figure
from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import failure_rates_sentence, minutes_sentence
from batch_dashboard.model.budget import BUDGET_MINUTES, FORECAST_DAYS, budget_week
from batch_dashboard.model.periods import Step, last_days, week_of
from batch_dashboard.model.prices import cost_of_days
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.series import (
    by_ecosystem,
    by_step,
    colour_slots,
    day_or_week,
    rate_series,
    steps,
)
from batch_dashboard.model.vocabulary import RUNNER_OS
from batch_dashboard.store import batch_runs, ecosystem_days
from batch_dashboard.views.choice import Choice, choose, csv_url, figure_json
from batch_dashboard.views.connection import connection

blueprint = Blueprint("overview", __name__)

LATEST_RUNS = 10
MAX_ECOSYSTEM_ROWS = 100


@blueprint.get("/")
def index() -> str:
    """The state of everything chosen."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    sums = _sums(choice)
    if not sums and choice.spans:
        choice = choice.with_last_data()
        sums = _sums(choice)
    shown = choice.shown
    return render_template(
        "pages/overview/index.html",
        choice=choice,
        total=RunSums.total(choice.today, "", sums),
        latest=batch_runs.fetch_latest(conn, shown, LATEST_RUNS),
        **_this_week(choice),
        **_minutes(choice, sums),
        **_failure_rates(choice, sums),
        **_ecosystems(choice, sums),
    )


def _sums(choice: Choice) -> list[RunSums]:
    step = day_or_week(choice.shown.period)
    return ecosystem_days.fetch_steps(connection(), choice.shown, step)


def _this_week(choice: Choice) -> dict[str, Any]:
    """Budgets and cost are of all ecosystems, whatever is chosen."""
    recent = last_days(FORECAST_DAYS, choice.today)
    days = ecosystem_days.fetch_day_minutes(connection(), recent)
    week = week_of(choice.today)
    budgets = [budget_week(runner_os, days, choice.today) for runner_os in RUNNER_OS]
    told = any(budget.used.value is not None for budget in budgets)
    ran = any(budget.used.runs for budget in budgets)
    cost = cost_of_days(day for day in days if day.day in week)
    return {"budgets": budgets, "week_cost": cost if told or not ran else None}


def _minutes(choice: Choice, sums: list[RunSums]) -> dict[str, Any]:
    through = steps(sums, choice.shown.period, Step.WEEK)
    weeks = by_step(sums, Step.WEEK)
    return {
        "minutes_json": figure_json(minutes_figure(through, weeks, BUDGET_MINUTES)),
        "minutes_sentence": minutes_sentence(through, weeks, BUDGET_MINUTES),
        "minutes_rows": [(start, weeks.get(start)) for start in reversed(through.starts)],
        "minutes_csv": csv_url("minutes.csv", choice.shown.query(by="week")),
    }


def _failure_rates(choice: Choice, sums: list[RunSums]) -> dict[str, Any]:
    period = choice.shown.period
    through = steps(sums, period, day_or_week(period))
    series = rate_series(sums, through.starts)
    slots = colour_slots(choice.ecosystems)
    return {
        "rates_json": figure_json(failure_rates_figure(through, series, slots)),
        "rates_sentence": failure_rates_sentence(through, series),
        "rates_series": series,
        "rates_steps": through,
        "rates_csv": csv_url("failure_rates.csv", choice.shown.query(by=through.word)),
        "slots": slots,
    }


def _ecosystems(choice: Choice, sums: list[RunSums]) -> dict[str, Any]:
    """Those with runs first, then those that were silent all the period."""
    rows = by_ecosystem(sums)
    seen = {row.ecosystem for row in rows}
    silent = [
        RunSums.total(choice.today, span.ecosystem, [])
        for span in choice.spans
        if span.ecosystem not in seen
    ]
    return {
        "ecosystem_rows": (rows + silent)[:MAX_ECOSYSTEM_ROWS],
        "ecosystem_count": len(rows) + len(silent),
        "last_runs": {span.ecosystem: span.last_started_at for span in choice.ecosystems},
    }
