"""`ecosystems`: targets, expected intervals and pauses."""

from datetime import timedelta

import click

from batch_dashboard.commands.context import changing, in_application
from batch_dashboard.model.judgement.targets import RuleOverride
from batch_dashboard.services.judgement import ecosystem_rules


@click.group("ecosystems")
def ecosystems() -> None:
    """What an ecosystem is held to, and whether it is paused."""


@ecosystems.command("rule")
@click.argument("ecosystem")
@click.option("--target", type=float, help="Least success rate, such as 0.95; without: default.")
@click.option("--no-target", is_flag=True, help="Hold it to no success rate at all.")
@click.option("--min-attempts", type=int, help="Fewer are too few to judge; without: 10.")
@click.option("--expected-hours", type=float, help="Silent after so long; without: as usual.")
@click.option("--plan-failures", type=int, help="Failures until a recipe waits; without: 5.")
@click.option("--plan-base-hours", type=float, help="The first wait of a recipe; without: 24.")
@click.option("--plan-cap-hours", type=float, help="The longest wait; without: 168.")
@in_application
def rule(
    ecosystem: str,
    target: float | None,
    no_target: bool,
    min_attempts: int | None,
    expected_hours: float | None,
    plan_failures: int | None,
    plan_base_hours: float | None,
    plan_cap_hours: float | None,
) -> None:
    """Set all of an ecosystem's rule; what is not given goes back to its default."""
    own = RuleOverride(
        not no_target,
        target,
        min_attempts,
        _hours(expected_hours),
        plan_failures,
        _hours(plan_base_hours),
        _hours(plan_cap_hours),
    )
    with changing() as change:
        ecosystem_rules.set_rule(change, ecosystem, own)
    click.echo(f"The rule of {ecosystem} is set.")


@ecosystems.command("pause")
@click.argument("ecosystem")
@click.option("--reason", required=True, help="Why, for CI and everybody who looks.")
@click.option("--link", help="Where more is said.")
@in_application
def pause(ecosystem: str, reason: str, link: str | None) -> None:
    """Tell CI to skip an ecosystem until it is resumed."""
    with changing() as change:
        ecosystem_rules.pause(change, ecosystem, reason, link)
    click.echo(f"{ecosystem} is paused.")


@ecosystems.command("resume")
@click.argument("ecosystem")
@in_application
def resume(ecosystem: str) -> None:
    """End the pause of an ecosystem."""
    with changing() as change:
        ecosystem_rules.resume(change, ecosystem)
    click.echo(f"{ecosystem} goes on.")


def _hours(hours: float | None) -> timedelta | None:
    return None if hours is None else timedelta(hours=hours)
