"""Budgets, list prices and wait limits, with the day from which they apply."""

from datetime import date

from sqlalchemy import Connection, delete, insert, select

from batch_dashboard.model.spending.budget import Budgets, OwnBudget
from batch_dashboard.model.spending.prices import ListPrice, prices_in_force
from batch_dashboard.store.schema import list_prices, minute_budgets, wait_limits

_budget = minute_budgets.c
_price = list_prices.c


def fetch_budgets(connection: Connection) -> Budgets:
    """The budgets of all weeks."""
    query = select(_budget.runner_os, _budget.since, _budget.minutes)
    return Budgets(OwnBudget(*row) for row in connection.execute(query))


def replace_budget(connection: Connection, budget: OwnBudget) -> None:
    """Set the budget from a Monday on."""
    delete_budget(connection, budget.runner_os, budget.since)
    connection.execute(insert(minute_budgets).values(**budget._asdict()))


def delete_budget(connection: Connection, runner_os: str, since: date) -> bool:
    """Delete the budget that begins on a day; False if there is none."""
    gone = connection.execute(
        delete(minute_budgets).where(_budget.runner_os == runner_os, _budget.since == since)
    )
    return gone.rowcount > 0


def fetch_own_prices(connection: Connection) -> list[ListPrice]:
    """The list prices set by operators, oldest first."""
    query = select(_price.since, _price.linux, _price.macos).order_by(_price.since)
    return [ListPrice(*row) for row in connection.execute(query)]


def fetch_prices(connection: Connection) -> tuple[ListPrice, ...]:
    """The effective list prices, oldest first."""
    return prices_in_force(fetch_own_prices(connection))


def replace_price(connection: Connection, price: ListPrice) -> None:
    """Set the list prices from a day on."""
    delete_price(connection, price.since)
    connection.execute(insert(list_prices).values(**price._asdict()))


def delete_price(connection: Connection, since: date) -> bool:
    """Delete the list prices that begin on a day; False if there are none."""
    gone = connection.execute(delete(list_prices).where(_price.since == since))
    return gone.rowcount > 0


def fetch_wait_limits(connection: Connection) -> dict[str, int]:
    """The limits of waits in seconds by operating system; others have no limit."""
    query = select(wait_limits.c.runner_os, wait_limits.c.seconds)
    return {row.runner_os: row.seconds for row in connection.execute(query)}


def replace_wait_limit(connection: Connection, runner_os: str, seconds: int) -> None:
    """Set the limit of an operating system."""
    delete_wait_limit(connection, runner_os)
    connection.execute(insert(wait_limits).values(runner_os=runner_os, seconds=seconds))


def delete_wait_limit(connection: Connection, runner_os: str) -> bool:
    """Delete the limit of an operating system; False if there is none."""
    gone = connection.execute(delete(wait_limits).where(wait_limits.c.runner_os == runner_os))
    return gone.rowcount > 0
