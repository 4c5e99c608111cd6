"""`runs`: exclude batch runs from the statistics, restore or delete them."""

import click

from batch_dashboard.commands.context import changing, in_application
from batch_dashboard.services.batch_runs import batch_runs


@click.group("runs")
def runs() -> None:
    """Exclude batch runs from the statistics, restore or delete them."""


@runs.command("exclude")
@click.argument("batch_run_id", type=click.IntRange(1))
@click.option("--reason", required=True, help="Reason, recorded in the audit log.")
@in_application
def exclude(batch_run_id: int, reason: str) -> None:
    """Exclude a batch run from the statistics."""
    with changing() as change:
        batch_runs.exclude(change, batch_run_id, reason)
    click.echo(f"Batch run {batch_run_id} was excluded from the statistics.")


@runs.command("restore")
@click.argument("batch_run_id", type=click.IntRange(1))
@in_application
def restore(batch_run_id: int) -> None:
    """Restore an excluded batch run to the statistics."""
    with changing() as change:
        batch_runs.restore(change, batch_run_id)
    click.echo(f"Batch run {batch_run_id} was restored to the statistics.")


@runs.command("delete")
@click.argument("batch_run_id", type=click.IntRange(1))
@click.option("--reason", required=True, help="Reason, recorded in the audit log.")
@in_application
def delete(batch_run_id: int, reason: str) -> None:
    """Delete a batch run permanently, excluded or not."""
    with changing(frees=True) as change:
        batch_runs.delete(change, batch_run_id, reason)
    click.echo(f"Batch run {batch_run_id} was deleted.")
