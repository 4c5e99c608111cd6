"""The overview says what is known, what is not, and how old it is."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, ingest
from tests.pages import text_of


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def test_without_data_it_shows_how_to_send_the_first_batch_run(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "No batch run is stored yet" in page
    assert "curl -X POST http://localhost/batch-metrics" in page


def test_it_shows_rates_with_n_and_minutes_of_both_runner_systems(
    client: FlaskClient, store: Store
) -> None:
    ingest(store, batch_run())
    page = client.get("/").text
    assert "1 of 2 attempts failed (n=2)" in page
    assert "Minutes per week" in page
    assert "macOS used 4.2 min" in page
    assert "/exports/minutes.csv?by=week" in page
    assert "/exports/failure_rates.csv?by=week" in page


def test_unknown_minutes_are_said_and_never_shown_as_0(client: FlaskClient, store: Store) -> None:
    started = "2026-11-23T08:00:00Z"
    ingest(
        store,
        batch_run(started_at=started, completed_at=None, macos_minutes=None, linux_minutes=None),
    )
    page = client.get("/").text
    assert "1 of 1 run reported no macOS minutes." in page
    assert "How many macOS minutes were used is unknown." in page
    assert '<p class="tile-value"><span class="unknown">unknown</span>' in page


def test_a_period_without_data_shows_the_last_one_that_has_some(
    client: FlaskClient, store: Store
) -> None:
    ingest(store, batch_run(started_at="2026-03-15T08:00:00Z", completed_at=None))
    page = client.get("/?last=30d").text
    assert "The last batch run was on 2026-03-15, 253 days ago." in text_of(page)
    assert "this page shows 2026-02-14 to 2026-03-15" in page
    assert "minutes.csv?since=2026-02-14&amp;until=2026-03-16&amp;by=week" in page
    whole = client.get("/?last=all").text
    assert "253 days ago" in whole
    assert "There is nothing in the selected period" not in whole


@pytest.mark.parametrize("query", ["since=2026-06-01", "until=2026-01-01", "last=7d"])
def test_every_empty_period_falls_back(client: FlaskClient, store: Store, query: str) -> None:
    ingest(store, batch_run(started_at="2026-03-15T08:00:00Z", completed_at=None))
    page = client.get(f"/?{query}").text
    assert "There is nothing in the selected period" in page
    assert "1 of 2 attempts failed" in page


@pytest.mark.parametrize(
    "query",
    [
        "last=yesterday",
        "since=2026-99-99",
        "since=2026-02-01&until=2026-01-01",
        "ecosystem=%00",
        "ecosystem=" + "x" * 300,
        "last=7d&since=2026-01-01",
        "until=0001-01-01",
        "since=9999-12-31",
    ],
)
def test_a_filter_that_cannot_be_used_is_named(
    client: FlaskClient, store: Store, query: str
) -> None:
    ingest(store, batch_run())
    answer = client.get(f"/?{query}")
    assert answer.status_code == 200
    assert "Part of the address cannot be used" in answer.text


def test_an_ecosystem_that_never_ran_is_said(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run())
    answer = client.get("/?ecosystem=<b>nix</b>")
    assert answer.status_code == 200
    assert "is stored." in answer.text
    assert "<b>nix" not in answer.text


def test_names_are_text_whatever_they_hold(client: FlaskClient, store: Store) -> None:
    name = "</script><img src=x onerror=alert(1)>\u202e\"'/%💥"
    ingest(store, batch_run(ecosystem=name, batch_id=name * 4))
    for path in ("/", "/batch-runs", "/batch-runs/1"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "<img" not in answer.text


def test_nothing_attempted_has_no_rate(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run(results=[]))
    page = client.get("/").text
    assert "Nothing was attempted." in page
    assert "1 of 1 processed no recipe." in page
    assert "nothing was attempted" in page
    ingest(store, batch_run())
    assert "1 of 2 processed no recipe." in client.get("/").text


def test_answers_carry_the_security_headers(client: FlaskClient) -> None:
    headers = client.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DE")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_pages_are_compressed_for_those_who_accept_it(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run())
    answer = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("/").headers


def test_own_files_have_a_year_under_their_version_only(client: FlaskClient) -> None:
    page = client.get("/").text
    start = page.index("/assets/")
    url = page[start : page.index('"', start)]
    with client.get(url) as current:
        assert "immutable" in current.headers["Cache-Control"]
    with client.get("/assets/000000000000/css/base.css") as old:
        assert old.headers["Cache-Control"] == "no-cache"
    assert client.get("/assets/x/vendor/plotly.json").status_code == 404
    assert client.get("/assets/x/css/../../../app.py").status_code == 404


def test_errors_are_pages_for_people_and_problems_for_programs(client: FlaskClient) -> None:
    page = client.get("/nothing-here")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    program = client.get("/api/v1/nothing")
    assert program.mimetype == "application/problem+json"
    assert program.json is not None
    assert program.json["status"] == 404
    assert client.post("/").status_code == 405


def test_an_unexpected_error_tells_no_inside(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise RuntimeError("secret SELECT * FROM users")

    monkeypatch.setitem(app.view_functions, "overview.index", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Its id is" in answer.text


def test_a_database_that_is_away_is_503_with_a_time_to_retry(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise StoreUnavailable("away")

    monkeypatch.setitem(app.view_functions, "overview.index", broken)
    answer = client.get("/")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
