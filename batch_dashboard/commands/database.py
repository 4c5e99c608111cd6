"""`database`: upgrade, downgrade and compact the database."""

from datetime import UTC, datetime

import click

from batch_dashboard.commands.context import actor, changing, in_application, store
from batch_dashboard.services.administration import backups
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.store import migrations


@click.group("database")
def database() -> None:
    """Upgrade or downgrade the database schema, or compact the file."""


@database.command("upgrade")
@in_application
def upgrade() -> None:
    """Upgrade the schema to the latest revision and compute missing rollups."""
    if store().database.create():
        click.echo(f"A new, empty database was created: {store().url.database}")
    before = _revision()
    filled = upgrade_database(store())
    if _revision() != before:
        with changing() as change:
            after = {"revision": _revision()}
            change.record("upgrade database", "database", {"revision": before}, after)
    click.echo(f"The database is at revision {_revision()}.")
    if filled:
        click.echo("Rollups were computed from the stored batch runs.")


@database.command("compact")
@in_application
def compact() -> None:
    """Rewrite a SQLite file without unused space; uploads wait meanwhile."""
    before, after = backups.compact(store(), actor(), datetime.now(UTC))
    click.echo(f"{before / 1024 / 1024:,.1f} MiB became {after / 1024 / 1024:,.1f} MiB.")


@database.command("downgrade")
@click.argument("revision")
@in_application
def downgrade(revision: str) -> None:
    """Downgrade the schema to REVISION (0001 keeps all batch runs; base deletes everything)."""
    migrations.downgrade(store(), revision)
    click.echo(f"The database is at revision {_revision()}.")


@database.command("current")
@in_application
def current() -> None:
    """Print the schema's revision and the latest revision."""
    click.echo(f"{_revision()} (latest: {migrations.latest_revision()})")


def _revision() -> str:
    with store().read() as connection:
        return migrations.current_revision(connection) or "base"
