"""The advice for recipes that a known issue expects to fail."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.failures.known_issues import IssueSubject
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.failures import known_issues
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures.known_issues import NewIssue
from tests.factories import NOW, batch_run, failed_result, ingest
from tests.visitors import SOMEBODY

PLAN = "/api/v1/plan/homebrew"


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def test_a_recipe_that_is_expected_to_fail_is_listed_apart_until_the_issue_ends(
    client: FlaskClient, store: Store
) -> None:
    for hours in range(5, 0, -1):
        at = NOW - timedelta(hours=hours)
        results = [failed_result(recipe_name=name, platform="darwin") for name in ("wget", "jq")]
        started = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        ingest(store, batch_run(started_at=started, completed_at=None, results=results))

    def lists() -> dict[str, list[str]]:
        body: Any = client.get(PLAN).json
        return {
            name: [entry["recipe_name"] for entry in body[name]]
            for name in ("retry", "skip", "expected")
        }

    assert lists() == {"retry": [], "skip": ["jq", "wget"], "expected": []}
    with changing(store, SOMEBODY, NOW) as change:
        subject = IssueSubject(None, "homebrew", "wget", "darwin")
        issue_id = known_issues.add(change, NewIssue(subject, "", "waits", NOW.date()))
    assert lists() == {"retry": [], "skip": ["jq"], "expected": ["wget"]}
    chosen: Any = client.post(PLAN, json=["wget", "jq", "git"]).json
    assert chosen["run"] == [{"recipe_name": "git"}]
    assert {each["recipe_name"]: each["advice"] for each in chosen["skip"]} == {
        "jq": "skip",
        "wget": "expected",
    }
    with changing(store, SOMEBODY, NOW) as change:
        known_issues.close(change, issue_id)
    assert lists() == {"retry": [], "skip": ["jq", "wget"], "expected": []}
