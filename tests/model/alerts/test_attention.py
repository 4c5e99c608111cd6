"""The registry of finding kinds, and the sentences that the rules write."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pytest

from batch_dashboard.model.alerts.attention import Facts, Finding, Reason, findings
from batch_dashboard.model.alerts.finding_kinds import FindingKind, Severity, Subject, rank
from batch_dashboard.model.batch_runs.records import Minutes
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.failures.failures import FailureGroupDetail
from batch_dashboard.model.lists.periods import week_of
from batch_dashboard.model.recipes.recipes import StuckRecipe
from batch_dashboard.model.spending.budget import BudgetWeek
from batch_dashboard.model.spending.queue_waits import QueueWait
from batch_dashboard.model.spending.unreported import UnreportedRuns

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday
LINE = "checksum of the archive differs"
STUCK = StuckRecipe("homebrew", "wget", 41, NOW, NOW, 7, "install_failed", LINE, 41)
GROUP = FailureGroupDetail(7, "install_failed", LINE, NOW, NOW, 3, None, FailureClass.UNKNOWN)


def budget(used: float, runs_out_on: date | None = None) -> BudgetWeek:
    week = week_of(NOW.date())
    return BudgetWeek("macos", week, 1_000, Minutes(used, 4, 1), used, 0, runs_out_on)


def only(facts: Facts) -> Finding:
    [finding] = findings(facts)
    return finding


def test_a_stuck_recipe_states_its_streak_and_its_reason() -> None:
    finding = only(Facts(stuck=[STUCK]))
    assert finding == Finding(
        "stuck:homebrew/wget",
        FindingKind.STUCK,
        Severity.WARNING,
        Subject("wget (homebrew)", ecosystem="homebrew", recipe_name="wget"),
        "has failed 41 times in a row, since 2026-11-26, each time with",
        NOW,
        Reason(7, LINE),
    )
    assert finding.sentence == f"{finding.words}: {LINE}"


def test_a_stuck_recipe_without_a_failure_group_has_no_reason() -> None:
    finding = only(Facts(stuck=[STUCK._replace(failure_group_id=None, masked_line=None)]))
    assert finding.reason is None
    assert finding.sentence == "has failed 41 times in a row, since 2026-11-26"


def test_a_new_failure_group_states_how_often_since_when_and_why() -> None:
    finding = only(Facts(new_groups=[GROUP]))
    assert finding.key == "new-failure:7"
    assert finding.subject == Subject("install_failed", failure_group_id=7)
    assert finding.sentence == f"has failed 3 times since 2026-11-26 12:00, with: {LINE}"


def test_a_new_failure_group_without_a_message_says_so() -> None:
    finding = only(Facts(new_groups=[GROUP._replace(masked_line="", error_category=None)]))
    assert finding.subject.name == "no category"
    assert finding.sentence.endswith(", with: no message")


@pytest.mark.parametrize(
    ("week", "severity", "ending"),
    [
        (budget(950), Severity.CRITICAL, "use no more before Monday"),
        (budget(800), Severity.WARNING, "CI is advised to sample"),
        (budget(799, date(2026, 11, 28)), Severity.NOTICE, "used up on Saturday 28 November"),
    ],
)
def test_a_budget_states_what_is_used_and_what_follows(
    week: BudgetWeek, severity: Severity, ending: str
) -> None:
    finding = only(Facts(budgets=[week]))
    assert (finding.key, finding.severity) == ("budget:macos:2026-11-23", severity)
    assert ", 1 run reported none; " in finding.sentence
    assert finding.sentence.endswith(ending)


def test_a_budget_that_lasts_the_week_needs_no_attention() -> None:
    assert findings(Facts(budgets=[budget(799)])) == []


def test_the_worst_findings_come_first_and_equals_stay_in_the_order_of_the_rules() -> None:
    found = findings(Facts(budgets=[budget(800), budget(950)], stuck=[STUCK], new_groups=[GROUP]))
    assert [finding.kind for finding in found] == [
        FindingKind.BUDGET,
        FindingKind.STUCK,
        FindingKind.BUDGET,
        FindingKind.NEW_FAILURE,
    ]
    assert [rank(finding.severity) for finding in found] == [0, 1, 1, 2]


@pytest.mark.parametrize("trait", [lambda kind: kind.hold, lambda kind: kind.page])
def test_kinds_of_one_topic_share_an_incident_so_they_agree(
    trait: Callable[[FindingKind], object],
) -> None:
    for topic, kinds in groupby(FindingKind, key=lambda kind: kind.topic):
        assert len({trait(kind) for kind in kinds}) == 1, topic


@pytest.mark.parametrize(
    ("runs", "days_ago", "is_named"),
    [(20, 0, True), (19, 6, False), (19, 7, True), (1, 7, True)],
)
def test_twenty_runs_or_seven_days_without_minutes_need_attention(
    runs: int, days_ago: int, is_named: bool
) -> None:
    unreported = UnreportedRuns(runs, NOW.date() - timedelta(days=days_ago))
    assert unreported.are_too_many(NOW.date()) == is_named


def test_runs_without_minutes_are_counted_with_their_first_day() -> None:
    finding = only(Facts(unreported=UnreportedRuns(38, date(2026, 5, 7))))
    assert (finding.kind, finding.severity) == (FindingKind.NO_MINUTES, Severity.NOTICE)
    assert finding.sentence == (
        "none of the last 38 batch runs reported any above 0, since 2026-05-07"
    )


def test_a_queue_wait_above_its_limit_is_named_with_both() -> None:
    wait = QueueWait("macos", week_of(NOW.date()), 123, 860, 600)
    finding = only(Facts(queue_waits=[wait]))
    assert (finding.key, finding.severity) == ("queue-wait:macos", Severity.WARNING)
    assert finding.subject.name == "macOS runners"
    assert finding.sentence == (
        "one in ten jobs waited 14 min 20 s or longer in the last 7 days (n = 123 jobs),"
        " above the limit of 10 min 0 s"
    )


@pytest.mark.parametrize(("jobs", "p90"), [(123, 600), (9, 601)])
def test_a_wait_within_the_limit_or_of_too_few_jobs_needs_no_attention(jobs: int, p90: int) -> None:
    assert (
        findings(Facts(queue_waits=[QueueWait("linux", week_of(NOW.date()), jobs, p90, 600)])) == []
    )
