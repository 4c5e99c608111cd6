"""What the plan would have saved in a history: each case is small enough to follow by hand."""

from typing import Any

import pytest

from batch_dashboard.model.plan.replay import (
    PastAttempt,
    PastRun,
    Replay,
    Replayed,
    add,
    runner_os_of,
)
from batch_dashboard.model.plan.rule import DAY, HOUR, PlanRule
from batch_dashboard.model.plan.streaks import ANY_PLATFORM, Attempt
from batch_dashboard.model.spending.prices import DEFAULT_PRICES

START = 1_800_000_000  # in 2027
RECIPE, OTHER = ("npm", "ripgrep"), ("npm", "fd")


def attempt(hour: int, *, passed: bool = False, **changes: Any) -> PastAttempt:
    recipe, seconds = changes.pop("recipe", RECIPE), changes.pop("duration_seconds", None)
    reason = None if passed else 1
    made = Attempt(START + hour * HOUR, ANY_PLATFORM, passed, reason)._replace(**changes)
    return PastAttempt(recipe, made, seconds)


def run(hour: int, *attempts: PastAttempt, unlisted: int = 0) -> PastRun:
    return PastRun(START + hour * HOUR, attempts, unlisted)


def failing(hours: range) -> list[PastRun]:
    return [run(hour, attempt(hour)) for hour in hours]


def replayed(*runs: PastRun, since: int | None = None, **rule: int) -> Replayed:
    replay = Replay(PlanRule(**rule), DEFAULT_PRICES, since)
    for each in runs:
        replay.follow(each)
    return replay.result


@pytest.mark.parametrize(
    ("hours", "rule", "avoided"),
    [
        (range(5), {}, 0),
        # It fails at hours 0 to 4, waits until hour 28, then until 28 + 48.
        (range(28), {}, 23),
        (range(29), {}, 23),
        (range(76), {}, 23 + 47),
        (range(77), {}, 23 + 47),
        (range(3), {"failures": 1}, 2),
        (range(28), {"cap_seconds": HOUR, "base_seconds": HOUR}, 0),
        (range(28), {"cap_seconds": 2 * HOUR, "base_seconds": 2 * HOUR}, 12),
    ],
)
def test_attempts_during_a_wait_are_avoided(
    hours: range, rule: dict[str, int], avoided: int
) -> None:
    result = replayed(*failing(hours), **rule)

    assert (result.runs, result.attempts, result.avoided) == (len(hours), len(hours), avoided)
    assert result.empty_runs == avoided
    assert result.delays == ()


def test_an_avoided_attempt_does_not_lengthen_the_wait() -> None:
    # Were they counted, the retry at hour 28 would be the 29th failure and the next wait 7 days.
    assert replayed(*failing(range(28 + 48 + 1))).attempts - 70 == 7


def test_a_run_with_another_attempt_is_not_empty() -> None:
    runs = failing(range(5))
    mixed = run(5, attempt(5), attempt(5, passed=True, recipe=OTHER))
    unlisted = run(6, attempt(6), unlisted=2)

    result = replayed(*runs, mixed, unlisted)

    assert (result.avoided, result.empty_runs, result.attempts) == (2, 0, 10)
    assert (result.passes, result.unlisted) == (1, 2)


def test_a_pass_during_a_wait_comes_with_the_first_run_after_it() -> None:
    fixed = run(10, attempt(10, passed=True))
    again = run(12, attempt(12, passed=True))
    later = run(30, attempt(30, passed=True, recipe=OTHER))

    result = replayed(*failing(range(5)), fixed, again, later)

    assert result.delays == (20 * HOUR,)
    assert (result.avoided, result.passes) == (2, 3)
    assert result.median_delay_seconds == result.max_delay_seconds == 20 * HOUR


def test_after_a_late_pass_five_failures_are_needed_again() -> None:
    fixed = run(10, attempt(10, passed=True))
    later = run(30, attempt(30, passed=True, recipe=OTHER))

    result = replayed(*failing(range(5)), fixed, later, *failing(range(31, 37)))

    assert result.avoided == 2  # the pass, and the sixth failure


