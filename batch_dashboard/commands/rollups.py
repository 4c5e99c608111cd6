"""`rollups`: verify the stored sums against the rows, or rebuild them."""

import sys
from datetime import UTC, datetime

import click

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.services.administration.rollups import check_rollups, rebuild_rollups


@click.group("rollups")
def rollups() -> None:
    """Verify or rebuild the stored sums that pages read."""


@rollups.command("verify")
@in_application
def verify() -> None:
    """Compute every sum again and compare; exit code 1 if a row differs."""
    drift = check_rollups(store(), datetime.now(UTC))
    for table, rows in drift.items():
        click.echo(f"{table:24} {'correct' if not rows else f'{rows:,} rows differ'}")
    if any(drift.values()):
        click.echo("Repair them with `flask --app app rollups rebuild`.", err=True)
        sys.exit(1)


@rollups.command("rebuild")
@in_application
def rebuild() -> None:
    """Compute and store every sum again; uploads wait meanwhile."""
    rebuild_rollups(store())
    with changing() as change:
        change.record("rebuild rollups", "rollups")
    click.echo("All rollups and summaries were rebuilt.")
