"""`backup`, `restore` and `revocations`: save and restore the database."""

from datetime import UTC, datetime
from pathlib import Path

import click

from batch_dashboard.commands.context import actor, in_application, store
from batch_dashboard.services.access import revocations as revocation_service
from batch_dashboard.services.access.revocations import Kept
from batch_dashboard.services.administration import backups

BRING_BACK = click.option(
    "--bring-back-revoked",
    "bring_back",
    is_flag=True,
    help="Restore access that was revoked after the backup.",
)


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@in_application
def backup(file: Path) -> None:
    """Write a complete, checked copy of the database to FILE while the service runs."""
    contents = backups.back_up(store(), actor(), file, datetime.now(UTC))
    click.echo(
        f"{file}: {contents.batch_runs:,} batch runs, {contents.recipe_results:,} results, "
        f"{contents.size_bytes / 1024 / 1024:,.1f} MiB, checked."
    )
    click.echo(
        "Keep the secret key with the backup: without it, all tokens and sessions become invalid."
    )


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@BRING_BACK
@in_application
def restore(file: Path, yes: bool, bring_back: bool) -> None:
    """Check FILE and replace the database with it; the old database is kept beside it.

    The service must be stopped. All users must sign in again.
    """
    if not yes:
        click.confirm(f"Replace the database with {file}?", abort=True)
    done = backups.restore(store(), actor(), file, datetime.now(UTC), bring_back=bring_back)
    click.echo(
        f"Restored: {done.contents.batch_runs:,} batch runs, "
        f"{done.contents.recipe_results:,} results."
    )
    if done.before is not None:
        click.echo(f"The previous database was kept as {done.before}.")
    if not done.was_readable:
        click.echo(
            "The previous database could not be read, so revocations after the backup are unknown. "
            "backup: look through tokens and users."
        )
    _tell(done.access, bring_back)


@click.group("revocations")
def revocations() -> None:
    """Keep revocations when another tool restores the database."""


@revocations.command("save")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@in_application
def save(file: Path) -> None:
    """Write the present tokens and users to FILE; protect it like a backup: it has hashes."""
    with store().read() as connection:
        access = revocation_service.collect(connection)
    revocation_service.save(access, file)
    click.echo(f"{file}: {len(access.tokens):,} tokens, {len(access.users):,} users.")


@revocations.command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@BRING_BACK
@in_application
def apply(file: Path, bring_back: bool) -> None:
    """After a restore by another tool, end all sessions and revoke access again as FILE states."""
    kept = revocation_service.settle_restored(
        store(), actor(), file, datetime.now(UTC), bring_back=bring_back
    )
    _tell(kept, bring_back)


def _tell(kept: Kept, bring_back: bool) -> None:
    click.echo(f"Sessions ended: {kept.ended_sessions:,}. All users must sign in again.")
    if kept.revocations:
        what = "access restored" if bring_back else "still revoked"
        click.echo(f"Revoked after the backup, {what}:")
        for sentence in kept.revocations:
            click.echo(f"  {sentence}")
    if not kept.has_administrator:
        click.echo(
            "No administrator is left. Create one: "
            "flask --app app users add NAME --role administrator"
        )
