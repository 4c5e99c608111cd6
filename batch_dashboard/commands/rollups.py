"""`rollups`: hold the kept sums against the rows they sum."""

import sys

import click

from batch_dashboard.commands.context import in_application, store
from batch_dashboard.services.rollups import rebuild_rollups, verify_rollups


@click.group("rollups")
def rollups() -> None:
    """Check or mend the sums that pages read."""


@rollups.command("verify")
@in_application
def verify() -> None:
    """Sum everything again and compare; exit code 1 where a row differs."""
    drift = verify_rollups(store())
    for table, rows in drift.items():
        click.echo(f"{table:24} {'right' if not rows else f'{rows:,} rows differ'}")
    if any(drift.values()):
        click.echo("`flask --app app rollups rebuild` mends this.", err=True)
        sys.exit(1)


@rollups.command("rebuild")
@in_application
def rebuild() -> None:
    """Sum everything again and store it; uploads wait meanwhile."""
    rebuild_rollups(store())
    click.echo("Every rollup and summary was built again.")
