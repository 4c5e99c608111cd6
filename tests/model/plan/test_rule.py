"""The rule of the plan: a table of cases."""

from typing import Any

import pytest

from batch_dashboard.model.plan.rule import (
    DAY,
    HOUR,
    Action,
    Advice,
    PlanRule,
    advise,
    wait_seconds,
)
from batch_dashboard.model.plan.streaks import ANY_PLATFORM, Attempt, Streak, follow, is_known

RULE = PlanRule()
START = 1_800_000_000
BUILD, OTHER = 1, 2
LINUX, MACOS = "linux-glibc-x86_64", "darwin-arm64"
RUN, RETRY, SKIP = Action.RUN, Action.RETRY, Action.SKIP


def failed(hour: float, reason: int = BUILD, **changes: Any) -> Attempt:
    attempt = Attempt(START + int(hour * HOUR), ANY_PLATFORM, passed=False, failure_group_id=reason)
    return attempt._replace(**changes)


def passed(hour: float, platform: str = ANY_PLATFORM) -> Attempt:
    return Attempt(START + int(hour * HOUR), platform, passed=True)


def outage(hour: float) -> Attempt:
    """A failure of the infrastructure."""
    return failed(hour, OTHER, is_infrastructure=True)


def hourly(count: int, **changes: Any) -> list[Attempt]:
    """Failures for one reason at the hours 0, 1, 2 …"""
    return [failed(hour, **changes) for hour in range(count)]


def streak_after(*attempts: Attempt, platform: str = ANY_PLATFORM) -> Streak | None:
    return follow({}, attempts)[0].get(platform)


FIVE = hourly(5)  # the last one at hour 4


@pytest.mark.parametrize(
    ("attempts", "hour", "action", "next_hour"),
    [
        # Nothing is known, or not enough.
        ([], 0, RUN, None),
        ([passed(0)], 1, RUN, None),
        (hourly(4), 4, RUN, None),
        # The fifth failure for one reason begins a wait of a day.
        (FIVE, 4, SKIP, 28),
        (FIVE, 27.99, SKIP, 28),
        (FIVE, 28, RETRY, 28),
        (FIVE, 1_000, RETRY, 28),
        # Each retry that fails doubles the wait, up to a week, from that failure on.
        ([*FIVE, failed(28)], 29, SKIP, 28 + 48),
        ([*FIVE, failed(28), failed(76)], 77, SKIP, 76 + 96),
        ([*FIVE, failed(28), failed(76), failed(172)], 173, SKIP, 172 + 168),
        (hourly(970), 969, SKIP, 969 + 168),
        # A pass ends the wait at once, and a new wait needs five failures again.
        ([*FIVE, passed(28)], 29, RUN, None),
        ([*FIVE, passed(28), *(failed(h) for h in range(29, 33))], 33, RUN, None),
        ([*FIVE, passed(28), *(failed(h) for h in range(29, 34))], 34, SKIP, 33 + 24),
        # So does another reason.
        ([*FIVE, failed(28, OTHER)], 29, RUN, None),
        ([*FIVE, failed(28, OTHER), *(failed(h) for h in range(29, 33))], 33, RUN, None),
        ([failed(h, h % 2) for h in range(40)], 40, RUN, None),
        # Failures of the infrastructure never count: they end no wait, and begin none.
        ([outage(h) for h in range(40)], 40, RUN, None),
        ([*hourly(4), outage(5), outage(6)], 7, RUN, None),
        ([*hourly(4), outage(4.5), failed(5)], 6, SKIP, 29),
        ([*FIVE, outage(28)], 29, RETRY, 28),
        ([*FIVE, outage(5)], 6, SKIP, 28),
    ],
)
def test_what_to_do_with_a_recipe(
    attempts: list[Attempt], hour: float, action: Action, next_hour: float | None
) -> None:
    advice = advise(streak_after(*attempts), RULE, START + int(hour * HOUR))
    due = None if next_hour is None else START + int(next_hour * HOUR)
    assert (advice.action, advice.next_attempt_at) == (action, due)


