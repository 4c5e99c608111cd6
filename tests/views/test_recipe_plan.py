"""What the page of a recipe states about the plan, and the action of operators."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest
from tests.visitors import Visitor

PAGE = "/recipes/homebrew/sharkdp/bat"
TRY = "/admin/plan/try-now/homebrew/sharkdp/bat"


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def fail(store: Store, times: int) -> None:
    for number in range(times):
        started_at = NOW - timedelta(hours=times - number)
        ingest(
            store,
            batch_run(
                started_at=started_at.isoformat(),
                completed_at=None,
                results=[failed_result(recipe_name="sharkdp/bat", platform="darwin-arm64")],
            ),
        )


def test_a_recipe_that_seldom_fails_runs_next_time(client: FlaskClient, store: Store) -> None:
    fail(store, 4)
    assert "Plan: runs next time" in client.get(PAGE).text


def test_a_recipe_that_waits_states_until_when_and_why(client: FlaskClient, store: Store) -> None:
    fail(store, 5)
    page = client.get(PAGE).text
    assert "Plan: waits" in page
    assert "2026-11-24 11:00" in page
    assert "it failed 5 times in a row for the same reason" in page
    # Only operators can change that.
    assert "Try now" not in page


def test_an_operator_lets_it_run_at_once(administrator: Visitor, store: Store) -> None:
    fail(store, 5)
    assert "Try now" in administrator.open(PAGE).text
    said = administrator.said(administrator.send(TRY, PAGE))
    assert said == "sharkdp/bat runs in the next batch run that asks."
    page = administrator.open(PAGE).text
    assert "so it runs first" in page
    assert "because an operator asked for it" in page
    assert "try recipe now" in administrator.open("/admin/audit").text


def test_a_recipe_that_does_not_wait_cannot_be_asked_for(
    administrator: Visitor, store: Store
) -> None:
    fail(store, 5)
    form = administrator.open(PAGE)
    assert form.status_code == 200
    assert administrator.send("/admin/plan/try-now/homebrew/jq", PAGE).status_code == 404
