"""Failures of the infrastructure and of known issues do not count in the SLO."""

from datetime import timedelta
from typing import Any

from batch_dashboard.model.failures.failure_groups import failure_group_id
from batch_dashboard.model.failures.known_issues import IssueSubject
from batch_dashboard.model.judgement.slo import Attempts
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.failures import known_issues
from batch_dashboard.services.judgement.judgement import judge_ecosystems
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures.known_issues import NewIssue
from batch_dashboard.store.judgement.uncounted_failures import fetch_uncounted
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.visitors import SOMEBODY

DISK = "tar: a.so: Cannot write: No space left on device"
MESSAGE = "Error: checksum of the archive does not match"


def run(store: Store, hours_ago: int, *failures: dict[str, Any], ecosystem: str = "cask") -> None:
    """A run with 18 passes and these failures, which name their recipe."""
    at = NOW - timedelta(hours=hours_ago)
    passed = [recipe_result(recipe_name=f"r{number}", ecosystem=ecosystem) for number in range(18)]
    failed = [
        failed_result(**{"ecosystem": ecosystem, "error_message": MESSAGE, **failure})
        for failure in failures
    ]
    started = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    results = [*passed, *failed]
    ingest(
        store,
        batch_run(ecosystem=ecosystem, started_at=started, completed_at=None, results=results),
    )


def expect(store: Store, subject: IssueSubject) -> None:
    with changing(store, SOMEBODY, NOW) as change:
        known_issues.add(change, NewIssue(subject, "", "waits", NOW.date()))


def judged(store: Store, ecosystem: str = "cask") -> tuple[Attempts, list[int]]:
    """The attempts of the verdict, and the failures of each window of the error budget."""
    with store.read() as connection:
        span = batch_runs.find_span(connection, ecosystem)
        assert span is not None
        [health] = judge_ecosystems(connection, [span], NOW)
    return health.verdict.attempts, [window.attempts.failed for window in health.facts.windows]


def test_failures_of_the_infrastructure_do_not_count(store: Store) -> None:
    run(
        store,
        2,
        {"recipe_name": "a", "error_message": DISK},
        {"recipe_name": "b", "error_message": DISK, "failure_class": "package"},
        {"recipe_name": "c", "failure_class": "infrastructure"},
        {"recipe_name": "d"},
    )
    run(store, 3, {"recipe_name": "a", "error_message": DISK}, ecosystem="npm")
    attempts, windows = judged(store)
    assert attempts == Attempts(18, 2)
    assert max(windows) == 2
    assert judged(store, "npm")[0] == Attempts(18, 0)


def test_expected_failures_do_not_count_and_no_failure_is_left_out_twice(store: Store) -> None:
    run(
        store,
        2,
        {"recipe_name": "a", "platform": "darwin"},
        {"recipe_name": "a", "platform": "linux"},
        {"recipe_name": "b", "error_message": "Error: no such option"},
        {"recipe_name": "c", "error_message": DISK},
    )
    assert judged(store)[0] == Attempts(18, 3)
    expect(store, IssueSubject(None, "cask", "a", "darwin"))
    assert judged(store)[0] == Attempts(18, 2)
    expect(store, IssueSubject(None, "cask", "a"))
    expect(store, IssueSubject(failure_group_id(MESSAGE)))
    expect(store, IssueSubject(None, "cask", "c"))
    assert judged(store)[0] == Attempts(18, 1)


def test_results_count_in_the_ecosystem_of_their_run(store: Store) -> None:
    run(store, 2, {"recipe_name": "a", "error_message": DISK, "ecosystem": "npm"}, ecosystem="all")
    run(store, 3, {"recipe_name": "b"}, ecosystem="npm")
    assert judged(store, "all")[0] == Attempts(18, 0)
    assert judged(store, "npm")[0] == Attempts(18, 1)


def test_nothing_is_looked_up_where_every_failure_counts(store: Store) -> None:
    run(store, 2, {"recipe_name": "a"})
    run(store, 24 * 70, {"recipe_name": "a", "error_message": DISK})
    with store.read() as connection:
        since = NOW - timedelta(days=55)
        assert fetch_uncounted(connection, since, None, NOW.date()) == []
        found = fetch_uncounted(connection, None, None, NOW.date())
    assert [each.failed for each in found] == [1]