@pytest.mark.parametrize(
    ("tried", "candidate", "action"),
    [
        # Only a version that is known to be another one ends a wait.
        ("1.0", "1.1", RUN),
        ("1.0", "1.0", SKIP),
        ("1.0", None, SKIP),
        (None, None, SKIP),
        # Which version failed is not known: in case of doubt it runs.
        (None, "1.0", RUN),
    ],
)
def test_another_version_runs_at_once(
    tried: str | None, candidate: str | None, action: Action
) -> None:
    streak = streak_after(*hourly(5, recipe_version=tried))
    assert advise(streak, RULE, START + 5 * HOUR, recipe_version=candidate).action == action


def test_a_version_that_fails_too_begins_a_new_streak() -> None:
    bumped = streak_after(*hourly(5, recipe_version="1.0"), failed(5, recipe_version="1.1"))
    assert advise(bumped, RULE, START + 6 * HOUR, recipe_version="1.1").action == RUN


def test_a_result_without_a_version_is_taken_as_one_of_the_same_version() -> None:
    unstated = streak_after(*hourly(5, recipe_version="1.0"), failed(5))
    assert unstated is not None
    assert unstated.same_reason == 6
    assert advise(unstated, RULE, START + 6 * HOUR, recipe_version="1.0").action == SKIP
    assert advise(unstated, RULE, START + 6 * HOUR, recipe_version="1.1").action == RUN


def test_an_operator_can_ask_for_one_attempt() -> None:
    asked_at = START + 5 * HOUR
    advice = advise(streak_after(*FIVE), RULE, asked_at + 60, requested_at=asked_at)
    assert advice == Advice(RETRY, "an operator asked for it", asked_at)
    tried = streak_after(*FIVE, failed(6))
    assert advise(tried, RULE, START + 7 * HOUR, requested_at=asked_at).action == SKIP


@pytest.mark.parametrize(
    ("passes_on", "failing"),
    [
        (LINUX, {MACOS: 5}),
        (MACOS, {LINUX: 5}),
        # A pass somewhere may have been on the platform that other results did not state.
        (ANY_PLATFORM, {}),
    ],
)
def test_platforms_have_streaks_of_their_own(passes_on: str, failing: dict[str, int]) -> None:
    attempts = [*hourly(5, platform=LINUX), *hourly(5, platform=MACOS), *FIVE]
    streaks, _ = follow({}, [*attempts, passed(6, passes_on)])
    assert {platform: streak.same_reason for platform, streak in streaks.items()} == failing


def test_a_recipe_that_passes_on_another_platform_runs_where_the_platform_is_not_known() -> None:
    streak = streak_after(*hourly(5, platform=MACOS), platform=MACOS)
    now = START + 5 * HOUR
    assert advise(streak, RULE, now, passed_at=START + 2 * HOUR).action == RUN
    assert advise(streak, RULE, now, passed_at=START - 1).action == SKIP


def test_the_parameters_are_an_ecosystem_s_own() -> None:
    rule = PlanRule(failures=3, base_seconds=2 * HOUR, cap_seconds=5 * HOUR)
    waits = [wait_seconds(same_reason, rule) for same_reason in range(1, 7)]
    assert waits == [None, None, 2 * HOUR, 4 * HOUR, 5 * HOUR, 5 * HOUR]
    assert wait_seconds(10**9, RULE) == 7 * DAY


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([failed(0), failed(1), *hourly(3)], [False] * 4 + [True]),
        # Three of one reason after others: it is stuck. Five of five reasons are five pieces of
        # news.
        ([failed(0, 8), failed(0, 9), *hourly(3)], [False] * 4 + [True]),
        ([failed(h, h) for h in range(5)], [False] * 5),
        # Once it is known, a failure of the infrastructure is no news either; a pass is.
        ([*FIVE, outage(6), passed(7), failed(8)], [False] * 4 + [True, True, False, False]),
        # Another version begins anew.
        (
            [*hourly(5, recipe_version="1"), failed(6, recipe_version="2")],
            [False] * 4 + [True, False],
        ),
    ],
)
def test_from_when_on_a_recipe_is_known_to_fail(
    attempts: list[Attempt], expected: list[bool]
) -> None:
    streaks, known = follow({}, attempts)
    assert known == expected
    assert is_known(streaks.get(ANY_PLATFORM)) == expected[-1]
