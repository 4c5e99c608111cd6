"""`ecosystems`: set targets and expected intervals, pause and resume ecosystems."""

from datetime import timedelta

import click

from batch_dashboard.commands.context import changing, in_application
from batch_dashboard.model.judgement.targets import RuleOverride
from batch_dashboard.services.judgement import ecosystem_rules


@click.group("ecosystems")
def ecosystems() -> None:
    """Set an ecosystem's target and expected interval; pause or resume it."""


@ecosystems.command("rule")
@click.argument("ecosystem")
@click.option("--target", type=float, help="Target success rate, such as 0.95.")
@click.option("--no-target", is_flag=True, help="Remove the target.")
@click.option("--min-attempts", type=int, help="Attempts needed to judge the target. Default: 10.")
@click.option("--expected-hours", type=float, help="Expected hours between runs. Default: learned.")
@click.option(
    "--plan-failures", type=int, help="Failures in a row after which a recipe waits. Default: 5."
)
@click.option("--plan-base-hours", type=float, help="First wait of a recipe. Default: 24.")
@click.option("--plan-cap-hours", type=float, help="Longest wait of a recipe. Default: 168.")
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
    """Set an ecosystem's rule; an option that is not given is reset to its default."""
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
    click.echo(f"The rule of {ecosystem} was set.")


@ecosystems.command("pause")
@click.argument("ecosystem")
@click.option("--reason", required=True, help="Reason, shown on pages and reported to CI.")
@click.option("--link", help="Address of a page about the incident.")
@in_application
def pause(ecosystem: str, reason: str, link: str | None) -> None:
    """Pause an ecosystem: CI is advised to skip it until it is resumed."""
    with changing() as change:
        ecosystem_rules.pause(change, ecosystem, reason, link)
    click.echo(f"{ecosystem} was paused.")


@ecosystems.command("resume")
@click.argument("ecosystem")
@in_application
def resume(ecosystem: str) -> None:
    """End the pause of an ecosystem."""
    with changing() as change:
        ecosystem_rules.resume(change, ecosystem)
    click.echo(f"{ecosystem} was resumed.")


def _hours(hours: float | None) -> timedelta | None:
    return None if hours is None else timedelta(hours=hours)
