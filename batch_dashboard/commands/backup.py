"""`backup` and `restore`: a SQLite database as it is at one moment, and back."""

from datetime import UTC, datetime
from pathlib import Path

import click

from batch_dashboard.commands.context import actor, in_application, store
from batch_dashboard.services import backups


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@in_application
def backup(file: Path) -> None:
    """Write the database to FILE, whole and checked, while the service goes on."""
    contents = backups.back_up(store(), actor(), file, datetime.now(UTC))
    click.echo(
        f"{file}: {contents.batch_runs:,} batch runs, {contents.recipe_results:,} results, "
        f"{contents.size_bytes / 1024 / 1024:,.1f} MiB, checked."
    )
    click.echo("Keep the secret key with it: without it no token or session is known.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Do not ask.")
@in_application
def restore(file: Path, yes: bool) -> None:
    """Put FILE in the place of the database, after a check; the old one is kept beside it."""
    if not yes:
        click.confirm(f"Replace the database by {file}?", abort=True)
    contents, kept = backups.restore(store(), actor(), file, datetime.now(UTC))
    click.echo(
        f"Restored: {contents.batch_runs:,} batch runs, {contents.recipe_results:,} results. "
        f"The database as it was is {kept}."
    )
