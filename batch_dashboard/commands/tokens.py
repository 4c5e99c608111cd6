"""`tokens`: manage the tokens of CI and scripts."""

from datetime import UTC, datetime, timedelta

import click

from batch_dashboard.commands.context import changing, in_application, settings, store
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.services.access import tokens as token_service
from batch_dashboard.services.access.tokens import NewToken
from batch_dashboard.store.access import tokens as token_store


@click.group("tokens")
def tokens() -> None:
    """Manage the tokens with which CI and scripts authenticate."""


@tokens.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=(Scope.INGEST.value,),
    show_default=True,
    help="What the token may do; can be repeated.",
)
@click.option(
    "--ecosystem", "ecosystems", multiple=True, help="Limit to this ecosystem; can be repeated."
)
@click.option(
    "--days", type=click.IntRange(1, 3_650), help="Days until the token expires. Default: never."
)
@click.option("--note", default="", help="Note, for example who is responsible.")
@in_application
def create(
    name: str, scopes: tuple[str, ...], ecosystems: tuple[str, ...], days: int | None, note: str
) -> None:
    """Create a token and print it once."""
    with changing() as change:
        expires_at = None if days is None else change.now + timedelta(days=days)
        made = token_service.create(
            change, settings().secret_key, name, scopes, ecosystems or None, expires_at, note
        )
    _tell(made)


@tokens.command("list")
@in_application
def list_tokens() -> None:
    """List the tokens without their secrets, which are not stored."""
    now = datetime.now(UTC)
    with store().read() as connection:
        found = token_store.fetch_all(connection)
    for token in found:
        only = f" for {', '.join(token.ecosystems)} only" if token.ecosystems else ""
        used = f"last used {token.last_used_at}" if token.last_used_at else "never used"
        click.echo(
            f"{token.id:4} {token.name} ({token.token_prefix}…): {token.state(now)}, "
            f"{token.scopes}{only}, {token.uploads:,} uploads, {used}"
        )


@tokens.command("rotate")
@click.argument("token_id", type=click.IntRange(1))
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 2_160),
    default=24,
    show_default=True,
    help="Hours for which the old token remains valid.",
)
@in_application
def rotate(token_id: int, overlap_hours: int) -> None:
    """Replace a token with a new one; the old one expires after the overlap."""
    with changing() as change:
        overlap = timedelta(hours=overlap_hours)
        made = token_service.rotate(change, settings().secret_key, token_id, overlap)
    _tell(made)
    click.echo(f"Token {token_id} expires in {overlap_hours} hours.")


@tokens.command("revoke")
@click.argument("token_id", type=click.IntRange(1))
@in_application
def revoke(token_id: int) -> None:
    """Revoke a token immediately."""
    with changing() as change:
        token = token_service.revoke(change, token_id)
    click.echo(f"Token {token.name} was revoked.")


def _tell(made: NewToken) -> None:
    click.echo(f"Token {made.id}, {made.name} (shown once): {made.secret}")
