"""`POST /batch-metrics?summary=1`: what a CI job shows of its run."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.failures.known_issues import IssueSubject
from batch_dashboard.services.access import tokens
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.failures import known_issues
from batch_dashboard.store.batch_runs import run_comparison
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.failures.known_issues import NewIssue
from batch_dashboard.views import ingest as ingest_view
from tests.clients import count_runs, json_of, post
from tests.factories import NOW, batch_run, failed_result, recipe_result
from tests.visitors import SOMEBODY


def results(**outcomes: str) -> list[dict[str, Any]]:
    """Results by recipe name."""
    return [
        (failed_result if result == "failed" else recipe_result)(recipe_name=name, result=result)
        for name, result in outcomes.items()
    ]


BEFORE = batch_run(
    started_at="2026-11-19T08:30:00Z",
    completed_at=None,
    results=results(jq="passed", wget="skipped", gcc="failed", curl="failed", git="passed"),
)
AFTER = batch_run(
    results=results(jq="failed", wget="failed", gcc="failed", curl="passed", new="failed")
)


def test_an_upload_is_compared_with_the_previous_run_of_its_ecosystem(client: FlaskClient) -> None:
    post(client, BEFORE)
    post(client, batch_run(ecosystem="cask", started_at="2026-11-20T08:00:00Z"))
    answer = post(client, AFTER, "?summary=1")
    assert answer.status_code == 201
    assert json_of(answer)["summary"] == {
        "newly_failing": ["jq", "wget"],
        "newly_failing_count": 2,
        "fixed_count": 1,
        "expected_count": 0,
        "unexpected_count": 4,
        "previous_batch_run_id": 1,
        "macos_minutes": 4.25,
        "linux_minutes": 10.5,
        "cost_dollars": pytest.approx(4.25 * 0.062 + 10.5 * 0.006),
    }
    replayed = post(client, AFTER, "?summary=1")
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.json == answer.json


@pytest.mark.parametrize("path", ["", "?summary=0", "?summary=", "?dry_run=1&summary=1"])
def test_only_a_stored_run_has_a_summary_and_only_if_asked(client: FlaskClient, path: str) -> None:
    assert "summary" not in json_of(post(client, batch_run(), path))


def test_the_first_run_of_an_ecosystem_has_nothing_to_compare(client: FlaskClient) -> None:
    payload = batch_run(macos_minutes=None, linux_minutes=None)
    assert json_of(post(client, payload, "?summary=1"))["summary"] == {
        "newly_failing": [],
        "newly_failing_count": 0,
        "fixed_count": 0,
        "expected_count": 0,
        "unexpected_count": 1,
        "previous_batch_run_id": None,
        "macos_minutes": None,
        "linux_minutes": None,
        "cost_dollars": None,
    }


def test_the_first_twenty_recipes_are_named_and_all_are_counted(client: FlaskClient) -> None:
    names = [f"recipe-{number:02d}" for number in range(30)]
    before = results(**dict.fromkeys(names, "passed"))
    post(client, batch_run(started_at="2026-11-19T08:30:00Z", results=before))
    payload = batch_run(results=results(**dict.fromkeys(names, "failed")))
    summary = json_of(post(client, payload, "?summary=1"))["summary"]
    assert summary["newly_failing"] == names[:20]
    assert summary["newly_failing_count"] == 30


def test_one_unknown_kind_of_minutes_costs_nothing(client: FlaskClient) -> None:
    payload = batch_run(macos_minutes=None, linux_minutes=100.0)
    summary = json_of(post(client, payload, "?summary=1"))["summary"]
    assert (summary["macos_minutes"], summary["cost_dollars"]) == (None, pytest.approx(0.6))


def test_a_limited_token_sees_its_own_ecosystem_only(client: FlaskClient, store: Store) -> None:
    post(client, batch_run(ecosystem="cask", results=results(secret="passed")))
    with changing(store, SOMEBODY, NOW) as change:
        token = tokens.create(change, "k" * 32, "some", [Scope.INGEST], ["homebrew"])
    headers = {"Authorization": f"Bearer {token.secret}"}
    first = post(client, BEFORE, "?summary=1", **headers)
    assert json_of(first)["summary"]["previous_batch_run_id"] is None
    refused = post(
        client,
        batch_run(results=[*results(jq="failed"), failed_result(ecosystem="cask")]),
        "?summary=1",
        **headers,
    )
    assert refused.status_code == 403


def test_a_summary_that_takes_too_long_is_left_out_and_the_run_is_stored(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(connection: Connection, *_: Any) -> None:
        connection.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                "WHERE i < 500000000) SELECT sum(i) FROM n"
            )
        )

    monkeypatch.setattr(run_comparison, "fetch_comparison", slow)
    monkeypatch.setattr(ingest_view, "SUMMARY_SECONDS", 0.05)
    post(client, BEFORE)
    answer = post(client, AFTER, "?summary=1")
    assert answer.status_code == 201
    assert json_of(answer).keys() == {"batch_run_id", "url", "warnings"}
    assert count_runs(store) == (2, 10)


def test_failures_that_known_issues_expect_are_counted_apart(
    client: FlaskClient, store: Store
) -> None:
    post(client, BEFORE)
    with changing(store, SOMEBODY, datetime.now(UTC)) as change:
        subject = IssueSubject(None, "homebrew", "gcc")
        known_issues.add(change, NewIssue(subject, "", "waits", change.now.date()))
    body: Any = post(client, AFTER, "?summary=1").json
    summary = body["summary"]
    assert (summary["expected_count"], summary["unexpected_count"]) == (1, 3)
