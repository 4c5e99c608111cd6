"""`backup`, `restore`, `revocations`: the database as it was at one moment, and back."""

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
    help="Give back access that was revoked after the backup.",
)


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
@BRING_BACK
@in_application
def restore(file: Path, yes: bool, bring_back: bool) -> None:
    """Put FILE in the place of the database, after a check; the old one is kept beside it.

    The service must be stopped. Everybody has to sign in again.
    """
    if not yes:
        click.confirm(f"Replace the database by {file}?", abort=True)
    done = backups.restore(store(), actor(), file, datetime.now(UTC), bring_back=bring_back)
    click.echo(
        f"Restored: {done.contents.batch_runs:,} batch runs, "
        f"{done.contents.recipe_results:,} results."
    )
    if done.before is not None:
        click.echo(f"The database as it was is {done.before}.")
    if not done.was_readable:
        click.echo(
            "The database as it was could not be read, so nobody knows what was revoked after the "
            "backup: look through tokens and users."
        )
    _tell(done.access, bring_back)


@click.group("revocations")
def revocations() -> None:
    """Access that was taken away, kept when another tool restores the database."""


@revocations.command("save")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@in_application
def save(file: Path) -> None:
    """Write to FILE who has access now; it holds hashes, so keep it as a backup is kept."""
    with store().read() as connection:
        access = revocation_service.collect(connection)
    revocation_service.save(access, file)
    click.echo(f"{file}: {len(access.tokens):,} tokens, {len(access.users):,} users.")


@revocations.command("apply")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@BRING_BACK
@in_application
def apply(file: Path, bring_back: bool) -> None:
    """After a restore by another tool: end all sessions, and revoke what FILE says was revoked."""
    kept = revocation_service.settle_restored(
        store(), actor(), file, datetime.now(UTC), bring_back=bring_back
    )
    _tell(kept, bring_back)


def _tell(kept: Kept, bring_back: bool) -> None:
    click.echo(f"Sessions ended: {kept.ended_sessions:,}. Everybody has to sign in again.")
    if kept.revocations:
        what = "has access again" if bring_back else "stays revoked"
        click.echo(f"Revoked after the backup; it {what}:")
        for sentence in kept.revocations:
            click.echo(f"  {sentence}")
    if not kept.has_administrator:
        click.echo(
            "No administrator is left. Make one: "
            "flask --app app users add NAME --role administrator"
        )
