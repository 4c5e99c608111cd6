"""Minutes and what they cost: this week against its budget, over time, by ecosystem."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for

from batch_dashboard.figures.burn_up import burn_up_figure
from batch_dashboard.figures.cost import cost_figure
from batch_dashboard.figures.ecosystem_minutes import ecosystem_minutes_figure
from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.queue_waits import queue_waits_figure
from batch_dashboard.figures.sentences import (
    burn_up_sentence,
    cost_sentence,
    ecosystem_minutes_sentence,
    minutes_sentence,
    queue_waits_sentence,
)
from batch_dashboard.model.alerts.attention import findings
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.batch_runs.vocabulary import JOB_RUNNER_OS_NAMES, RUNNER_OS
from batch_dashboard.model.lists.periods import Period, Step, week_of
from batch_dashboard.model.lists.series import (
    Buckets,
    buckets,
    by_step,
    colour_slots,
    day_week_or_month,
    fitting_step,
    in_steps,
    sum_series,
)
from batch_dashboard.model.spending.budget import Budgets, budget_week, burn_up
from batch_dashboard.model.spending.ci_job_spending import ci_job_spending
from batch_dashboard.model.spending.prices import ListPrice, cost_of_sums, price_changes
from batch_dashboard.model.spending.spending import (
    ASCENDING,
    DEFAULT_SORT,
    DESCENDING,
    ORDERS,
    SORTS,
    Spending,
    default_order,
    ranked_by_cost,
    sorted_spending,
    spending,
)
from batch_dashboard.model.text.wording import not_one_of
from batch_dashboard.services.judgement.judgement import judge_minutes
from batch_dashboard.store.batch_runs import ecosystem_days
from batch_dashboard.store.spending import ci_jobs, spending_rules
from batch_dashboard.views.charts import as_json
from batch_dashboard.views.choice import Choice, choose, csv_url
from batch_dashboard.views.context import connection
from batch_dashboard.views.panels.judgement.attention import AttentionPanel

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
    budgets, prices = spending_rules.fetch_budgets(conn), spending_rules.fetch_prices(conn)
    choice, sums = choice.with_data(lambda chosen: _sums(chosen, _step(chosen, asked), prices))
    step = _step(choice, asked)
    through = buckets(sums, choice.shown.period, step, choice.today)
    kept = {name: value for name in ("by", "sort", "order") if (value := request.args.get(name))}
    return render_template(
        "pages/minutes/index.html",
        choice=choice,
        kept=kept,
        through=through,
        by_asked=asked,
        by_links=_by_links(choice, step, kept),
        total=RunSums.total(choice.today, "", sums),
        total_cost=cost_of_sums(sums, prices),
        prices=prices,
        csv=csv_url("minutes.csv", choice.shown.query(by=step.value)),
        # Budgets have their own chart here.
        attention=AttentionPanel(findings(judge_minutes(conn, choice.now)), 0, {}),
        **_this_week(choice, budgets),
        **_over_time(through, sums, budgets, prices),
        **_jobs(choice, through, prices),
        **_ecosystems(choice, through, spending(sums, prices), sums, sort, order),
    )


def _step(choice: Choice, asked: str | None) -> Step:
    period, data = choice.shown.period, choice.data
    shown = Period(period.since or data.since, period.until or data.until)
    return fitting_step(period, data, Step(asked) if asked else day_week_or_month(shown))


def _sums(choice: Choice, step: Step, prices: Sequence[ListPrice]) -> list[RunSums]:
    cuts = price_changes(prices)
    return ecosystem_days.fetch_steps(connection(), choice.shown, step, cuts)


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
    """The buckets to choose from: address, word, whether it is the one shown."""
    return [
        (
            _address(choice, {**kept, "by": step.value}),
            step.value,
            step is shown,
        )
        for step in Step
    ]


def _this_week(choice: Choice, rules: Budgets) -> dict[str, Any]:
    """Budgets are of all ecosystems, whatever is chosen."""
    days, ever = ecosystem_days.fetch_recent_use(connection(), choice.today)
    budgets = [
        budget_week(runner_os, days, choice.now, rules, ever[runner_os]) for runner_os in RUNNER_OS
    ]
    burnt = {budget.runner_os: burn_up(budget, days, choice.now) for budget in budgets}
    week = week_of(choice.today)
    return {
        "week": week,
        "burn_up_json": as_json(burn_up_figure(budgets, burnt)),
        "burn_up_sentence": burn_up_sentence(budgets),
        "burn_up_rows": list(zip(*(burnt[runner_os] for runner_os in RUNNER_OS), strict=True)),
        "burn_up_csv": csv_url("burn_up.csv", {}),
    }


def _over_time(
    through: Buckets, sums: list[RunSums], rules: Budgets, prices: Sequence[ListPrice]
) -> dict[str, Any]:
    totals = by_step(sums, through.step)
    by_start = in_steps(sums, through.step)
    costs = {start: cost_of_sums(rows, prices) for start, rows in by_start.items()}
    budgets = rules if through.step is Step.WEEK else None
    newest_first = through.starts[::-1]
    cost = cost_figure(through, costs, totals, price_changes(prices))
    return {
        "minutes_json": as_json(minutes_figure(through, totals, budgets)),
        "minutes_sentence": minutes_sentence(through, totals, budgets),
        "has_budgets": budgets is not None,
        "cost_json": as_json(cost),
        "cost_sentence": cost_sentence(through, costs, totals, cost_of_sums(sums, prices)),
        "step_rows": [(start, totals.get(start), costs.get(start)) for start in newest_first],
    }


def _jobs(choice: Choice, through: Buckets, prices: Sequence[ListPrice]) -> dict[str, Any]:
    """What CI jobs took and were billed, and how long they waited for a runner."""
    conn, shown, step = connection(), choice.shown, through.step
    times = ci_jobs.fetch_times(conn, shown, Step.YEAR, price_changes(prices))
    waits = ci_jobs.fetch_waits(conn, shown, step)
    by_start = {(row.start, row.runner_os): row for row in waits}
    systems = [name for name in JOB_RUNNER_OS_NAMES if any(row.runner_os == name for row in waits)]
    query = shown.query(by=step.value)
    limits = spending_rules.fetch_wait_limits(conn) if waits else {}
    return {
        "runner_os_names": JOB_RUNNER_OS_NAMES,
        "job_rows": ci_job_spending(times, prices),
        "job_csv": csv_url("job_minutes.csv", query),
        "waits_json": as_json(queue_waits_figure(through, waits, limits)),
        "waits_sentence": queue_waits_sentence(through, waits),
        "waits_csv": csv_url("queue_waits.csv", query),
        "wait_systems": systems,
        "wait_rows": [
            (start, [by_start.get((start, name)) for name in systems])
            for start in through.starts[::-1]
        ],
    }


def _ecosystems(
    choice: Choice,
    through: Buckets,
    rows: list[Spending],
    sums: list[RunSums],
    sort: str,
    order: str,
) -> dict[str, Any]:
    ranked = ranked_by_cost(rows)
    series = sum_series(sums, ranked, through.step)
    without = [row.ecosystem for row in rows if row.cost.total is None]
    slots = colour_slots(choice.ecosystems)
    totals = by_step(sums, through.step)
    return {
        "ecosystem_json": as_json(ecosystem_minutes_figure(through, series, totals, slots)),
        "ecosystem_sentence": ecosystem_minutes_sentence(through, series, without),
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
