"""The page of minutes agrees with its files and says what is unknown."""

import csv
import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, ingest


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def test_the_table_holds_what_the_file_holds(client: FlaskClient, store: Store) -> None:
    for day, minutes in (("2026-10-05", 12.5), ("2026-10-06", None), ("2026-11-20", 100.0)):
        ingest(
            store,
            batch_run(started_at=f"{day}T08:00:00Z", completed_at=None, macos_minutes=minutes),
        )
    page = client.get("/minutes").text
    found = re.search(r'href="(/exports/minutes\.csv\?[^"]*by=week[^"]*)"', page)
    assert found
    rows = list(csv.DictReader(client.get(html.unescape(found[1])).text.splitlines()))
    assert [(row["week_start"], float(row["macos_minutes"])) for row in rows] == [
        ("2026-10-05", 12.5),
        ("2026-11-16", 100.0),
    ]
    assert sum(float(row["macos_minutes"]) for row in rows) == 112.5
    assert re.search(r'id="tile-macos".*?<p class="tile-value">112', page, re.DOTALL)
    assert "1 of 3 runs reported no macOS minutes." in page


@pytest.mark.parametrize("by", ["day", "week", "month"])
def test_steps_are_chosen_in_the_address(client: FlaskClient, store: Store, by: str) -> None:
    ingest(store, batch_run())
    page = client.get(f"/minutes?by={by}").text
    assert f"Minutes per {by}" in page
    bad = client.get("/minutes?by=hour&sort=banana&order=up").text
    assert "must be one of day, week, month" in bad
    assert bad.count("must be one of") == 3


def test_a_period_without_a_run_shows_the_last_that_has_one(
    client: FlaskClient, store: Store
) -> None:
    ingest(store, batch_run(started_at="2026-03-15T08:00:00Z", completed_at=None))
    assert "this page shows 2025-12-16 to 2026-03-15" in client.get("/minutes").text