def test_a_late_pass_counts_until_the_end_of_its_wait_where_no_run_follows() -> None:
    assert replayed(*failing(range(5)), run(10, attempt(10, passed=True))).delays == (18 * HOUR,)


def test_a_pass_that_was_seen_late_counts_until_it_is_recorded() -> None:
    passes = [run(hour, attempt(hour, passed=True)) for hour in (10, 40)]

    assert replayed(*failing(range(5)), *passes).delays == (30 * HOUR,)


def test_every_attempt_of_one_run_follows_the_plan_as_it_was_before() -> None:
    twice = [attempt(5, recipe=OTHER) for _ in range(8)]

    assert replayed(run(5, *twice)).avoided == 0
    assert replayed(run(5, *twice), run(6, attempt(6, recipe=OTHER))).avoided == 1


def test_a_platform_waits_by_itself() -> None:
    runs = [run(hour, attempt(hour, platform="darwin-arm64")) for hour in range(5)]

    assert replayed(*runs, run(5, attempt(5, platform="linux-musl"))).avoided == 0
    assert replayed(*runs, run(5, attempt(5, platform="darwin-arm64"))).avoided == 1


def test_what_is_unknown_stays_unknown() -> None:
    mac: dict[str, Any] = {"platform": "darwin-arm64"}
    runs = [run(hour, attempt(hour, **mac)) for hour in range(5)]
    known = attempt(5, duration_seconds=600.0, **mac)
    unknown = attempt(6, **mac)

    result = replayed(*runs, run(5, known), run(6, unknown))

    assert (result.avoided_seconds, result.unknown_durations) == (600.0, 1)
    assert result.avoided_dollars == pytest.approx(0.62)
    assert result.unknown_costs == 1

    elsewhere = [run(hour, attempt(hour, duration_seconds=60.0)) for hour in range(6)]
    result = replayed(*elsewhere)
    assert (result.avoided_seconds, result.avoided_dollars) == (60.0, 0.0)
    assert (result.unknown_durations, result.unknown_costs) == (0, 1)


def test_runs_before_the_period_are_followed_but_not_counted() -> None:
    runs = [*failing(range(8)), run(8, attempt(8, passed=True))]

    result = replayed(*runs, since=START + 7 * HOUR)
    assert (result.runs, result.attempts, result.avoided, result.delays) == (2, 2, 2, (20 * HOUR,))
    result = replayed(*runs, run(9, attempt(9)), since=START + 9 * HOUR)
    assert (result.runs, result.avoided, result.delays) == (1, 1, ())


def test_sums_of_ecosystems() -> None:
    one = replayed(*failing(range(6)), run(10, attempt(10, passed=True)))

    both = add([one, one])
    assert (both.runs, both.attempts, both.avoided) == (14, 14, 4)
    assert both.delays == (18 * HOUR, 18 * HOUR)
    assert add([]) == Replayed()


@pytest.mark.parametrize(
    ("platform", "runner_os"),
    [
        ("darwin-arm64", "macos"),
        ("macos-14", "macos"),
        ("arm64-osx", "macos"),
        ("linux-glibc-x86_64", "linux"),
        ("ubuntu-24.04", "linux"),
        ("x86_64-unknown-linux-gnu", "linux"),
        ("alpine", "linux"),
        ("windows-latest", None),
        ("search-index", None),
        (ANY_PLATFORM, None),
    ],
)
def test_the_operating_system_of_a_platform(platform: str, runner_os: str | None) -> None:
    assert runner_os_of(platform) == runner_os


def test_the_longest_wait_bounds_the_delay_of_a_pass_where_runs_are_frequent() -> None:
    passes = [run(hour, attempt(hour, passed=True, recipe=OTHER)) for hour in range(60, 24 * 20)]

    result = replayed(*failing(range(50)), run(51, attempt(51, passed=True)), *passes)

    assert len(result.delays) == 1
    assert result.delays[0] <= 7 * DAY
