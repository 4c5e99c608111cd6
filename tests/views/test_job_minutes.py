"""The minutes page says what jobs took, what is billed, and how long they waited for a runner."""

import csv
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.judgement.judgement import find_all
from batch_dashboard.services.spending import spending_rules
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, ci_job, ingest, run_on
from tests.pages import table, text_of
from tests.visitors import SOMEBODY


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def rows_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).text)))


def test_measured_and_billed_minutes_stand_beside_each_other_with_their_cost(
    client: FlaskClient, store: Store
) -> None:
    jobs = [
        *[ci_job("macos", waited=10, took=30)] * 2,
        ci_job("linux", waited=0, took=61),
        ci_job("linux", waited=0, took=None),
        ci_job("windows", waited=0, took=600),
    ]
    run_on(store, "2026-11-20", jobs=jobs)
    page = client.get("/minutes").text
    assert table(page, "job-minutes") == [
        ["macOS", "2", "1.0", "2", "100 %", "$0.06", "$0.12", "0"],
        ["Linux", "2", "1.0", "2", "96.7 %", "< $0.01", "$0.01", "1"],
        ["Windows", "1", "10.0", "10", "0 %", "no list price", "0"],
    ]
    [linux, macos, windows] = rows_of(client, "/exports/job_minutes.csv?last=90d")
    assert (float(macos["measured_minutes"]), macos["billed_minutes"]) == (1, "2")
    assert (macos["measured_cost"], macos["billed_cost"]) == ("0.062", "0.124")
    assert (linux["jobs"], linux["unended_jobs"]) == ("2", "1")
    assert (float(windows["measured_minutes"]), windows["measured_cost"]) == (10, "")


def test_jobs_cost_the_price_of_their_day(client: FlaskClient, store: Store) -> None:
    for day in ("2025-12-31", "2026-01-01"):
        run_on(store, day, jobs=[ci_job("macos", 0, 6_000, f"{day}T08:00:00Z")])
    period = "since=2025-12-31&until=2026-01-02"
    assert table(client.get(f"/minutes?{period}").text, "job-minutes")[0][5] == "$14.20"
    [week] = rows_of(client, f"/exports/job_minutes.csv?{period}&by=week")
    assert float(week["billed_cost"]) == pytest.approx(14.2)


def test_jobs_that_have_not_ended_have_no_known_minutes(client: FlaskClient, store: Store) -> None:
    run_on(store, "2026-11-20", jobs=[ci_job("macos", 0, None)])
    row = ["macOS", "1", "unknown", "unknown", "–", "unknown", "unknown", "1"]
    assert table(client.get("/minutes").text, "job-minutes") == [row]
    [row_of_file] = rows_of(client, "/exports/job_minutes.csv")
    assert row_of_file["measured_minutes"] == row_of_file["billed_minutes"] == ""


def test_without_jobs_the_page_says_how_to_measure(client: FlaskClient, store: Store) -> None:
    run_on(store, "2026-11-20")
    words = text_of(client.get("/minutes").text)
    assert "No batch run of this period sent its CI jobs. Set up CI to measure" in words
    assert "No job of this period reported how long it waited for a runner." in words


def test_waits_are_those_of_the_chosen_ecosystem_by_the_chosen_step(
    client: FlaskClient, store: Store
) -> None:
    for day, waits in (("2026-11-16", range(1, 10)), ("2026-11-18", [15])):
        jobs = [ci_job("macos", wait, 60, f"{day}T08:30:00Z") for wait in waits]
        run_on(store, day, jobs=jobs)
    run_on(store, "2026-11-18", ecosystem="npm", jobs=[ci_job("macos", 1_000, 60)])
    by_day = rows_of(client, "/exports/queue_waits.csv?ecosystem=homebrew&last=30d")
    assert [tuple(row.values()) for row in by_day] == [
        ("2026-11-16", "macos", "9", "5", "9", ""),
        ("2026-11-18", "macos", "1", "15", "15", ""),
    ]
    [week] = rows_of(client, "/exports/queue_waits.csv?ecosystem=homebrew&by=week")
    assert (week["jobs"], week["median_seconds"], week["p90_seconds"]) == ("10", "5", "9")
    [of_all] = rows_of(client, "/exports/queue_waits.csv?by=week")
    assert (of_all["jobs"], of_all["median_seconds"], of_all["p90_seconds"]) == ("11", "6", "15")
    page = client.get("/minutes?by=week&since=2026-11-16&until=2026-11-22&ecosystem=homebrew").text
    assert table(page, "queue-waits-table")[-1][1:] == ["10", "5.0 s", "9.0 s"]


def limit(store: Store, minutes: float) -> None:
    with changing(store, SOMEBODY, NOW) as change:
        spending_rules.set_wait_limit(change, "macos", minutes)


def test_a_wait_above_the_limit_needs_attention_on_both_pages_and_in_alerts(
    client: FlaskClient, store: Store
) -> None:
    jobs: list[dict[str, Any]] = [ci_job("macos", 900, 60)] * 10
    run_on(store, "2026-11-20", jobs=jobs)
    pages = ("/", "/minutes")
    assert not any("queue wait" in text_of(client.get(page).text) for page in pages)
    limit(store, 16)
    assert not any("limit of" in text_of(client.get(page).text) for page in pages)
    limit(store, 10)
    for page in pages:
        assert "macOS runners : one in ten jobs waited 15 min 28 s or longer" in text_of(
            client.get(page).text
        )
    assert "macOS limit 10 min" in client.get("/minutes").text
    with store.read() as connection:
        found, _cut = find_all(connection, NOW)
    assert "queue-wait:macos" in [finding.key for finding in found]


def test_waits_older_than_a_week_are_not_judged(client: FlaskClient, store: Store) -> None:
    limit(store, 1)
    jobs = [ci_job("macos", 900, 60)] * 10
    run_on(store, "2026-11-16", jobs=jobs)
    assert "queue wait" not in text_of(client.get("/").text)
    run_on(store, "2026-11-17", jobs=jobs)
    assert "n = 10 jobs" in text_of(client.get("/").text)


NO_MINUTES = {"macos_minutes": None, "linux_minutes": None}


@pytest.mark.parametrize(
    ("runs", "fields", "is_named"),
    [
        (19, NO_MINUTES, False),
        (20, NO_MINUTES, True),
        (20, {"macos_minutes": 0, "linux_minutes": 0}, True),
        (20, {**NO_MINUTES, "jobs": [ci_job("windows", 0, 60)]}, False),
        (20, {**NO_MINUTES, "jobs": [ci_job("windows", 0, None)]}, True),
    ],
)
def test_twenty_runs_without_minutes_need_attention(
    client: FlaskClient, store: Store, runs: int, fields: dict[str, Any], is_named: bool
) -> None:
    run_on(store, "2026-11-19", macos_minutes=1)
    for number in range(runs):
        ingest(store, batch_run(batch_id=str(number), completed_at=None, **fields))
    for path in ("/", "/minutes"):
        words = text_of(client.get(path).text)
        named = "none of the last 20 batch runs reported any above 0, since 2026-11-20" in words
        assert named == is_named, path
        assert ("Set up CI to report them." in words) == is_named


def test_the_finding_is_gone_with_the_first_run_that_reports_minutes(
    client: FlaskClient, store: Store
) -> None:
    run_on(store, "2026-11-16", **NO_MINUTES)
    assert "did not report any above 0, since 2026-11-16" in text_of(client.get("/").text)
    run_on(store, "2026-11-17", macos_minutes=1)
    assert "above 0" not in text_of(client.get("/").text)
