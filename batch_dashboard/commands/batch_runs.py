"""`runs`: out of the statistics, back in, or away for good."""

import click

from batch_dashboard.commands.context import changing, in_application
from batch_dashboard.services.batch_runs import batch_runs


@click.group("runs")
def runs() -> None:
    """Batch runs in the statistics and out of them."""


@runs.command("exclude")
@click.argument("batch_run_id", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why, for whoever wonders later.")
@in_application
def exclude(batch_run_id: int, reason: str) -> None:
    """Take a batch run out of the statistics."""
    with changing() as change:
        batch_runs.exclude(change, batch_run_id, reason)
    click.echo(f"Batch run {batch_run_id} is out of the statistics.")


@runs.command("restore")
@click.argument("batch_run_id", type=click.IntRange(1))
@in_application
def restore(batch_run_id: int) -> None:
    """Put an excluded batch run back."""
    with changing() as change:
        batch_runs.restore(change, batch_run_id)
    click.echo(f"Batch run {batch_run_id} is in the statistics again.")


@runs.command("delete")
@click.argument("batch_run_id", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why, for whoever wonders later.")
@in_application
def delete(batch_run_id: int, reason: str) -> None:
    """Delete a batch run, excluded or not, for good."""
    with changing(frees=True) as change:
        batch_runs.delete(change, batch_run_id, reason)
    click.echo(f"Batch run {batch_run_id} is deleted.")
