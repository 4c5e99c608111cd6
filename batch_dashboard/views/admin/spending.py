"""Minute budgets and list prices, each from a day on, and limits of queue waits."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, request
from wtforms import DateField, Form, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from batch_dashboard.model.batch_runs.vocabulary import (
    JOB_RUNNER_OS_NAMES,
    RUNNER_OS,
    RUNNER_OS_NAMES,
)
from batch_dashboard.model.lists.periods import week_of
from batch_dashboard.model.spending.budget import DEFAULT_MINUTES, OwnBudget
from batch_dashboard.model.spending.prices import DEFAULT_PRICES, ListPrice
from batch_dashboard.model.spending.queue_waits import JUDGED_DAYS, MIN_JOBS
from batch_dashboard.services.judgement.judgement import judge_budgets, judge_queue_waits
from batch_dashboard.services.spending import spending_rules
from batch_dashboard.store.spending import spending_rules as rule_store
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.forms import NumberField, changing, done, errors_in, page

blueprint = Blueprint("admin_spending", __name__, url_prefix="/admin/budgets-and-prices")

PREVIEW = "preview"


class BudgetForm(Form):  # type: ignore[misc]
    """The minutes per week from a Monday on."""

    runner_os = SelectField(
        "Runner", choices=[SelectChoice(os, RUNNER_OS_NAMES[os]) for os in RUNNER_OS]
    )
    minutes = NumberField("Minutes per week", [InputRequired("Enter the number of minutes.")])
    since = DateField("First Monday", [InputRequired("Enter a day.")])

    @property
    def budget(self) -> OwnBudget:
        """What was entered."""
        return OwnBudget(self.runner_os.data, self.since.data, float(self.minutes.data))


class PriceForm(Form):  # type: ignore[misc]
    """The list prices from a day on."""

    macos = NumberField("macOS ($ per minute)", [InputRequired("Enter a price.")])
    linux = NumberField("Linux ($ per minute)", [InputRequired("Enter a price.")])
    since = DateField("First day", [InputRequired("Enter a day.")])

    @property
    def price(self) -> ListPrice:
        """What was entered."""
        return ListPrice(self.since.data, float(self.linux.data), float(self.macos.data))


class WaitForm(Form):  # type: ignore[misc]
    """A limit of waits for a runner."""

    runner_os = SelectField(
        "Runner", choices=[SelectChoice(os, name) for os, name in JOB_RUNNER_OS_NAMES.items()]
    )
    minutes = NumberField("Longest wait (minutes)", [InputRequired("Enter the number of minutes.")])


@blueprint.get("")
def index() -> tuple[str, int]:
    """Budgets and prices, by default or set."""
    return _page()


@blueprint.post("/budget")
def set_budget() -> Response | tuple[str, int]:
    """Set a budget, or show what it would change."""
    form = BudgetForm(request.form)
    if not form.validate():
        return _page(form)
    with errors_in(form):
        if PREVIEW in request.form:
            seen = spending_rules.preview_budget(connection(), form.budget, current_time())
            return _page(form, budget_preview=seen)
        with changing() as change:
            spending_rules.set_budget(change, form.budget)
        return done(f"The budget from {form.since.data} was set.", ".index")
    return _page(form)


@blueprint.post("/budget/<runner_os>/<since>/remove")
def remove_budget(runner_os: str, since: str) -> Response:
    """Delete a budget."""
    if runner_os not in RUNNER_OS:
        abort(404)
    with changing() as change:
        spending_rules.remove_budget(change, runner_os, _day(since))
    return done(f"The {RUNNER_OS_NAMES[runner_os]} budget from {since} was removed.", ".index")


@blueprint.post("/price")
def set_price() -> Response | tuple[str, int]:
    """Set list prices, or show what they would change."""
    form = PriceForm(request.form, prefix="price-")
    if not form.validate():
        return _page(price=form)
    with errors_in(form):
        if PREVIEW in request.form:
            seen = spending_rules.preview_price(connection(), form.price, current_time())
            return _page(price=form, price_preview=seen)
        with changing() as change:
            spending_rules.set_price(change, form.price)
        return done(f"The list prices from {form.since.data} were set.", ".index")
    return _page(price=form)


@blueprint.post("/price/<since>/remove")
def remove_price(since: str) -> Response:
    """Delete list prices."""
    with changing() as change:
        spending_rules.remove_price(change, _day(since))
    return done(f"The list prices from {since} were removed.", ".index")


@blueprint.post("/wait-limit")
def set_wait_limit() -> Response | tuple[str, int]:
    """Save limit of queue waits of an operating system."""
    form = WaitForm(request.form, prefix="wait-")
    if not form.validate():
        return _page(wait=form)
    with errors_in(form):
        with changing() as change:
            spending_rules.set_wait_limit(change, form.runner_os.data, float(form.minutes.data))
        return done(f"The {JOB_RUNNER_OS_NAMES[form.runner_os.data]} limit was set.", ".index")
    return _page(wait=form)


@blueprint.post("/wait-limit/<runner_os>/remove")
def remove_wait_limit(runner_os: str) -> Response:
    """Delete a limit of queue waits."""
    if runner_os not in JOB_RUNNER_OS_NAMES:
        abort(404)
    with changing() as change:
        spending_rules.remove_wait_limit(change, runner_os)
    return done(f"{JOB_RUNNER_OS_NAMES[runner_os]} runners no longer have a limit.", ".index")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(404)


def _page(
    budget: BudgetForm | None = None,
    price: PriceForm | None = None,
    wait: WaitForm | None = None,
    **previews: Any,
) -> tuple[str, int]:
    conn, today = connection(), current_time().date()
    budget = budget or BudgetForm(since=week_of(today).since)
    price = price or PriceForm(since=today, prefix="price-")
    wait = wait or WaitForm(prefix="wait-")
    return page(
        "pages/admin/spending/index.html",
        budget,
        price,
        wait,
        budget_form=budget,
        price_form=price,
        wait_form=wait,
        wait_limits=rule_store.fetch_wait_limits(conn),
        queue_waits={found.runner_os: found for found in judge_queue_waits(conn, current_time())},
        wait_days=JUDGED_DAYS,
        least_jobs=MIN_JOBS,
        job_names=JOB_RUNNER_OS_NAMES,
        budgets=rule_store.fetch_budgets(conn),
        judged=judge_budgets(conn, current_time()),
        default_minutes=DEFAULT_MINUTES,
        own_prices=rule_store.fetch_own_prices(conn),
        default_prices=DEFAULT_PRICES,
        prices=rule_store.fetch_prices(conn),
        names=RUNNER_OS_NAMES,
        cost_days=spending_rules.COST_DAYS,
        today=today,
        **{"budget_preview": None, "price_preview": None, **previews},
    )
