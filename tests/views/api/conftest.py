"""A dashboard with data, and the addresses of the API in it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.api.operations import OPERATIONS
from batch_dashboard.model.failures.known_issues import IssueSubject
from batch_dashboard.model.plan.ledger import GivenAdvice
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.services.batch_runs.batch_runs import exclude
from batch_dashboard.services.failures import known_issues
from batch_dashboard.services.plan.ledger import record_advice
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures.known_issues import NewIssue
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.visitors import SOMEBODY

MINUTE = "2026-11-20T08:{:02}:00Z"


@pytest.fixture
def filled(app: Flask, store: Store) -> Store:
    """Two ecosystems with six runs, failures with and without a category, jobs and incidents.

    A seventh run is excluded. Each ecosystem has advice of the plan.
    """
    app.extensions["clock"] = lambda: NOW
    for day in (18, 19, 20):
        for name in ("homebrew", "npm"):
            results = [
                recipe_result(ecosystem=name, duration_seconds=day if name == "npm" else None),
                failed_result(ecosystem=name, recipe_name="wget"),
                failed_result(ecosystem=name, recipe_name="curl", error_category=None),
                failed_result(
                    ecosystem=name, recipe_name=f"{name}/only", error_message="Error: out of memory"
                ),
            ]
            jobs = [
                {"name": f"job {number}", "runner_os": "linux"}
                | {"queued_at": "2026-11-20T07:59:00Z"}
                | {"started_at": MINUTE.format(0), "completed_at": MINUTE.format(number)}
                for number in (1, 2, 3)
            ]
            run = batch_run(
                batch_id=f"{day}-{name}",
                ecosystem=name,
                started_at=f"2026-11-{day}T08:00:00Z",
                completed_at=None,
                results=results[: day - 16],
                jobs=jobs,
            )
            ingest(store, run)
    excluded = ingest(store, batch_run(batch_id="wrong"))
    with changing(store, SOMEBODY, NOW) as change:
        exclude(change, excluded.batch_run_id, "the runner was broken")
    with changing(store, SOMEBODY, NOW) as change:
        for name, platform in (("wget", None), ("curl", "darwin-arm64")):
            subject = IssueSubject(None, "homebrew", name, platform)
            known_issues.add(change, NewIssue(subject, "https://example.org/1", "", NOW.date()))
    for ecosystem in ("homebrew", "npm"):
        assert record_advice(store, GivenAdvice(ecosystem, "a", 3, [("wget", "")]), NOW)
    check(store, [], None, NOW)
    return store


def addresses(client: FlaskClient) -> dict[str, str]:
    """An address of each operation that has rows, by the operation's name."""
    return addresses_of(lambda path: client.get(path).json)


def addresses_of(read: Callable[[str], Any]) -> dict[str, str]:
    """The same of any dashboard; `read` gives the JSON document of a path."""
    # A dashboard can be without known issues.
    without_rows: Any = {"id": 1}
    recipe, group, incident, issue = (
        next(iter(read(f"/api/v1/{path}")["items"]), without_rows)
        for path in (
            "recipes?last=all",
            "failure-groups?last=all",
            "incidents?last=all",
            "known-issues",
        )
    )
    query = urlencode({name: recipe[name] for name in ("ecosystem", "recipe_name")})
    runs = read(f"/api/v1/batch-runs?last=all&ecosystem={quote(recipe['ecosystem'])}")["items"]
    values = {
        "batch_run_id": str(runs[-1]["id"]),
        "later_batch_run_id": str(runs[0]["id"]),
        "ecosystem": recipe["ecosystem"],
        "recipe_name": recipe["recipe_name"],
        "failure_group_id": group["id"],
        "incident_id": str(incident["id"]),
        "known_issue_id": str(issue["id"]),
    }
    return {
        operation.name: f"{operation.full_path.format(**values)}"
        + (f"?{query}" if operation.needs_ecosystem else "")
        for operation in OPERATIONS
    }
