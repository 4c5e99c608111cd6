"""Minutes and what they cost: this week against its budget, over time, by ecosystem."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for

from batch_dashboard.figures.burn_up import burn_up_figure
from batch_dashboard.figures.cost import cost_figure
from batch_dashboard.figures.ecosystem_minutes import ecosystem_minutes_figure
from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import (
    burn_up_sentence,
    cost_sentence,
    ecosystem_minutes_sentence,
    minutes_sentence,
)
from batch_dashboard.model.budget import BUDGET_MINUTES, FORECAST_DAYS, budget_week, burn_up
from batch_dashboard.model.periods import DAY, Period, Step, last_days, week_of
from batch_dashboard.model.prices import LIST_PRICES, cost_of_sums, price_changes
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.series import (
    MAX_STEPS,
    Steps,
    by_step,
    colour_slots,
    fitting_step,
    in_steps,
    steps,
    sum_series,
)
from batch_dashboard.model.spending import (
    ASCENDING,
    DEFAULT_SORT,
    DESCENDING,
    ORDERS,
    SORTS,
    default_order,
    ranked_by_cost,
    sorted_spending,
    spending,
)
from batch_dashboard.model.vocabulary import RUNNER_OS
from batch_dashboard.model.wording import not_one_of
from batch_dashboard.store import ecosystem_days
from batch_dashboard.views.charts import as_json
from batch_dashboard.views.choice import Choice, choose, csv_url
from batch_dashboard.views.connection import connection

blueprint = Blueprint("minutes", __name__, url_prefix="/minutes")

MAX_ECOSYSTEM_ROWS = 100
BY = tuple(step.value for step in Step)


@blueprint.get("")
def index() -> str:
    """What the chosen batch runs used and cost."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    asked = _word("by", BY, choice)
    sort, order = _sorting(choice)
    step, sums = _sums(choice, asked)
    if not sums and choice.spans:
        choice = choice.with_last_data()
        step, sums = _sums(choice, asked)
    through = steps(sums, choice.shown.period, step)
    kept = {name: value for name in ("by", "sort", "order") if (value := request.args.get(name))}
    return render_template(
        "pages/minutes/index.html",
        choice=choice,
        kept=kept,
        through=through,
        by_asked=asked,
        by_links=_by_links(choice, step, kept),
        total=RunSums.total(choice.today, "", sums),
        total_cost=cost_of_sums(sums),
        prices=LIST_PRICES,
        csv=csv_url("minutes.csv", choice.shown.query(by=step.value)),
        **_this_week(choice),
        **_over_time(choice, through, sums),
        **_ecosystems(choice, through, sums, sort, order),
    )


def _sums(choice: Choice, asked: str | None) -> tuple[Step, list[RunSums]]:
    period = choice.shown.period
    if choice.spans:
        # An open side of the period ends with the data.
        first = min(span.first_started_at for span in choice.spans).date()
        last = max(span.last_started_at for span in choice.spans).date()
        period = Period(period.since or first, period.until or last + DAY)
    step = fitting_step(period, Step(asked) if asked else None)
    return step, ecosystem_days.fetch_steps(connection(), choice.shown, step, price_changes())


def _word(name: str, allowed: tuple[str, ...], choice: Choice) -> str | None:
    """A part of the address that takes a few words, None when it is absent or another."""
    value = request.args.get(name, "")
    if value and value not in allowed:
        choice.complaints.append(not_one_of(name, allowed, value))
    return value if value in allowed else None


def _sorting(choice: Choice) -> tuple[str, str]:
    sort = _word("sort", tuple(SORTS), choice) or DEFAULT_SORT
    return sort, _word("order", ORDERS, choice) or default_order(sort)


def _by_links(choice: Choice, shown: Step, kept: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """The steps to choose from: address, word, whether it is the one shown."""
    return [
        (
            _address(choice, {**kept, "by": step.value}),
            step.value,
            step is shown,
        )
        for step in Step
    ]


def _this_week(choice: Choice) -> dict[str, Any]:
    """Budgets are of all ecosystems, whatever is chosen."""
    days = ecosystem_days.fetch_day_minutes(connection(), last_days(FORECAST_DAYS, choice.today))
    budgets = [budget_week(runner_os, days, choice.today) for runner_os in RUNNER_OS]
    burnt = {budget.runner_os: burn_up(budget, days, choice.today) for budget in budgets}
    week = week_of(choice.today)
    return {
        "week": week,
        "burn_up_json": as_json(burn_up_figure(budgets, burnt)),
        "burn_up_sentence": burn_up_sentence(budgets),
        "burn_up_rows": list(zip(*(burnt[runner_os] for runner_os in RUNNER_OS), strict=True)),
        "burn_up_csv": csv_url("minutes.csv", {"since": week.since, "until": week.until}),
    }


def _over_time(choice: Choice, through: Steps, sums: list[RunSums]) -> dict[str, Any]:
    totals = by_step(sums, through.step)
    costs = {start: cost_of_sums(rows) for start, rows in in_steps(sums, through.step).items()}
    budgets = BUDGET_MINUTES if through.step is Step.WEEK else {}
    cost = cost_figure(through, costs, totals, price_changes())
    shown: list[date] = through.starts[-MAX_STEPS:][::-1]
    return {
        "minutes_json": as_json(minutes_figure(through, totals, budgets)),
        "minutes_sentence": minutes_sentence(through, totals, budgets),
        "has_budgets": bool(budgets),
        "cost_json": as_json(cost),
        "cost_sentence": cost_sentence(through, costs, totals, cost_of_sums(sums)),
        "step_rows": [(start, totals.get(start), costs.get(start)) for start in shown],
        "steps_left_out": len(through.starts) - len(shown),
    }


def _ecosystems(
    choice: Choice, through: Steps, sums: list[RunSums], sort: str, order: str
) -> dict[str, Any]:
    rows = spending(sums)
    ranked = ranked_by_cost(rows)
    series = sum_series(sums, ranked, through.step)
    without = [row.ecosystem for row in rows if row.cost.total is None]
    slots = colour_slots(choice.ecosystems)
    totals = by_step(sums, through.step)
    return {
        "ecosystem_json": as_json(ecosystem_minutes_figure(through, series, totals, slots)),
        "ecosystem_sentence": ecosystem_minutes_sentence(series, without),
        "ecosystem_series": series,
        "slots": slots,
        "spending_rows": sorted_spending(rows, sort, order)[:MAX_ECOSYSTEM_ROWS],
        "spending_count": len(rows),
        "sort": sort,
        "order": order,
        "sort_links": {column: _sort_link(choice, column, sort, order) for column in SORTS},
    }


def _sort_link(choice: Choice, column: str, sort: str, order: str) -> str:
    """Where the table is sorted by a column; a second time, the other way round."""
    wanted = default_order(column)
    if column == sort and order == wanted:
        wanted = DESCENDING if wanted == ASCENDING else ASCENDING
    parts = {"by": request.args.get("by"), "sort": column, "order": wanted}
    return f"{_address(choice, parts)}#ecosystems-title"


def _address(choice: Choice, parts: Mapping[str, str | None]) -> str:
    query: dict[str, Any] = choice.asked.query(**parts)
    return url_for("minutes.index", **query)
