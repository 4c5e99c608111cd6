"""`setup`: prepare the database before the service starts."""

from datetime import UTC, datetime

import click

from batch_dashboard.commands.context import in_application, settings, store
from batch_dashboard.services.access.first_start import FIRST_USER, make_first_access
from batch_dashboard.services.administration.database import upgrade_database


@click.command("setup")
@in_application
def setup() -> None:
    """Upgrade the database; at the first start, create an administrator and a token."""
    if store().database.create():
        click.echo(f"A new, empty database was created: {store().url.database}")
    upgrade_database(store())
    store().keep_reserve()
    made = make_first_access(store(), settings().secret_key, datetime.now(UTC))
    if made.password:
        click.echo(f"Administrator (shown once): {FIRST_USER} / {made.password}")
    if made.token:
        click.echo(f"Ingest token (shown once):  {made.token}")
