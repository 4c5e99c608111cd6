"""What an attempt says about the recipes that the plan left out."""

from itertools import pairwise

import pytest

from batch_dashboard.model.plan.ledger import (
    REMEMBERED_REQUESTS,
    Outcome,
    Request,
    Savings,
    Settled,
    Wait,
    leave_out,
    savings_of,
    settle,
)

HOUR = 3_600


def left_out(*requests: tuple[str | None, int]) -> Wait:
    """The wait of a recipe that these requests were advised to leave out, by batch and hour."""
    wait = None
    for batch_id, hour in requests:
        wait = leave_out(wait, Request(batch_id, hour * HOUR), 1_500) or wait
    assert wait is not None
    return wait


def attempt(
    wait: Wait, batch_id: str, hour: int, *, passed: bool = False, infrastructure: bool = False
) -> Settled:
    """What an attempt of a run that started at an hour says."""
    return settle(wait, batch_id, hour * HOUR, passed=passed, is_infrastructure=infrastructure)


def test_a_wait_counts_each_batch_once() -> None:
    wait = left_out(("a", 1), ("b", 2), ("a", 3), ("b", 4))
    assert (wait.since, wait.left_out, wait.last_at) == (HOUR, 2, 2 * HOUR)
    assert leave_out(wait, Request("a", 9 * HOUR)) is None


def test_requests_without_a_batch_all_count() -> None:
    assert left_out((None, 1), (None, 2), (None, 3)).left_out == 3


def test_a_wait_remembers_few_requests() -> None:
    wait = left_out(*((str(hour), hour) for hour in range(20)))
    assert len(wait.requests) == REMEMBERED_REQUESTS
    assert (wait.since, wait.left_out) == (0, 20)


@pytest.mark.parametrize("batch_id", ["a", "b", "c"])
def test_an_attempt_of_a_batch_that_left_it_out_did_not_follow(batch_id: str) -> None:
    wait = left_out(("a", 1), ("b", 2), ("c", 3))
    settled = attempt(wait, batch_id, 1)
    assert settled.is_not_followed
    assert batch_id not in {request.batch_id for request in settled.wait.requests}
    assert not attempt(settled.wait, batch_id, 1).is_not_followed


def test_an_attempt_of_another_batch_followed() -> None:
    assert not attempt(left_out(("a", 1)), "z", 5).is_not_followed


@pytest.mark.parametrize(("hour", "expected"), [(0, False), (1, True), (2, True), (3, False)])
def test_without_a_batch_the_run_that_started_after_the_request_counts(
    hour: int, *, expected: bool
) -> None:
    wait = left_out((None, 1), ("b", 3))
    assert attempt(wait, "a", hour).is_not_followed is expected


def test_a_pass_is_late_by_the_time_since_it_was_first_left_out() -> None:
    settled = attempt(left_out(("a", 1), ("b", 3)), "z", 25, passed=True)
    assert settled.delay_seconds == 24 * HOUR
    assert settled.wait.since is None


def test_a_pass_that_did_not_follow_the_only_advice_is_not_late() -> None:
    settled = attempt(left_out(("a", 1)), "a", 2, passed=True)
    assert settled.is_not_followed
    assert settled.delay_seconds is None


def test_a_pass_that_did_not_follow_is_late_if_earlier_batches_followed() -> None:
    settled = attempt(left_out(("a", 1), ("b", 5)), "b", 5, passed=True)
    assert (settled.is_not_followed, settled.delay_seconds) == (True, 4 * HOUR)


def test_a_failure_begins_the_wait_again() -> None:
    settled = attempt(left_out(("a", 1), ("b", 3)), "z", 25)
    assert (settled.wait.since, settled.wait.left_out, settled.delay_seconds) == (None, 0, None)
    again = leave_out(settled.wait, Request("d", 30 * HOUR), 2_000)
    assert again is not None
    assert (again.since, again.left_out, again.milliseconds) == (30 * HOUR, 1, 2_000)


def test_a_failure_of_the_infrastructure_changes_nothing() -> None:
    wait = left_out(("a", 1), ("b", 3))
    assert attempt(wait, "z", 25, infrastructure=True) == Settled(
        wait, is_not_followed=False, delay_seconds=None
    )


def test_an_attempt_from_before_the_wait_changes_nothing() -> None:
    wait = left_out(("a", 5))
    for passed in (True, False):
        settled = attempt(wait, "z", 4, passed=passed)
        assert settled == Settled(wait, is_not_followed=False, delay_seconds=None)


@pytest.mark.parametrize(
    ("milliseconds", "platform", "expected"),
    [
        (7, "darwin-arm64", Savings(1, 0, 0, 7, 7, 0)),
        (7, "linux-glibc-x86_64", Savings(1, 0, 0, 7, 0, 7)),
        (7, "", Savings(1, 0, 1, 7, 0, 0)),
        (None, "darwin-arm64", Savings(1, 1, 1, 0, 0, 0)),
    ],
)
def test_unknown_durations_and_systems_are_counted(
    milliseconds: int | None, platform: str, expected: Savings
) -> None:
    assert savings_of(milliseconds, platform) == expected


def test_outcomes_add_up_to_the_longest_delay() -> None:
    outcomes = [Outcome(savings_of(5, ""), 1, delay) for delay in (3, 9, 4)]
    for one, other in pairwise(outcomes):
        both = one.plus(other)
        assert both == other.plus(one)
        assert both.max_delay_seconds == 9
        assert both.not_followed.minus(one.not_followed) == other.not_followed
