"""`budgets` and `prices`: set minute budgets and list prices by their first day."""

from datetime import date, datetime

import click

from batch_dashboard.commands.context import changing, in_application
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.spending.budget import OwnBudget
from batch_dashboard.model.spending.prices import ListPrice
from batch_dashboard.services.spending import spending_rules

DAY = click.DateTime(["%Y-%m-%d"])


def _day(moment: datetime) -> date:
    return moment.date()


@click.group("budgets")
def budgets() -> None:
    """Set budgets: CI minutes per UTC week."""


@budgets.command("set")
@click.argument("runner_os", type=click.Choice(RUNNER_OS))
@click.argument("minutes", type=float)
@click.option("--since", type=DAY, required=True, help="First day of the budget, a Monday.")
@in_application
def set_budget(runner_os: str, minutes: float, since: datetime) -> None:
    """Set the minutes per week of a runner OS, starting on a Monday."""
    with changing() as change:
        spending_rules.set_budget(change, OwnBudget(runner_os, _day(since), minutes))
    click.echo(f"Budget for {runner_os} from {_day(since)}: {minutes:,g} minutes per week.")


@budgets.command("remove")
@click.argument("runner_os", type=click.Choice(RUNNER_OS))
@click.option("--since", type=DAY, required=True, help="First day of the budget, a Monday.")
@in_application
def remove_budget(runner_os: str, since: datetime) -> None:
    """Remove a budget; the earlier one, or the default, applies again."""
    with changing() as change:
        spending_rules.remove_budget(change, runner_os, _day(since))
    click.echo(f"The {runner_os} budget from {_day(since)} was removed.")


@click.group("prices")
def prices() -> None:
    """Set list prices in US dollars per minute."""


@prices.command("set")
@click.option("--macos", type=float, required=True, help="US dollars per macOS minute.")
@click.option("--linux", type=float, required=True, help="US dollars per Linux minute.")
@click.option("--since", type=DAY, required=True, help="First day of the prices.")
@in_application
def set_price(macos: float, linux: float, since: datetime) -> None:
    """Set the list prices from a day on; they replace all default prices."""
    with changing() as change:
        spending_rules.set_price(change, ListPrice(_day(since), linux, macos))
    click.echo(f"The list prices from {_day(since)} were set.")


@prices.command("remove")
@click.option("--since", type=DAY, required=True, help="First day of the prices.")
@in_application
def remove_price(since: datetime) -> None:
    """Remove list prices; the earlier ones apply again."""
    with changing() as change:
        spending_rules.remove_price(change, _day(since))
    click.echo(f"The list prices from {_day(since)} were removed.")
