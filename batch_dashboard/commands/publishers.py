"""`publishers`: CI workflows that upload without a stored secret."""

import click

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.model.access.publishers import FIELDS, KIND_NAMES, KINDS, OTHER
from batch_dashboard.services.access import publishers as publisher_service
from batch_dashboard.services.access.tokens import INGEST, READ, SCOPES
from batch_dashboard.store.access import publishers as publisher_store


@click.group("publishers")
def publishers() -> None:
    """Trusted publishers: CI workflows that upload without a stored secret."""


@publishers.command("add")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="github",
    show_default=True,
    help="The CI system that issues the tokens.",
)
@click.option("--repository", default="", help="owner/name; on GitLab the path of the project.")
@click.option("--repository-id", default="", help="Its id, which no other repository can take.")
@click.option("--workflow", default="", help="File name, such as batch.yml.")
@click.option("--ref", default="", help="Branch or tag, such as main.")
@click.option("--environment", default="", help="Deployment environment of the job.")
@click.option("--claim", "claims", multiple=True, help="NAME=VALUE, for another issuer.")
@click.option("--issuer", default="", help="Address of your own server, or of another issuer.")
@click.option("--audience", default="", help="Default: BATCH_DASHBOARD_URL.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    default=(INGEST, READ),
    show_default=True,
    help="What its jobs may do; may be given twice.",
)
@click.option("--ecosystem", "ecosystems", multiple=True, help="Only for this one; may repeat.")
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
    """Register a workflow; a token must match everything that is given."""
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
    """Every trusted publisher."""
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
    """Stop accepting the tokens of a publisher."""
    with changing() as change:
        publisher = publisher_service.remove(change, publisher_id)
    click.echo(f"{publisher.name} is removed: its uploads are rejected.")
