"""`plan`: what letting recipes wait would have saved."""

import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import click
from tqdm import tqdm

from batch_dashboard.commands.context import in_application, store
from batch_dashboard.model.plan.breaker_replay import BreakerReplayed
from batch_dashboard.model.plan.breaker_replay import add as add_breakers
from batch_dashboard.model.plan.replay import Replayed, add
from batch_dashboard.model.plan.rule import PlanRule
from batch_dashboard.model.text.wording import count, dollars, duration, percent, plural
from batch_dashboard.services.plan.replay import follow_breaker, replay
from batch_dashboard.store.batch_runs.batch_runs import fetch_ecosystems
from batch_dashboard.store.judgement.ecosystem_rules import find_plan_rule
from batch_dashboard.store.plan.history import count_attempts

UNITS = {"m": 60, "h": 3_600, "d": 86_400}
HEADINGS = ("", "attempts", "avoided", "share", "runs", "empty", "passes", "later", "longest")


class Seconds(click.ParamType[int]):
    """A length of time such as `90m`, `24h` or `7d`, in seconds."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The seconds; fails with a message that states the form."""
        found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", value)
        if found is None:
            self.fail(f"{value!r} is not a number with m, h or d, such as 24h or 7d", param, ctx)
        return int(found[1]) * UNITS[found[2]]


@click.group("plan")
def plan() -> None:
    """Show what the plan would avoid: recipes that CI skips because they are known to fail."""


@plan.command("replay")
@click.option("--ecosystem", help="Limit to this ecosystem. Default: all.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day of the counted runs.")
@click.option(
    "--failures",
    type=click.IntRange(1, 1_000),
    help="Failures in a row after which a recipe waits.",
)
@click.option("--base", type=Seconds(), help="First wait, such as 24h.")
@click.option("--cap", type=Seconds(), help="Longest wait, such as 7d.")
@in_application
def replay_plan(
    ecosystem: str | None,
    since: datetime | None,
    failures: int | None,
    base: int | None,
    cap: int | None,
) -> None:
    """Replay the stored history and print what the plan would have avoided.

    Options that are not given have the values of each ecosystem's rule.
    """
    now = datetime.now(UTC)
    since = None if since is None else since.replace(tzinfo=UTC)
    with store().read() as connection:
        names = [span.ecosystem for span in fetch_ecosystems(connection)]
        if ecosystem is not None:
            if ecosystem not in names:
                raise click.ClickException(f"no batch run of the ecosystem {ecosystem} is stored")
            names = [ecosystem]
        total = sum(count_attempts(connection, name, None, now) for name in names)
        replayed = {}
        with tqdm(total=total, unit="attempt", file=sys.stderr, disable=None) as bar:
            for name in names:
                own = find_plan_rule(connection, name)
                rule = PlanRule(
                    failures or own.failures, base or own.base_seconds, cap or own.cap_seconds
                )
                if rule.base_seconds > rule.cap_seconds:
                    raise click.ClickException(
                        f"the first wait of {name} ({duration(rule.base_seconds)}) must not be "
                        f"longer than its longest wait ({duration(rule.cap_seconds)})"
                    )
                replayed[name] = replay(connection, name, rule, since, now, bar.update)
        stopped = add_breakers(follow_breaker(connection, name, since) for name in names)
    _print(replayed)
    click.echo("")
    for line in _breaker_sentences(stopped):
        click.echo(line)


def _print(replayed: Mapping[str, Replayed]) -> None:
    rows = [_row(name, of) for name, of in replayed.items()]
    total = add(replayed.values())
    if len(rows) > 1:
        rows.append(_row("all", total))
    table = [HEADINGS, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *others in table:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        click.echo("  ".join([first.ljust(widths[0]), *cells]))
    click.echo("")
    for line in _sentences(total):
        click.echo(line)


def _row(name: str, of: Replayed) -> tuple[str, ...]:
    return (
        name,
        count(of.attempts),
        count(of.avoided),
        percent(of.avoided_share),
        count(of.runs),
        count(of.empty_runs),
        count(of.passes),
        count(len(of.delays)),
        "–" if of.max_delay_seconds is None else duration(of.max_delay_seconds),
    )


def _breaker_sentences(total: BreakerReplayed) -> list[str]:
    """What following the circuit breaker would have stopped, and when its passes would come."""
    lines = [
        f"The circuit breaker alone would have stopped {count(total.stopped)} of "
        f"{plural(total.runs, 'run')}."
    ]
    if total.median_delay_seconds is not None and total.max_delay_seconds is not None:
        lines.append(
            f"{count(len(total.delays))} of {count(total.passes)} passes would have come later: "
            f"the median by {duration(total.median_delay_seconds)}, the longest by "
            f"{duration(total.max_delay_seconds)}."
        )
    else:
        lines.append(f"None of {count(total.passes)} passes would have happened later.")
    if total.lost:
        lines.append(f"After {count(total.lost)} other passes no run was let through.")
    return lines


def _sentences(total: Replayed) -> list[str]:
    """What was avoided, and what of it is unknown."""
    known = total.avoided - total.unknown_durations
    priced = total.avoided - total.unknown_costs
    lines = [
        f"Of {plural(total.attempts, 'attempt')} {count(total.avoided)} would have been avoided, "
        f"and {count(total.empty_runs)} of {plural(total.runs, 'run')} would have been empty.",
        f"Time avoided: {duration(total.avoided_seconds)}, known for {count(known)} of "
        f"{plural(total.avoided, 'avoided attempt')}."
        if known
        else "The time avoided is unknown: no avoided attempt states its duration.",
        f"Cost avoided: {dollars(total.avoided_dollars)} at list price, known for "
        f"{count(priced)} of {plural(total.avoided, 'avoided attempt')}."
        if priced
        else "The cost avoided is unknown: no avoided attempt states its duration and platform.",
    ]
    if total.unlisted:
        lines.append(
            f"{plural(total.unlisted, 'attempt')} are counted by their runs but not listed, or "
            "their results were deleted: the plan cannot leave these out."
        )
    if total.median_delay_seconds is not None and total.max_delay_seconds is not None:
        lines.append(
            f"{count(len(total.delays))} of {count(total.passes)} listed passes would have come "
            f"later: the median by {duration(total.median_delay_seconds)}, "
            f"the longest by {duration(total.max_delay_seconds)}."
        )
    else:
        lines.append(f"None of {count(total.passes)} listed passes would have happened later.")
    return lines
