"""`known-issues`: failures that are expected until a given day."""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import TextIO

import click

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.errors import InputError
from batch_dashboard.model.failures.known_issue_list import ListedIssue, read_list, write_list
from batch_dashboard.model.failures.known_issues import IssueSubject
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.failures import known_issues as service
from batch_dashboard.store.failures import known_issues as issue_store
from batch_dashboard.store.failures.known_issues import NewIssue

USUAL_DAYS = 30
LIST_FILE = click.argument("file", type=click.File("r", encoding="utf-8-sig"))
OF_ECOSYSTEM = click.option("--ecosystem", help="Ecosystem of rows that do not name one.")


@click.group("known-issues")
def known_issues() -> None:
    """Manage known issues: failures that are expected until a given day."""


@known_issues.command("list")
@in_application
def list_issues() -> None:
    """List the open known issues by expiry."""
    today = datetime.now(UTC).date()
    with store().read() as connection:
        found = issue_store.fetch_open(connection, today, with_passes=True)
    for issue in found:
        notes = [
            *(["passes now"] if issue.passes_now else []),
            *(["expires soon"] if issue.expires_soon(today) else []),
            *filter(None, (issue.link, issue.note)),
        ]
        click.echo(
            f"{issue.id:4} until {issue.expires_on} {issue.subject.in_words}: {', '.join(notes)}"
        )


@known_issues.command("add")
@click.option("--ecosystem", help="Ecosystem of the recipe.")
@click.option("--recipe", help="Recipe whose failures are expected.")
@click.option("--platform", help="Limit to this platform. Default: every platform.")
@click.option(
    "--failure-group",
    type=click.IntRange(0),
    help="Number of a failure group, instead of a recipe.",
)
@click.option("--link", default="", help="Link to details, such as a ticket.")
@click.option("--note", default="", help="The reason why these failures are expected.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    help=f"Last day, such as 2026-12-31. Default: in {USUAL_DAYS} days.",
)
@in_application
def add(
    ecosystem: str | None,
    recipe: str | None,
    platform: str | None,
    failure_group: int | None,
    link: str,
    note: str,
    expires: datetime | None,
) -> None:
    """Add a known issue of a recipe or of a failure group."""
    if failure_group is not None and (recipe or platform):
        raise InputError("subject", "give a recipe or a failure group, not both")
    subject = IssueSubject(None, ecosystem, recipe, platform)
    if failure_group is not None:
        subject = IssueSubject(failure_group)
    with changing() as change:
        last: date = expires.date() if expires else change.now.date() + timedelta(days=USUAL_DAYS)
        issue_id = service.add(change, NewIssue(subject, link, note, last))
    click.echo(f"Known issue {issue_id}: failures of {subject.in_words} are expected until {last}.")


@known_issues.command("close")
@click.argument("issue_id", type=click.IntRange(1))
@in_application
def close(issue_id: int) -> None:
    """Close a known issue; its failures cause incidents again."""
    with changing() as change:
        issue = service.close(change, issue_id)
    click.echo(f"The known issue of {issue.subject.in_words} was closed.")


@known_issues.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
@in_application
def export(file: TextIO) -> None:
    """Print the open known issues as CSV."""
    with store().read() as connection:
        found = issue_store.fetch_open(connection, datetime.now(UTC).date())
    file.write(write_list(found))


@known_issues.command("import")
@LIST_FILE
@OF_ECOSYSTEM
@in_application
def import_issues(file: TextIO, ecosystem: str | None) -> None:
    """Add and update known issues from a CSV file; others do not change."""
    rows = _read(file, ecosystem)
    with changing() as change:
        report = service.import_list(change, rows)
    _tell(report)


@known_issues.command("sync")
@LIST_FILE
@OF_ECOSYSTEM
@in_application
def sync(file: TextIO, ecosystem: str | None) -> None:
    """Add and update known issues from a CSV file, and close those that it no longer lists.

    The command can be repeated. Known issues that were added in another way do not change.
    """
    rows = _read(file, ecosystem)
    with changing() as change:
        report = service.sync_list(change, rows)
    _tell(report)


def _read(file: TextIO, ecosystem: str | None) -> list[ListedIssue]:
    try:
        return read_list(file.read(), ecosystem)
    except UnicodeDecodeError:
        raise InputError("file", f"{file.name} is not in UTF-8") from None


def _tell(report: service.SyncReport) -> None:
    for word, subjects in (
        ("added", report.added),
        ("updated", report.updated),
        ("closed", report.closed),
        ("skipped", report.skipped),
    ):
        for subject in subjects:
            click.echo(f"{word}: {subject}")
    changed = len(report.added) + len(report.updated) + len(report.closed)
    click.echo(
        f"{plural(changed, 'known issue')} changed, {report.unchanged:,} unchanged.",
        file=sys.stderr,
    )
