"""Unknown is not 0: pages, files, the decision and badges say what nobody reported."""

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from tests.factories import NOW, TOKEN, batch_run, failed_result, ingest
from tests.pages import table, text_of

BEARER = {"Authorization": f"Bearer {TOKEN}"}
LAST_WEEK, THIS_WEEK = "2026-11-20", "2026-11-23"


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def run_on(store: Store, day: str, minutes: float | None, **changes: Any) -> None:
    ingest(
        store,
        batch_run(
            batch_id=f"{day} {minutes}",
            started_at=f"{day}T08:00:00Z",
            completed_at=None,
            **{"macos_minutes": minutes, "linux_minutes": minutes, **changes},
        ),
    )


def rows(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).text)))


def decided(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/decision/homebrew", headers=BEARER)
    assert answer.json is not None
    budget: dict[str, Any] = answer.json["budget"]
    return budget


@pytest.mark.parametrize("day", [LAST_WEEK, THIS_WEEK, "2025-06-01"])
def test_minutes_that_were_never_reported_are_unknown_everywhere(
    client: FlaskClient, store: Store, day: str
) -> None:
    run_on(store, day, None)
    page = client.get("/").text
    assert page.count('<span class="unknown">unknown</span> <span class="tile-of">/ ') == 2
    words = text_of(page)
    assert "No run ever reported macOS minutes." in words
    assert "Cost this week unknown No run ever reported macOS minutes." in words
    assert "pace" not in words
    assert "0 / 1,000" not in words
    assert "$0.00" not in words
    minutes = text_of(client.get("/minutes").text)
    assert "How many macOS minutes were used this week is unknown." in minutes
    assert "$0.00 " not in minutes
    assert decided(client)["macos_minutes_used"] is None
    env = client.get("/api/v1/decision/homebrew?format=env", headers=BEARER).text
    assert "\nmacos_minutes_used=\n" in env
    assert "minutes unknown" in client.get("/badges/homebrew.svg?show=minutes").text


@pytest.mark.parametrize("day", [LAST_WEEK, THIS_WEEK, "2025-06-01"])
def test_where_only_zeros_were_reported_pages_say_so(
    client: FlaskClient, store: Store, day: str
) -> None:
    run_on(store, day, 0)
    words = text_of(client.get("/").text)
    assert "unknown / 1,000 Every run that reported macOS minutes reported 0." in words
    assert "0 / 1,000" not in words
    assert "$0.00" not in words
    minutes = text_of(client.get("/minutes").text)
    assert re.search(r"macOS minutes 0 \S.{8,30} All runs that reported them reported 0\.", minutes)
    assert re.search(
        r"Cost at list price unknown \S.{8,30} Every run that reported minutes reported 0\.",
        minutes,
    )
    # What was reported stays what it is.
    assert decided(client)["macos_minutes_used"] == 0
    assert "minutes unknown" in client.get("/badges/homebrew.svg?show=minutes").text


def test_a_quiet_week_after_known_use_used_0(client: FlaskClient, store: Store) -> None:
    run_on(store, LAST_WEEK, 28)
    words = text_of(client.get("/").text)
    assert "macOS minutes this week 0 / 1,000 No batch run since Monday 2026-11-23." in words
    # 1 minute a day on average, 6.5 days are left.
    assert "At this pace 6 by Sunday" in words
    assert "Cost this week $0.00" in words
    assert decided(client)["macos_minutes_used"] == 0


def test_a_forecast_of_less_than_a_minute_has_no_decimals(
    client: FlaskClient, store: Store
) -> None:
    run_on(store, LAST_WEEK, 0.5)
    assert "pace" not in text_of(client.get("/").text)
    run_on(store, THIS_WEEK, 0.01)
    assert "At this pace less than 1 by Sunday" in text_of(client.get("/").text)
    assert "macOS would end the week at less than 1 min." in text_of(client.get("/minutes").text)


def test_one_runner_system_can_be_known_without_the_other(
    client: FlaskClient, store: Store
) -> None:
    run_on(store, THIS_WEEK, 100, macos_minutes=None)
    words = text_of(client.get("/").text)
    assert "unknown / 1,000 No run ever reported macOS minutes." in words
    assert "100 / 5,000" in words
    assert "Cost this week $0.60" in words
    run_on(store, LAST_WEEK, 5)
    words = text_of(client.get("/").text)
    assert "unknown / 1,000 No run of this week reported macOS minutes." in words
    badge = client.get("/badges/homebrew.svg?show=minutes").text
    assert "unknown macOS, 4,900 Linux min left" in badge


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_minutes_nobody_reported_are_empty_cells(
    client: FlaskClient, store: Store, by: str
) -> None:
    run_on(store, "2026-11-02", None, results=[failed_result(duration_seconds=None)])
    run_on(store, "2026-10-05", 0, linux_minutes=None, results=[])
    found = rows(client, f"/exports/minutes.csv?last=all&by={by}")
    names = ("macos_minutes", "linux_minutes", "failed_seconds")
    cells = [[row[name] for name in names] for row in found]
    assert [[cell and float(cell) for cell in row] for row in cells] == [[0, "", 0], ["", "", ""]]
    page = client.get(f"/minutes?last=all&by={by}").text
    shown = [row for row in table(page, "minutes-table") if row[1] != "0"]
    assert [row[2:] for row in shown] == [["unknown", "unknown"], ["0", "unknown"]]


def test_a_step_is_known_from_its_first_reported_minutes_on(
    client: FlaskClient, store: Store
) -> None:
    run_on(store, "2026-11-02", None)
    run_on(store, "2026-11-03", 3)
    (week,) = rows(client, "/exports/minutes.csv?last=all&by=week")
    assert (float(week["macos_minutes"]), week["macos_unknown_runs"]) == (3, "1")


def test_time_lost_by_a_recipe_is_unknown_where_no_duration_is(
    client: FlaskClient, store: Store
) -> None:
    results = [
        failed_result(recipe_name="a", duration_seconds=None),
        failed_result(recipe_name="b", duration_seconds=1.5),
        failed_result(recipe_name="c", result="passed", error_message=None, error_category=None),
    ]
    run_on(store, LAST_WEEK, 1, results=results)
    found = rows(client, "/exports/recipes.csv?last=all")
    lost = {row["recipe_name"]: row["failed_seconds"] for row in found}
    assert lost["a"] == ""
    assert float(lost["b"]) == 1.5
    assert float(lost["c"]) == 0
