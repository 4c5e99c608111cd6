"""`failures`: regroup failed results."""

import sys
from datetime import UTC, datetime

import click
from tqdm import tqdm

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.failures.regrouping import count_failed, regroup_failures


@click.group("failures")
def failures() -> None:
    """Manage failure groups."""


@failures.command("regroup")
@in_application
def regroup() -> None:
    """Group every failed result again by the rule of this version.

    Uploads continue meanwhile. The command can be interrupted and run again; it then continues.
    """
    total = count_failed(store())
    with tqdm(total=total, unit="result", file=sys.stderr, disable=None, unit_scale=True) as bar:
        regrouped = regroup_failures(
            store(), datetime.now(UTC), lambda looked_at: bar.update(looked_at - bar.n)
        )
    with changing() as change:
        moved = {"moved_results": regrouped.moved_results}
        change.record("regroup failures", "failure groups", None, moved)
        change.judge_again()
    click.echo(
        f"{plural(regrouped.moved_results, 'result')} moved to another group; "
        f"there are {plural(regrouped.failure_groups, 'failure group')} now."
    )
