"""`failures`: grouping failed results again."""

import click

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.model.wording import plural
from batch_dashboard.services.failure_groups import regroup_failures


@click.group("failures")
def failures() -> None:
    """Groups of failures that say the same."""


@failures.command("regroup")
@in_application
def regroup() -> None:
    """Group every failed result by the rule in force; uploads wait meanwhile."""
    regrouped = regroup_failures(store())
    with changing() as change:
        moved = {"moved_results": regrouped.moved_results}
        change.record("regroup failures", "failure groups", None, moved)
    click.echo(
        f"{plural(regrouped.moved_results, 'result')} moved into another group; "
        f"there are {plural(regrouped.failure_groups, 'failure group')} now."
    )
