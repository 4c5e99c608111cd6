"""The overview, the minutes page, an ecosystem's page, the file and the API show the ledger."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.plan.ledger import GivenAdvice, Outcome, Savings
from batch_dashboard.model.plan.ledger_sums import LedgerPart, sum_ecosystems, sum_parts
from batch_dashboard.model.spending.prices import DEFAULT_PRICES
from batch_dashboard.services.plan.ledger import record_advice
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.pages import table, text_of

DAY = datetime(2026, 11, 20, 10, tzinfo=UTC)
MACOS = "darwin-arm64"


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


@pytest.fixture
def saved(store: Store) -> None:
    """A recipe of known duration on macOS and an unknown one, twice left out, once not followed."""
    known = failed_result(recipe_name="wget", platform=MACOS, duration_seconds=600)
    unknown = failed_result(recipe_name="jq", platform=MACOS, duration_seconds=None)
    ingest(store, batch_run(results=[known, unknown]))
    for hours, batch_id in enumerate(("a", "b")):
        advised = GivenAdvice("homebrew", batch_id, 7, [("wget", MACOS), ("jq", MACOS)])
        assert record_advice(store, advised, DAY + timedelta(hours=hours))
    ingest(store, _run("b", [known], "12:00"))
    ingest(store, _run("c", [recipe_result(recipe_name="jq", platform=MACOS)], "13:00"))


def _run(batch_id: str, results: list[dict[str, object]], time: str) -> dict[str, object]:
    started = f"2026-11-20T{time}:00Z"
    return batch_run(batch_id=batch_id, started_at=started, completed_at=None, results=results)


@pytest.mark.usefixtures("saved")
def test_pages_show_what_was_avoided(client: FlaskClient) -> None:
    row = [
        "homebrew",
        "2",
        "4",
        "1",
        "3",
        "10.0 unknown for 2 of 3",
        "$0.62 unknown for 2 of 3",
        "1",
        "3 h 0 min",
    ]
    assert table(client.get("/minutes").text, "ledger") == [row]
    assert table(client.get("/ecosystems/homebrew").text, "ledger") == [row]
    words = text_of(client.get("/").text)
    assert "Attempts avoided by the plan 3" in words
    assert "10.0 min (unknown for 2), $0.62 at list price." in words
    assert "Late passes: 1, by at most 3 h 0 min." in words


@pytest.mark.usefixtures("saved")
def test_the_file_and_the_api_have_the_same_rows(client: FlaskClient) -> None:
    [row] = csv.DictReader(io.StringIO(client.get("/exports/ledger.csv?last=90d").text))
    assert float(row.pop("avoided_minutes")) == 10
    assert row == {
        "day": "2026-11-20",
        "ecosystem": "homebrew",
        "requests": "2",
        "advised": "14",
        "left_out": "4",
        "not_followed": "1",
        "avoided": "3",
        "unknown_durations": "2",
        "avoided_cost": "0.62",
        "unknown_costs": "2",
        "late_passes": "1",
        "max_delay_seconds": "10800",
    }
    answer = client.get("/api/v1/ledger?last=90d").get_json()
    [entry] = next(value for value in answer.values() if isinstance(value, list))
    assert (entry["avoided"], entry["avoided_minutes"], entry["late_passes"]) == (3, 10, 1)
    [week] = csv.DictReader(io.StringIO(client.get("/exports/ledger.csv?by=week").text))
    assert (week["week_start"], week["avoided"]) == ("2026-11-16", "3")


def test_pages_state_that_no_plan_was_requested(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run())
    assert "No job requested the plan." in text_of(client.get("/").text)
    for page in ("/minutes", "/ecosystems/homebrew"):
        assert "No job requested the plan in this period." in text_of(client.get(page).text)


def test_sums_cost_the_price_of_their_day_and_keep_unknown_values_unknown() -> None:
    known = Savings(2, 0, 0, 120_000, 60_000, 60_000)
    parts = [
        LedgerPart(DAY.date().replace(year=2025), "homebrew", 1, 5, known, Outcome()),
        LedgerPart(DAY.date(), "homebrew", 1, 5, known, Outcome(Savings(), 1, 60)),
        LedgerPart(DAY.date(), "npm", 1, 5, Savings(3, 3, 3), Outcome()),
    ]
    npm, homebrew = sorted(sum_ecosystems(parts, DEFAULT_PRICES), reverse=True)
    assert homebrew.cost == pytest.approx(0.08 + 0.008 + 0.062 + 0.006)
    assert homebrew.minutes == 4
    assert (npm.minutes, npm.cost, npm.avoided.attempts) == (None, None, 3)
    total = sum_parts(parts, DEFAULT_PRICES)
    assert (total.avoided.attempts, total.avoided.unknown_durations, total.minutes) == (7, 3, 4)
    assert sum_parts([], DEFAULT_PRICES).minutes == 0
