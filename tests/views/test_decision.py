"""The advice to CI before it spends minutes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from batch_dashboard.store.judgement import ecosystem_rules
from tests.factories import NOW, TOKEN, batch_run, failed_result, ingest
from tests.statements import counted_statements

AUTH = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def ask(client: FlaskClient, ecosystem: str = "homebrew") -> Any:
    answer = client.get(f"/api/v1/decision/{ecosystem}", headers=AUTH)
    assert answer.status_code == 200, answer.text
    return answer.json


def upload(store: Store, started_at: datetime, **changes: Any) -> None:
    fields = {"completed_at": None, "macos_minutes": 1, "linux_minutes": 1, **changes}
    ingest(store, batch_run(batch_id=str(started_at), started_at=started_at.isoformat(), **fields))


def test_an_ecosystem_nobody_knows_proceeds(client: FlaskClient) -> None:
    answer = ask(client, "never-was")
    assert answer["decision"] == "proceed"
    assert answer["circuit_breaker"] == {
        "state": "closed",
        "failures": 0,
        "last_failure": None,
        "opens_at": None,
    }


def test_a_token_is_asked_for(client: FlaskClient) -> None:
    answer = client.get("/api/v1/decision/homebrew")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_it_says_skip_while_the_breaker_is_open(client: FlaskClient, store: Store) -> None:
    for ago in (30, 25, 20, 15, 10):
        broken = [failed_result(recipe_name=f"recipe-{ago}")]
        upload(store, NOW - timedelta(minutes=ago), results=broken)
    answer = ask(client)
    assert answer["decision"] == "skip"
    assert answer["circuit_breaker"] == {
        "state": "open",
        "failures": 5,
        "last_failure": "2026-11-23T11:50:00Z",
        "opens_at": "2026-11-23T12:50:00Z",
    }
    assert answer["reasons"] == [
        "the circuit breaker opened 2026-11-23 11:50; the next run may try at 2026-11-23 12:50"
    ]


def test_it_proceeds_when_the_breaker_is_half_open(client: FlaskClient, store: Store) -> None:
    for ago in (94, 80, 75, 70, 60):
        broken = [failed_result(recipe_name=f"recipe-{ago}")]
        upload(store, NOW - timedelta(minutes=ago), results=broken)
    answer = ask(client)
    assert (answer["decision"], answer["circuit_breaker"]["state"]) == ("proceed", "half-open")


def test_one_broken_recipe_stops_nothing(client: FlaskClient, store: Store) -> None:
    for ago in range(150, 0, -10):
        upload(store, NOW - timedelta(minutes=ago), results=[failed_result()])
    answer = ask(client)
    assert (answer["decision"], answer["circuit_breaker"]["state"]) == ("proceed", "closed")


@pytest.mark.parametrize(
    ("macos", "linux", "decision", "states"),
    [
        (799, 0, "proceed", ("ok", "ok")),
        (800, 0, "sample", ("sample", "ok")),
        (949, 0, "sample", ("sample", "ok")),
        (950, 0, "sample", ("pause", "ok")),
        (0, 4_000, "sample", ("ok", "sample")),
        (950, 4_750, "skip", ("pause", "pause")),
    ],
)
def test_budgets_ask_to_sample_and_to_stop(
    client: FlaskClient,
    store: Store,
    macos: float,
    linux: float,
    decision: str,
    states: tuple[str, str],
) -> None:
    upload(store, NOW - timedelta(hours=1), macos_minutes=macos, linux_minutes=linux)
    answer = ask(client)
    assert answer["decision"] == decision
    budget = answer["budget"]
    assert (budget["macos_state"], budget["linux_state"]) == states
    assert budget["sampling_active"] is (decision != "proceed")
    assert budget["week_start"] == "2026-11-23"
    assert (budget["macos_minutes_used"], budget["linux_minutes_used"]) == (macos, linux)


def test_minutes_of_sunday_belong_to_the_week_before(client: FlaskClient, store: Store) -> None:
    upload(store, datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), macos_minutes=1_000)
    assert ask(client)["decision"] == "proceed"
    upload(store, datetime(2026, 11, 23, tzinfo=UTC), macos_minutes=800)
    assert ask(client)["decision"] == "sample"


def test_what_is_paused_is_skipped_with_the_reason(client: FlaskClient, store: Store) -> None:
    upload(store, NOW - timedelta(hours=1))
    with store.write() as connection:
        ecosystem_rules.replace_pause(connection, "homebrew", "new runners\nx=1", None, NOW, None)
    answer = ask(client)
    assert answer["decision"] == "skip"
    assert "new runners" in answer["reasons"][0]
    lines = client.get("/api/v1/decision/homebrew?format=env", headers=AUTH)
    assert lines.mimetype == "text/plain"
    values = dict(line.split("=", 1) for line in lines.text.splitlines())
    assert values["decision"] == "skip"
    assert "x" not in values
    assert values["sampling_active"] == "false"
    assert values["macos_state"] == "ok"
    with store.write() as connection:
        assert ecosystem_rules.delete_pause(connection, "homebrew")
    assert ask(client)["decision"] == "proceed"


def test_an_unknown_format_is_named(client: FlaskClient) -> None:
    answer = client.get("/api/v1/decision/homebrew?format=xml", headers=AUTH)
    assert answer.status_code == 400
    assert "json, env" in answer.text


def test_a_decision_takes_few_statements(client: FlaskClient, store: Store) -> None:
    upload(store, NOW - timedelta(hours=1))
    with counted_statements(store) as statements:
        ask(client)
    assert len(statements) == 11, "\n".join(statements)
    assert not any("recipe_results" in statement for statement in statements)
