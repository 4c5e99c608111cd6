"""`budgets` and `prices`: minutes allowed, and what they cost, each from a day on."""

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
    """Minutes allowed a UTC week."""


@budgets.command("set")
@click.argument("runner_os", type=click.Choice(RUNNER_OS))
@click.argument("minutes", type=float)
@click.option("--since", type=DAY, required=True, help="The Monday it begins.")
@in_application
def set_budget(runner_os: str, minutes: float, since: datetime) -> None:
    """Set the minutes a week of a runner system from a Monday on."""
    with changing() as change:
        spending_rules.set_budget(change, OwnBudget(runner_os, _day(since), minutes))
    click.echo(f"{runner_os} has {minutes:,g} minutes a week from {_day(since)} on.")


@budgets.command("remove")
@click.argument("runner_os", type=click.Choice(RUNNER_OS))
@click.option("--since", type=DAY, required=True, help="The Monday it begins.")
@in_application
def remove_budget(runner_os: str, since: datetime) -> None:
    """Take a budget back; the one before it, or the default, goes on."""
    with changing() as change:
        spending_rules.remove_budget(change, runner_os, _day(since))
    click.echo(f"The {runner_os} budget from {_day(since)} on is taken back.")


@click.group("prices")
def prices() -> None:
    """List prices, US dollars a minute."""


@prices.command("set")
@click.option("--macos", type=float, required=True, help="Dollars a macOS minute.")
@click.option("--linux", type=float, required=True, help="Dollars a Linux minute.")
@click.option("--since", type=DAY, required=True, help="The day they begin.")
@in_application
def set_price(macos: float, linux: float, since: datetime) -> None:
    """Set the list prices from a day on; from the first set here on, no default holds."""
    with changing() as change:
        spending_rules.set_price(change, ListPrice(_day(since), linux, macos))
    click.echo(f"The list prices from {_day(since)} on are set.")


@prices.command("remove")
@click.option("--since", type=DAY, required=True, help="The day they begin.")
@in_application
def remove_price(since: datetime) -> None:
    """Take list prices back; those before them go on."""
    with changing() as change:
        spending_rules.remove_price(change, _day(since))
    click.echo(f"The list prices from {_day(since)} on are taken back.")
