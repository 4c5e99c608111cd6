"""The rule of the plan: when a recipe that fails is worth another attempt. Pure.

A recipe that failed several times for one reason waits before it is tried again, and each failed
retry doubles the wait. Whatever is new lets it run at once: a pass, another reason, another version
or the request of an operator. In case of doubt a recipe runs. Source: docs/plan.md, "The rule".
"""

from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.model.plan.streaks import Streak, is_other_version

HOUR = 3_600
DAY = 24 * HOUR
# More doublings than this are longer than any wait.
MAX_DOUBLINGS = 30


class Action(StrEnum):
    """What CI is advised to do with a recipe."""

    RUN = "run"
    RETRY = "retry"  # run it, before all others: its wait is over
    SKIP = "skip"  # it waits
    EXPECTED = "expected"  # it has a known issue


class PlanRule(NamedTuple):
    """The parameters of an ecosystem's plan."""

    failures: int = 5  # in a row for one reason, until a recipe waits
    base_seconds: int = DAY  # the first wait
    cap_seconds: int = 7 * DAY  # the longest wait


DEFAULT_RULE = PlanRule()


class Advice(NamedTuple):
    """What to do with a recipe, why, and when it may be tried again in Unix seconds."""

    action: Action
    because: str
    next_attempt_at: int | None = None  # None: it does not wait


NOT_OFTEN = Advice(Action.RUN, "it has not failed often enough for one reason")
PASSES_ELSEWHERE = Advice(Action.RUN, "it passed on another platform since it began to fail")
VERSION_CHANGED = Advice(Action.RUN, "its version changed")
VERSION_UNKNOWN = Advice(Action.RUN, "the version that failed is unknown")


def wait_seconds(same_reason: int, rule: PlanRule) -> int | None:
    """How long a recipe waits after so many failures for one reason; None: it does not wait."""
    retries = same_reason - rule.failures
    if retries < 0:
        return None
    return min(rule.base_seconds << min(retries, MAX_DOUBLINGS), rule.cap_seconds)


def advise(
    streak: Streak | None,
    rule: PlanRule,
    now: int,
    *,
    recipe_version: str | None = None,
    passed_at: int | None = None,
    requested_at: int | None = None,
) -> Advice:
    """What to do with a recipe now, by its streak where it would run; times in Unix seconds.

    `recipe_version` is the version that would be tried, `passed_at` the last pass on any platform
    if the platform is not known, and `requested_at` when an operator last asked to try the recipe.
    None: unknown, or never.
    """
    wait = None if streak is None else wait_seconds(streak.same_reason, rule)
    if streak is None or wait is None:
        return NOT_OFTEN
    if passed_at is not None and passed_at > streak.began_at:
        return PASSES_ELSEWHERE
    if is_other_version(streak.recipe_version, recipe_version):
        return VERSION_CHANGED
    if streak.recipe_version is None and recipe_version is not None:
        return VERSION_UNKNOWN
    if requested_at is not None and requested_at >= streak.last_failed_at:
        return Advice(Action.RETRY, "an operator asked for it", requested_at)
    due = streak.last_failed_at + wait
    if now >= due:
        return Advice(Action.RETRY, "its wait is over", due)
    because = f"it failed {streak.same_reason:,} times in a row for the same reason"
    return Advice(Action.SKIP, because, due)
