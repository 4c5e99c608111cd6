"""A dashboard with data, and the addresses of the API in it."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.api.operations import OPERATIONS, Operation
from batch_dashboard.services.alerts import check
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result

MINUTE = "2026-11-20T08:{:02}:00Z"


@pytest.fixture
def filled(app: Flask, store: Store) -> Store:
    """Two ecosystems with six runs, failures with and without a category, jobs and incidents."""
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
    check(store, [], None, NOW)
    return store


def addresses(client: FlaskClient) -> dict[str, str]:
    """An address of each operation that has rows, by the operation's name."""
    group = client.get("/api/v1/failure-groups").json
    incident = client.get("/api/v1/incidents").json
    assert group is not None
    assert incident is not None
    values = {
        "batch_run_id": "3",
        "later_batch_run_id": "5",
        "ecosystem": "homebrew",
        "recipe_name": "wget",
        "failure_group_id": group["items"][0]["id"],
        "incident_id": incident["items"][0]["id"],
    }
    return {operation.name: _address(operation, values) for operation in OPERATIONS}


def _address(operation: Operation, values: dict[str, str]) -> str:
    needed = {each.name: values[each.name] for each in operation.filters if each.is_required}
    if operation.needs_ecosystem:
        needed["ecosystem"] = values["ecosystem"]
    path = operation.full_path.format(**values)
    return f"{path}?{urlencode(needed)}" if needed and operation.is_list else path
