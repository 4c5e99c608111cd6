"""Every state of an ecosystem at its boundaries, worked by hand."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from batch_dashboard.model.alerts.attention import Facts, findings, without_general_silence
from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.judgement import slo
from batch_dashboard.model.judgement.circuit_breaker import Change
from batch_dashboard.model.judgement.ecosystem_health import (
    EcosystemHealth,
    EcosystemState,
    FailingRuns,
    Pause,
    PipelineFacts,
    RecentRun,
    judge_ecosystem,
    usual_interval,
)
from batch_dashboard.model.judgement.slo import Attempts, SloState
from batch_dashboard.model.judgement.targets import EcosystemRule, default_rule

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
TODAY = NOW.date()
HOUR = timedelta(hours=1)
NO_RUNS = [slo.WindowRuns(0, slo.NONE)] * 4


def judged(now: datetime = NOW, **changes: Any) -> EcosystemHealth:
    last = now - HOUR
    facts = PipelineFacts(
        EcosystemSpan("homebrew", last - 90 * HOUR, last, last),
        [RecentRun(last - 2 * n * HOUR, False) for n in range(20)],
        FailingRuns(0, None, None),
        {},
        NO_RUNS,
        None,
        EcosystemRule(0.85),
        None,
    )
    return judge_ecosystem(facts._replace(**changes), now)


def days(passed: int, failed: int, day: date = TODAY) -> dict[date, Attempts]:
    return {day: Attempts(passed, failed)}


@pytest.mark.parametrize(
    ("passed", "failed", "state"),
    [
        (0, 0, SloState.TOO_FEW),
        (1, 0, SloState.TOO_FEW),
        (0, 1, SloState.TOO_FEW),
        (0, 9, SloState.TOO_FEW),
        (9, 0, SloState.TOO_FEW),
        (10, 0, SloState.MET),
        (0, 10, SloState.BREACHED),
        (9, 1, SloState.MET),
        # 8 of 10 is below 85 %, but up to 94.3 % is likely.
        (8, 2, SloState.AT_RISK),
        # 5 of 10: the interval ends at 76.3 %.
        (5, 5, SloState.BREACHED),
        # Exactly at the target, however it is rounded.
        (17, 3, SloState.MET),
        (85, 15, SloState.MET),
        (8_500, 1_500, SloState.MET),
        (8_499, 1_501, SloState.AT_RISK),
        (8_300, 1_700, SloState.BREACHED),
    ],
)
def test_a_target_is_judged_by_the_interval(passed: int, failed: int, state: str) -> None:
    assert judged(days=days(passed, failed)).state == state


@pytest.mark.parametrize(
    ("passed", "failed", "severity"),
    [
        (49, 51, Severity.CRITICAL),
        (50, 50, Severity.WARNING),
        (8, 2, Severity.NOTICE),
        (17, 3, None),
        (1, 1, None),
    ],
)
def test_how_bad_it_is(passed: int, failed: int, severity: str | None) -> None:
    assert judged(days=days(passed, failed)).severity == severity


def test_seven_utc_days_are_judged() -> None:
    seventh = TODAY - timedelta(days=6)
    assert judged(days=days(0, 10, seventh)).state == SloState.BREACHED
    assert judged(days=days(0, 10, seventh - timedelta(days=1))).state == SloState.TOO_FEW


def test_a_week_change_changes_nothing_for_the_target() -> None:
    sunday = TODAY - timedelta(days=1)
    assert judged(days=days(0, 10, sunday)).state == SloState.BREACHED


def test_without_a_target_nothing_is_judged() -> None:
    assert judged(days=days(0, 100), rule=EcosystemRule(None)).state == SloState.NO_TARGET


def test_the_least_number_of_attempts_can_be_set() -> None:
    assert judged(days=days(0, 10), rule=EcosystemRule(0.85, 11)).state == SloState.TOO_FEW
    assert judged(days=days(0, 1), rule=EcosystemRule(0.85, 1)).state == SloState.BREACHED


def test_since_when_a_target_is_breached() -> None:
    started = TODAY - timedelta(days=3)
    of_days = {started + timedelta(days=n): Attempts(0, 10) for n in range(4)}
    of_days[started - timedelta(days=1)] = Attempts(100, 0)
    # 0 of 10, then 100 of 110, 100 of 120, 100 of 130 and 100 of 140 in seven days.
    assert judged(days=of_days).since.date() == TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("silent_for", "state"),
    [
        (timedelta(hours=6), SloState.TOO_FEW),
        (timedelta(hours=6, seconds=1), EcosystemState.SILENT),
    ],
)
def test_silent_after_three_usual_intervals(silent_for: timedelta, state: str) -> None:
    last = NOW - silent_for
    span = EcosystemSpan("homebrew", last, last, None)
    recent = [RecentRun(last - 2 * n * HOUR, False) for n in range(20)]
    health = judged(span=span, recent=recent)
    assert health.state == state
    if state == EcosystemState.SILENT:
        assert "the usual interval is 2 h 0 min" in health.sentence
        assert health.since == last


@pytest.mark.parametrize(
    ("silent_for", "state"), [(24, SloState.TOO_FEW), (25, EcosystemState.SILENT)]
)
def test_an_interval_set_by_hand_counts_once(silent_for: int, state: str) -> None:
    last = NOW - silent_for * HOUR
    span = EcosystemSpan("homebrew", last, last, None)
    rule = EcosystemRule(0.85, expected_interval=timedelta(days=1))
    health = judged(span=span, rule=rule)
    assert health.state == state
    if state == EcosystemState.SILENT:
        assert "the expected interval is 1 day" in health.sentence


@pytest.mark.parametrize(("days_ago", "state"), [(7, SloState.TOO_FEW), (8, EcosystemState.SILENT)])
def test_an_ecosystem_seen_once_is_silent_after_a_week(days_ago: int, state: str) -> None:
    last = NOW - timedelta(days=days_ago)
    health = judged(
        span=EcosystemSpan("homebrew", last, last, None), recent=[RecentRun(last, False)]
    )
    assert health.state == state


def test_runs_posted_in_one_go_are_not_the_usual_interval() -> None:
    starts = [
        NOW - n * timedelta(days=1) + m * timedelta(minutes=9) for n in range(5) for m in (0, 1)
    ]
    assert usual_interval(starts) == timedelta(hours=23, minutes=51)
    assert usual_interval(starts[:4]) is None
    assert usual_interval([]) is None


@pytest.mark.parametrize(
    ("empty", "state"),
    [
        ([1, 1, 1, 1, 0], SloState.TOO_FEW),
        ([1] * 5, EcosystemState.IDLE),
        ([0, 1, 1, 1, 1, 1], SloState.TOO_FEW),
    ],
)
def test_idle_when_the_last_five_runs_did_nothing(empty: list[int], state: str) -> None:
    recent = [RecentRun(NOW - n * HOUR, bool(is_empty)) for n, is_empty in enumerate(empty)]
    assert judged(recent=recent).state == state


@pytest.mark.parametrize(
    ("runs", "state"),
    [(4, SloState.TOO_FEW), (5, EcosystemState.FAILING), (1_000, EcosystemState.FAILING)],
)
def test_failing_from_the_fifth_run_without_a_pass(runs: int, state: str) -> None:
    since = NOW - runs * HOUR
    assert judged(failing=FailingRuns(runs, since, NOW)).state == state


def test_the_first_state_that_holds_is_the_one() -> None:
    last = NOW - timedelta(days=30)
    idle = [RecentRun(last - n * HOUR, True) for n in range(5)]
    failing = FailingRuns(5, last, last)
    everything: dict[str, Any] = {
        "pause": Pause("moving", None, NOW, None),
        "span": EcosystemSpan("homebrew", last, last, None),
        "recent": idle,
        "failing": failing,
        "days": days(0, 50),
    }
    for lifted, state in (
        ("pause", EcosystemState.PAUSED),
        ("span", EcosystemState.SILENT),
        ("recent", EcosystemState.IDLE),
        ("failing", EcosystemState.FAILING),
        ("days", SloState.BREACHED),
    ):
        assert judged(**everything).state == state
        del everything[lifted]
        if lifted == "span":
            everything["recent"] = [run._replace(started_at=NOW) for run in idle]


def test_the_error_budget_is_the_share_of_allowed_failures() -> None:
    spent = judged(days=days(80, 20)).error_budget
    assert spent is not None
    assert spent.allowed == pytest.approx(15)
    assert spent.used_share == pytest.approx(4 / 3)
    of_nothing = judged(days={}).error_budget
    assert of_nothing is not None
    assert of_nothing.used_share is None
    old = judged(days=days(0, 10, TODAY - timedelta(days=28))).error_budget
    assert old is not None
    assert old.used_share is None


@pytest.mark.parametrize(
    ("target", "thresholds"),
    [
        # 28 days: 2 % in an hour is 13.44 times the even pace.
        (0.98, [13.44, 5.6, 2.8, 28 / 30]),
        # All failing is 6.7 times: no threshold asks for more than there can be.
        (0.85, [6.0, 0.8 / 0.15, 2.8, 28 / 30]),
        (0.50, [1.8, 1.6, 1.4, 28 / 30]),
    ],
)
def test_every_burn_rate_threshold_can_fire(target: float, thresholds: list[float]) -> None:
    largest = 1 / (1 - target)
    for window, expected in zip(slo.WINDOWS, thresholds, strict=True):
        threshold = slo.burn_threshold(window, target)
        assert threshold == pytest.approx(max(1.0, expected))
        assert 1 <= threshold < largest


def test_burning_is_named_where_enough_ran() -> None:
    hour = slo.WindowRuns(2, Attempts(1, 9))
    quiet = slo.WindowRuns(2, Attempts(98, 9))
    met = partial(judged, days=days(200, 9))
    health = met(windows=[hour, quiet, quiet, quiet])
    assert health.state == SloState.MET
    assert health.severity == Severity.WARNING
    assert "in the last 1 h 9 of 10 attempts failed, 6.0 times" in health.sentence
    assert met(windows=[hour._replace(runs=1), quiet, quiet, quiet]).severity is None
    few = slo.WindowRuns(2, Attempts(0, 9))
    assert met(windows=[few, quiet, quiet, quiet]).severity is None


def test_one_failure_of_a_few_is_no_burning() -> None:
    few = slo.WindowRuns(4, Attempts(11, 1))
    health = judged(days=days(110, 1), windows=[NO_RUNS[0]] * 3 + [few], rule=EcosystemRule(0.98))
    assert health.burns[3].rate == pytest.approx(1 / 12 / 0.02)
    assert health.burning is None


def test_a_window_that_no_longer_burns_is_not_named() -> None:
    good, bad = slo.WindowRuns(2, Attempts(20, 0)), slo.WindowRuns(4, Attempts(20, 80))
    assert judged(days=days(900, 80), windows=[good, bad, bad, bad]).burning is not None
    assert judged(days=days(900, 80), windows=[good, bad, good, good]).burning is None


def test_one_finding_for_an_ecosystem_worst_first() -> None:
    failing = judged(failing=FailingRuns(9, NOW, NOW), days=days(0, 50))
    risky = judged(days=days(8, 2))
    found = findings(Facts([risky, failing]))
    assert [(finding.kind, finding.severity) for finding in found] == [
        (EcosystemState.FAILING, Severity.CRITICAL),
        (SloState.AT_RISK, Severity.NOTICE),
    ]


def test_where_everything_is_silent_nothing_is_named_as_silent() -> None:
    last = NOW - timedelta(days=30)
    silent = judged(span=EcosystemSpan("homebrew", last, last, None))
    assert not without_general_silence([silent])
    assert without_general_silence([silent, judged()]) == [silent, judged()]


def test_the_breaker_says_when_a_run_may_try() -> None:
    opened_at, half_open_at = NOW - timedelta(minutes=59), NOW + timedelta(minutes=1)
    change = Change(NOW, 1, "open", opened_at, "rate", 3_600, half_open_at)
    assert judged(breaker=change).breaker_state == "open"
    assert judged(NOW + timedelta(minutes=1), breaker=change).breaker_state == "half-open"


def test_targets_by_default() -> None:
    assert default_rule("homebrew") == EcosystemRule(0.85, 10, None)
    assert default_rule("cask").target == 0.95
    assert default_rule("anything").target == 0.98
