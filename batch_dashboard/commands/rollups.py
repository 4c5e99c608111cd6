"""`rollups`: hold the kept sums against the rows they sum."""

import sys
from datetime import UTC, datetime

import click

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.services.administration.rollups import check_rollups, rebuild_rollups


@click.group("rollups")
def rollups() -> None:
    """Check or mend the sums that pages read."""


@rollups.command("verify")
@in_application
def verify() -> None:
    """Sum everything again and compare; exit code 1 where a row differs."""
    drift = check_rollups(store(), datetime.now(UTC))
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
    with changing() as change:
        change.record("rebuild rollups", "rollups")
    click.echo("Every rollup and summary was built again.")
