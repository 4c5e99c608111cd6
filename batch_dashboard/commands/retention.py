"""`retention`: set how long rows are kept, and delete older rows."""

from datetime import UTC, datetime

import click

from batch_dashboard.commands.context import actor, changing, in_application, store
from batch_dashboard.errors import InputError
from batch_dashboard.model.administration.retention import Retention
from batch_dashboard.services.administration import retention as retention_service

FOR_EVER = "forever"


@click.group("retention")
def retention() -> None:
    """Set how long results, batch runs and the audit log are kept."""


@retention.command("show")
@in_application
def show() -> None:
    """Show the settings and how many older rows `run` would delete."""
    with store().read() as connection:
        days = retention_service.fetch(connection)
        found = retention_service.preview(connection, days, datetime.now(UTC))
    for (kind, prunable), number in zip(found.items(), days, strict=True):
        kept = "forever" if number is None else f"{number:,} days"
        click.echo(f"{kind:15} kept {kept}; {prunable.rows:,} are older")


@retention.command("set")
@click.option("--results", help="Days, or “forever”.")
@click.option("--runs", help="Days, or “forever”.")
@click.option("--audit", help="Days, or “forever”.")
@in_application
def set_days(results: str | None, runs: str | None, audit: str | None) -> None:
    """Set how long rows are kept; options that are not given keep their value."""
    with changing() as change:
        days = retention_service.fetch(change.connection)
        given = {"results": results, "runs": runs, "audit": audit}
        changes = {name: _days(name, text) for name, text in given.items() if text is not None}
        retention_service.set_days(change, Retention(**{**days._asdict(), **changes}))
    click.echo("Saved. `retention show` lists the number of older rows.")


@retention.command("run")
@in_application
def run() -> None:
    """Delete older rows now, in batches, so that uploads do not have to wait long."""
    pruned = retention_service.prune(store(), actor(), datetime.now(UTC))
    click.echo(f"{pruned.in_words} deleted.")
    longest = round(pruned.longest_seconds * 1000)
    click.echo(f"Uploads waited {longest:,} ms at most.")


def _days(name: str, text: str) -> int | None:
    if text == FOR_EVER:
        return None
    if not text.isdigit():
        raise InputError(name, f"--{name}: {text!r} is neither a number of days nor {FOR_EVER}")
    return int(text)
