"""What pages state of the present: findings, budgets, states of recipes, snoozes, limits."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.spending.budget import OwnBudget
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.alerts import snoozes
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.services.judgement import ecosystem_rules
from batch_dashboard.services.spending import spending_rules
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, ci_job, failed_result, ingest, recipe_result
from tests.pages import text_of
from tests.visitors import SOMEBODY


@pytest.fixture
def troubled(app: Flask, store: Store) -> Store:
    """A stuck recipe, a flaky one, a failing one, 900 of 1,000 macOS minutes used this week."""
    app.extensions["clock"] = lambda: NOW
    for number in range(12):
        results = [
            recipe_result(),
            failed_result(recipe_name="stuck"),
            (failed_result if number % 2 else recipe_result)(recipe_name="flaky"),
        ]
        if number > 9:
            results.append(failed_result(recipe_name="failing"))
        run = batch_run(
            batch_id=str(number),
            started_at=f"2026-11-23T{number:02}:00:00Z",
            completed_at=None,
            macos_minutes=75,
            linux_minutes=None,
            results=results,
        )
        ingest(store, run)
    return store


def items(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json["items"] if answer.json else []
    return rows


@pytest.mark.usefixtures("troubled")
def test_findings_are_those_of_the_overview_worst_first(client: FlaskClient) -> None:
    overview = text_of(client.get("/").text)
    found = items(client, "findings")
    assert {row["kind"] for row in found} == {"breached", "stuck", "budget", "new failure"}
    ranks = [row["severity_rank"] for row in found]
    assert ranks == sorted(ranks)
    assert f"Needs attention {len(found)}" in overview
    for row in found:
        assert text_of(row["sentence"]).partition(": Error")[0] in overview
    lines = client.get("/exports/findings.csv").text.splitlines()
    assert len(lines) == len(found) + 1


@pytest.mark.usefixtures("troubled")
def test_findings_of_an_ecosystem_leave_out_budgets(client: FlaskClient) -> None:
    found = {row["kind"] for row in items(client, "findings?ecosystem=homebrew")}
    assert "stuck" in found
    assert "budget" not in found
    assert items(client, "findings?ecosystem=npm") == []


def test_findings_have_the_keys_of_their_incidents(client: FlaskClient, troubled: Store) -> None:
    check(troubled, [], None, NOW)
    keys = {row["finding_key"] for row in items(client, "findings?last=all")}
    assert keys == {row["finding_key"] for row in items(client, "incidents?last=all")}
    key = min(keys)
    until = NOW + timedelta(days=1)
    with changing(troubled, SOMEBODY, NOW) as change:
        snoozes.snooze(change, key, until, "we know")
    snoozed = {
        row["finding_key"]: (row["snoozed_until"], row["snooze_reason"])
        for row in items(client, "incidents?last=all")
    }
    assert snoozed == dict.fromkeys(keys, (None, None)) | {key: (f"{until:%FT%TZ}", "we know")}


@pytest.mark.usefixtures("troubled")
def test_budgets_have_use_advice_forecast_and_cost(client: FlaskClient) -> None:
    linux, macos = items(client, "budgets")
    assert (linux["runner_os"], linux["used_minutes"], linux["unknown_runs"]) == ("linux", None, 12)
    assert (linux["state"], linux["cost"], linux["forecast_minutes"]) == ("ok", None, None)
    assert macos["week_start"] == "2026-11-23"
    assert (macos["used_minutes"], macos["budget_minutes"]) == (900, 1000)
    assert (macos["used_share"], macos["state"]) == (0.9, "sample")
    assert macos["cost"] == pytest.approx(900 * 0.062)
    # 900 minutes in 28 days, and 6.5 days are left.
    assert macos["forecast_minutes"] == pytest.approx(900 + 900 / 28 * 6.5)
    assert macos["runs_out_on"] == "2026-11-26"
    assert "$55.80" in client.get("/").text


def test_budgets_are_listed_from_their_first_week_on(client: FlaskClient, troubled: Store) -> None:
    with changing(troubled, SOMEBODY, NOW) as change:
        spending_rules.set_budget(change, OwnBudget("macos", date(2026, 11, 30), 800))
    rows = [tuple(row.values()) for row in items(client, "budget-changes")]
    assert rows == [("linux", None, 5000), ("macos", None, 1000), ("macos", "2026-11-30", 800)]


@pytest.mark.usefixtures("troubled")
def test_recipes_have_states_and_ecosystems_count_them(client: FlaskClient) -> None:
    recipes = {row["recipe_name"]: row["state"] for row in items(client, "recipes")}
    assert recipes == {"stuck": "stuck", "flaky": "flaky", "failing": "failing", "ripgrep": None}
    (ecosystem,) = items(client, "ecosystems")
    counts = {
        state: len(items(client, f"recipes?state={state}"))
        for state in set(recipes.values())
        if state
    }
    assert {state: ecosystem[f"{state}_recipes"] for state in counts} == counts
    assert counts == Counter(failing=3, stuck=1, flaky=1)
    groups = items(client, "recipe-failure-groups?ecosystem=homebrew&recipe_name=stuck")
    assert [row["failed"] for row in groups] == [12]


def test_ecosystems_have_the_page_of_their_pause(client: FlaskClient, troubled: Store) -> None:
    with changing(troubled, SOMEBODY, NOW) as change:
        ecosystem_rules.pause(change, "homebrew", "no runners", "https://example.org/1", None)
    (ecosystem,) = items(client, "ecosystems")
    assert (ecosystem["state"], ecosystem["pause_link"]) == ("paused", "https://example.org/1")


def test_waits_have_the_limit_of_their_runners(client: FlaskClient, troubled: Store) -> None:
    ingest(troubled, batch_run(jobs=[ci_job("linux", 60, 90), ci_job("windows", 60, 90)]))
    with changing(troubled, SOMEBODY, NOW) as change:
        spending_rules.set_wait_limit(change, "linux", 5)
    limits = {row["runner_os"]: row["limit_seconds"] for row in items(client, "queue-waits")}
    assert limits == {"linux": 300, "windows": None}
    assert [row["jobs"] for row in items(client, "job-minutes")] == [1, 1]
