"""Rules of operators for minutes: budgets, list prices and wait limits."""

from datetime import date, datetime
from math import isfinite

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.batch_runs.vocabulary import (
    JOB_RUNNER_OS_NAMES,
    RUNNER_OS,
    RUNNER_OS_NAMES,
)
from batch_dashboard.model.lists.periods import last_days, week_of
from batch_dashboard.model.spending.budget import (
    FORECAST_DAYS,
    Budgets,
    BudgetWeek,
    OwnBudget,
    budget_week,
)
from batch_dashboard.model.spending.prices import ListPrice, cost_of_days, prices_in_force
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.store.batch_runs import ecosystem_days
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.spending import spending_rules

MAX_MINUTES = 10_000_000
MAX_PRICE = 1_000
MAX_WAIT_MINUTES = 7 * 24 * 60
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
COST_DAYS = FORECAST_DAYS


def checked_budget(budget: OwnBudget) -> OwnBudget:
    """The same. Raises InputError that names the invalid field."""
    if budget.runner_os not in RUNNER_OS:
        raise InputError("runner_os", f"choose one of {', '.join(RUNNER_OS_NAMES.values())}")
    if not (isfinite(budget.minutes) and 0 < budget.minutes <= MAX_MINUTES):
        raise InputError("minutes", f"a budget must be above 0 and at most {MAX_MINUTES:,} minutes")
    _checked_day(budget.since)
    if week_of(budget.since).since != budget.since:
        monday = week_of(budget.since).since
        raise InputError("since", f"a budget must begin on a Monday, such as {monday}")
    return budget


def set_budget(change: Change, budget: OwnBudget) -> None:
    """Set the minutes per week of a runner OS from a Monday on. Raises InputError."""
    checked_budget(budget)
    before = spending_rules.fetch_budgets(change.connection).of(budget.runner_os, budget.since)
    spending_rules.replace_budget(change.connection, budget)
    change.record(
        "set budget",
        f"{RUNNER_OS_NAMES[budget.runner_os]} from {budget.since}",
        {"minutes": before},
        {"minutes": budget.minutes},
    )
    change.judge_again()


def remove_budget(change: Change, runner_os: str, since: date) -> None:
    """Delete a budget; the previous one or the default then applies. Raises NotFound."""
    before = spending_rules.fetch_budgets(change.connection)
    if not spending_rules.delete_budget(change.connection, runner_os, since):
        raise NotFound("this budget does not exist; it may have been removed")
    after = spending_rules.fetch_budgets(change.connection)
    change.record(
        "remove budget",
        f"{RUNNER_OS_NAMES[runner_os]} from {since}",
        {"minutes": before.of(runner_os, since)},
        {"minutes": after.of(runner_os, since)},
    )
    change.judge_again()


def preview_budget(
    connection: Connection, budget: OwnBudget, now: datetime
) -> tuple[BudgetWeek, BudgetWeek]:
    """The use of this week's budget, and what it would be with another budget."""
    checked_budget(budget)
    days, ever = ecosystem_days.fetch_recent_use(connection, now.date())
    budgets = spending_rules.fetch_budgets(connection)
    key = (budget.runner_os, budget.since)
    others = [own for own in budgets.own if (own.runner_os, own.since) != key]
    changed = Budgets([*others, budget])
    before, after = (
        budget_week(budget.runner_os, days, now, each, ever[budget.runner_os])
        for each in (budgets, changed)
    )
    return before, after


def checked_price(price: ListPrice) -> ListPrice:
    """The same. Raises InputError that names the invalid field."""
    for runner_os in RUNNER_OS:
        if not (isfinite(price.of(runner_os)) and 0 <= price.of(runner_os) <= MAX_PRICE):
            raise InputError(runner_os, f"a price must be from 0 to {MAX_PRICE:,} dollars a minute")
    _checked_day(price.since)
    return price


def set_price(change: Change, price: ListPrice) -> None:
    """Set the list prices from a day on. Raises InputError."""
    checked_price(price)
    own = {each.since: each for each in spending_rules.fetch_own_prices(change.connection)}
    before = own.get(price.since)
    spending_rules.replace_price(change.connection, price)
    change.record("set prices", f"from {price.since}", before and before._asdict(), price._asdict())


def remove_price(change: Change, since: date) -> None:
    """Delete list prices; the previous ones then apply. Raises NotFound."""
    own = {each.since: each for each in spending_rules.fetch_own_prices(change.connection)}
    if since not in own:
        raise NotFound("these prices do not exist; they may have been removed")
    spending_rules.delete_price(change.connection, since)
    change.record("remove prices", f"from {since}", own[since]._asdict(), None)


def preview_price(connection: Connection, price: ListPrice, now: datetime) -> tuple[float, float]:
    """The cost of the minutes of the last 28 days, and what it would be with other prices."""
    checked_price(price)
    days = ecosystem_days.fetch_day_minutes(connection, last_days(COST_DAYS, now.date()))
    own = [
        each for each in spending_rules.fetch_own_prices(connection) if each.since != price.since
    ]
    before, after = spending_rules.fetch_prices(connection), prices_in_force([*own, price])
    return cost_of_days(days, before), cost_of_days(days, after)


def set_wait_limit(change: Change, runner_os: str, minutes: float) -> None:
    """Set how long jobs may wait for a runner of an operating system. Raises InputError."""
    if runner_os not in JOB_RUNNER_OS_NAMES:
        raise InputError("runner_os", f"choose one of {', '.join(JOB_RUNNER_OS_NAMES.values())}")
    seconds = round(minutes * 60) if isfinite(minutes) else 0
    if not 0 < seconds <= MAX_WAIT_MINUTES * 60:
        raise InputError(
            "minutes", f"a limit must be above 0 and at most {MAX_WAIT_MINUTES:,} minutes"
        )
    before = spending_rules.fetch_wait_limits(change.connection).get(runner_os)
    spending_rules.replace_wait_limit(change.connection, runner_os, seconds)
    _record_wait_limit(change, "set queue wait limit", runner_os, before, seconds)


def remove_wait_limit(change: Change, runner_os: str) -> None:
    """Delete the limit of an operating system. Raises NotFound."""
    before = spending_rules.fetch_wait_limits(change.connection).get(runner_os)
    if not spending_rules.delete_wait_limit(change.connection, runner_os):
        raise NotFound("this limit does not exist; it may have been removed")
    _record_wait_limit(change, "remove queue wait limit", runner_os, before, None)


def _record_wait_limit(
    change: Change, action: str, runner_os: str, before: int | None, after: int | None
) -> None:
    old, new = (None if value is None else {"seconds": value} for value in (before, after))
    change.record(action, JOB_RUNNER_OS_NAMES[runner_os], old, new)
    change.judge_again()


def _checked_day(day: date) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InputError("since", f"choose a day from {FIRST_DAY} to {LAST_DAY}")
