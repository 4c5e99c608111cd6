"""`publishers`: CI workflows that upload without a stored secret."""

import click

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.model.access.publishers import FIELDS, KIND_NAMES, KINDS, OTHER
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.services.access import publishers as publisher_service
from batch_dashboard.store.access import publishers as publisher_store


@click.group("publishers")
def publishers() -> None:
    """Manage trusted publishers: CI workflows that upload without a stored secret."""


@publishers.command("add")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="github",
    show_default=True,
    help="The CI system that issues the tokens.",
)
@click.option("--repository", default="", help="owner/name; on GitLab, the project path.")
@click.option(
    "--repository-id", default="", help="The repository's id, which no other repository can have."
)
@click.option("--workflow", default="", help="File name, such as batch.yml.")
@click.option("--ref", default="", help="Branch or tag, such as main.")
@click.option("--environment", default="", help="Deployment environment of the job.")
@click.option(
    "--claim", "claims", multiple=True, help="NAME=VALUE that a token must have, for --kind other."
)
@click.option(
    "--issuer", default="", help="Issuer address of your own server or of another CI system."
)
@click.option("--audience", default="", help="Default: BATCH_DASHBOARD_URL.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=(Scope.INGEST.value, Scope.READ.value),
    show_default=True,
    help="What its jobs may do; can be repeated.",
)
@click.option(
    "--ecosystem", "ecosystems", multiple=True, help="Limit to this ecosystem; can be repeated."
)
@in_application
def add(
    name: str,
    kind: str,
    claims: tuple[str, ...],
    issuer: str,
    audience: str,
    scopes: tuple[str, ...],
    ecosystems: tuple[str, ...],
    **fields: str,
) -> None:
    """Add a trusted publisher; an identity token must match every given option."""
    wanted = {field: fields[field] for field in FIELDS}
    if kind == OTHER:
        wanted = {key: value for key, _, value in (claim.partition("=") for claim in claims)}
    with changing() as change:
        publisher_id = publisher_service.add(
            change, name, kind, wanted, issuer, audience, scopes, ecosystems or None
        )
    click.echo(f"Trusted publisher {publisher_id}, {name}, can upload from now on.")


@publishers.command("list")
@in_application
def list_publishers() -> None:
    """List the trusted publishers."""
    with store().read() as connection:
        found = publisher_store.fetch_all(connection)
    for publisher in found:
        state = "in force" if publisher.removed_at is None else "removed"
        only = f" for {', '.join(publisher.ecosystems)} only" if publisher.ecosystems else ""
        claims = ", ".join(f"{name} {value}" for name, value in publisher.claims.items())
        click.echo(
            f"{publisher.id:4} {publisher.name} ({KIND_NAMES[publisher.kind]}, {claims}): {state}, "
            f"{' '.join(publisher.scopes)}{only}, {publisher.uploads:,} uploads"
        )


@publishers.command("remove")
@click.argument("publisher_id", type=click.IntRange(1))
@in_application
def remove(publisher_id: int) -> None:
    """Remove a trusted publisher; its identity tokens are rejected from then on."""
    with changing() as change:
        publisher = publisher_service.remove(change, publisher_id)
    click.echo(f"{publisher.name} was removed; its uploads are rejected from now on.")
