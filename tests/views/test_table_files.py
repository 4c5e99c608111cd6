"""Every table of a page has a CSV file with its rows, and their number is known before."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from batch_dashboard.exports.reference import with_sections
from batch_dashboard.model.administration.retention import Retention
from batch_dashboard.model.catalogue import FILES
from batch_dashboard.services.administration import retention
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import failure_groups
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.pages import table, text_of
from tests.visitors import SOMEBODY

PERIODS = ["", "?last=7d", "?last=all", "?since=2026-11-10&until=2026-11-19", "?until=2026-11-18"]


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


@pytest.fixture
def filled(store: Store) -> Store:
    """Ten days of two ecosystems: recipes that fail, that work, and one whose name is a formula."""
    for ago in range(10, 0, -1):
        for ecosystem in ("homebrew", "npm"):
            other = "Error: no route to host" if ago % 2 else "Error: timed out"
            results = [
                failed_result(recipe_name="wget", ecosystem=ecosystem),
                failed_result(recipe_name="curl", ecosystem=ecosystem, error_message=other),
                recipe_result(recipe_name="jq", ecosystem=ecosystem, platform="darwin-arm64"),
                recipe_result(recipe_name='=x,"y"', ecosystem=ecosystem, result="skipped")
                if ago > 3
                else recipe_result(recipe_name=f"only {ago}", ecosystem=ecosystem),
            ]
            started = NOW - timedelta(days=ago, hours=ecosystem == "npm")
            ingest(
                store,
                batch_run(
                    batch_id=f"{ago}-{ecosystem}",
                    ecosystem=ecosystem,
                    started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
                    completed_at=None,
                    results=results,
                    macos_minutes=None if ecosystem == "npm" else ago / 3,
                ),
            )
    check(store, [], None, NOW)
    return store


def rows_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def file_link(page: str, name: str, nth: int = 0) -> str:
    """The address of a file that a page links to."""
    return unescape(re.findall(rf'href="(/exports/{re.escape(name)}[^"]*)"', page)[nth])


def counts_of(client: FlaskClient, query: str) -> dict[str, tuple[int, str]]:
    """What the page of exports says of each file: its rows, and its address."""
    page = client.get(f"/exports/{query}").text
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", page.split('id="files"')[1], re.S):
        link = re.search(r'href="(/exports/([^"?]+)[^"]*)" download', row)
        number = re.search(r'<td class="number">([\d,]+)</td>', row)
        if link and number:
            found[link[2]] = (int(number[1].replace(",", "")), unescape(link[1]))
    return found


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("ecosystem", ["", "npm"])
@pytest.mark.parametrize("query", PERIODS)
def test_the_page_says_how_many_rows_each_file_has(
    client: FlaskClient, query: str, ecosystem: str
) -> None:
    if ecosystem:
        query = f"{query}&ecosystem={ecosystem}" if query else f"?ecosystem={ecosystem}"
    counts = counts_of(client, query)
    of_choice = {name for name, file in FILES.items() if file.is_of_choice}
    assert of_choice == {"attempts.csv", "comparison.csv", "compared_runs.csv", "jobs.csv"}
    assert set(counts) == set(FILES) - of_choice - {"findings.csv"}
    for name, (count, link) in counts.items():
        rows = rows_of(client, link)
        assert len(rows) == count, name
        # Every row has the columns of the header, no more and no fewer.
        assert all(None not in row and None not in row.values() for row in rows)


def test_rows_that_retention_dropped_are_not_counted(client: FlaskClient, filled: Store) -> None:
    with changing(filled, SOMEBODY, NOW) as change:
        retention.set_days(change, Retention(results=28, runs=31, audit=None))
    retention.prune(filled, SOMEBODY, NOW + timedelta(days=23))
    for query in PERIODS:
        for name, (count, link) in counts_of(client, query).items():
            assert len(rows_of(client, link)) == count, (name, query)
    assert 0 < counts_of(client, "?last=all")["batch_runs.csv"][0] < 20
    assert 0 < counts_of(client, "?last=all")["recipe_results.csv"][0] < 80


def test_an_ecosystem_whose_runs_were_all_dropped_keeps_its_sums(
    client: FlaskClient, filled: Store
) -> None:
    old = {"ecosystem": "old", "started_at": "2026-06-01T08:00:00Z", "completed_at": None}
    ingest(filled, batch_run(**old))
    with changing(filled, SOMEBODY, NOW) as change:
        retention.set_days(change, Retention(results=28, runs=31, audit=None))
    retention.prune(filled, SOMEBODY, NOW)
    page = client.get("/?last=all")
    assert page.status_code == 200
    assert "old its runs were deleted by retention" in text_of(page.text)
    rows = rows_of(client, "/exports/ecosystems.csv?last=all")
    assert [(row["ecosystem"], row["state"] != "", row["runs"]) for row in rows] == [
        ("homebrew", True, "10"),
        ("npm", True, "10"),
        ("old", False, "1"),
    ]
    assert counts_of(client, "?last=all")["ecosystems.csv"][0] == 3


@pytest.mark.parametrize("query", ["?last=30d", "?last=30d&ecosystem=npm"])
def test_exports_fall_back_as_pages_do_and_files_do_not(
    client: FlaskClient, store: Store, query: str
) -> None:
    ingest(
        store,
        batch_run(ecosystem="npm", started_at="2026-03-15T08:00:00Z", completed_at=None),
    )
    page = client.get(f"/exports/{query}").text
    assert "was on 2026-03-15, 253 days ago." in text_of(page)
    assert "so this page shows 2026-02-14 to 2026-03-15" in text_of(page)
    assert '<select name="ecosystem"' in page
    link = file_link(page, "batch_runs.csv")
    assert "since=2026-02-14&until=2026-03-16" in link
    assert len(rows_of(client, link)) == counts_of(client, query)["batch_runs.csv"][0] == 1
    assert rows_of(client, f"/exports/batch_runs.csv{query}") == []


def test_exports_of_an_empty_database_have_no_rows(client: FlaskClient) -> None:
    counts = counts_of(client, "")
    assert {name for name, (count, _) in counts.items() if count} == {
        f"{name}.csv" for name in ("burn_up", "budgets", "budget_changes", "prices")
    }


def test_every_table_links_its_file(client: FlaskClient, filled: Store) -> None:
    with filled.read() as connection:
        group = connection.execute(select(failure_groups.c.id)).scalars().first()
    pages = [
        "/",
        "/ecosystems/homebrew",
        "/minutes",
        "/failures",
        f"/failures/{group}",
        "/recipes",
        "/recipes/homebrew/wget",
        "/batch-runs",
        "/batch-runs/3",
        "/batch-runs/compare?a=1&b=3",
        "/incidents",
    ]
    for path in pages:
        page = client.get(path).text
        for panel in re.findall(r'<section class="panel.*?</section>', page, re.S):
            if "<table" in panel:
                assert re.search(r'href="/exports/[^"]+" download', panel), (path, panel[:200])
        for link in set(re.findall(r'href="(/exports/[^"]+)" download', page)):
            assert rows_of(client, unescape(link)), (path, link)


@pytest.mark.usefixtures("filled")
def test_results_of_a_run_and_of_a_recipe_are_those_of_their_tables(client: FlaskClient) -> None:
    for path, count in (
        ("/batch-runs/3", 4),
        ("/batch-runs/3?result=failed", 2),
        ("/batch-runs/3?category=install_failed", 2),
        ("/batch-runs/3?text=route", 1),
        ("/recipes/npm/curl", 10),
        ("/recipes/npm/curl?since=2026-11-15&until=2026-11-17", 2),
        ("/recipes/npm/jq?platform=darwin-arm64&last=7d", 6),
    ):
        page = client.get(path).text
        rows = rows_of(client, file_link(page, "recipe_results.csv", -1))
        assert len(rows) == len(table(page, "results")) == count, path
    assert {row["ecosystem"] for row in rows} == {"npm"}
    assert [row["started_at"] for row in rows] == sorted(row["started_at"] for row in rows)


def test_a_recipe_of_a_run_of_another_ecosystem_is_in_its_own_file(
    client: FlaskClient, store: Store
) -> None:
    result = failed_result(recipe_name="a" * 190 + " =?", ecosystem="npm")
    ingest(store, batch_run(ecosystem="all", results=[result]))
    page = client.get(f"/recipes/npm/{'a' * 190} =%3F").text
    (row,) = rows_of(client, file_link(page, "recipe_results.csv"))
    assert row["recipe_name"] == result["recipe_name"]


@pytest.mark.usefixtures("filled")
def test_a_comparison_is_the_one_of_its_page(client: FlaskClient) -> None:
    page = client.get("/batch-runs/compare?a=16&b=18").text
    rows = rows_of(client, file_link(page, "comparison.csv"))
    runs = rows_of(client, file_link(page, "compared_runs.csv"))
    assert [row["id"] for row in runs] == ["16", "18"]
    assert [row["failed"] for row in runs] == [row[5] for row in table(page, "runs")]
    shown = table(page, "changes")
    assert sorted([row["change"], row["recipe_name"]] for row in rows) == sorted(
        row[:2] for row in shown
    )
    assert {row["change"] for row in rows} == {"still failing", "new", "gone"}
    page = client.get("/batch-runs/compare?a=16&b=18&change=gone").text
    (gone,) = rows_of(client, file_link(page, "comparison.csv"))
    assert (gone["recipe_name"], gone["result_after"]) == ("only 3", "")
    unchanged = rows_of(client, "/exports/comparison.csv?before=16&after=18&change=unchanged")
    assert [row["recipe_name"] for row in unchanged] == ["jq"]
    assert rows_of(client, "/exports/comparison.csv?before=16&after=18&ecosystem=homebrew") == []


@pytest.mark.usefixtures("filled")
def test_what_a_group_and_a_recipe_have_in_common_is_in_a_file(client: FlaskClient) -> None:
    page = client.get("/recipes/npm/curl").text
    rows = rows_of(client, file_link(page, "failure_group_recipes.csv"))
    assert sorted(row["failed"] for row in rows) == ["5", "5"]
    assert {row["recipe_name"] for row in rows} == {"curl"}
    group = rows[0]["failure_group_id"]
    page = client.get(f"/failures/{group}?last=30d").text
    recipes = rows_of(client, file_link(page, "failure_group_recipes.csv"))
    assert {row["ecosystem"] for row in recipes} == {"homebrew", "npm"}
    counts = rows_of(client, file_link(page, "failure_counts.csv"))
    assert sum(int(row["failed"]) for row in counts) == 10
    assert {row["failure_group_id"] for row in counts} == {group}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("by", ["day", "week", "month", "year"])
def test_failures_over_time_are_those_of_the_chart(client: FlaskClient, by: str) -> None:
    rows = rows_of(client, f"/exports/failure_counts.csv?last=all&by={by}")
    assert sum(int(row["failed"]) for row in rows) == 40
    start = "day" if by == "day" else f"{by}_start"
    assert [row[start] for row in rows] == sorted(row[start] for row in rows)


@pytest.mark.usefixtures("filled")
def test_ecosystems_are_those_of_the_overview(client: FlaskClient) -> None:
    page = client.get("/?last=7d").text
    rows = {row["ecosystem"]: row for row in rows_of(client, file_link(page, "ecosystems.csv"))}
    shown = {row[0]: row for row in table(page, "ecosystems")}
    assert set(rows) == set(shown) == {"homebrew", "npm"}
    for name, row in rows.items():
        assert row["state"] == shown[name][1]
        assert row["runs"] == shown[name][3]
        attempts = int(row["passed"]) + int(row["failed"])
        assert f"n={attempts}" in shown[name][4]
        low, high = float(row["success_rate_low"]), float(row["success_rate_high"])
        assert low < float(row["success_rate"]) < high
    assert rows["npm"]["macos_minutes"] == rows["npm"]["macos_cost"] == ""
    known = sum(ago / 3 for ago in range(1, 7))
    assert float(rows["homebrew"]["macos_minutes"]) == pytest.approx(known)
    assert float(rows["homebrew"]["macos_cost"]) == pytest.approx(known * 0.062)


def test_costs_are_at_the_price_of_each_day(client: FlaskClient, store: Store) -> None:
    for day in ("2025-12-31", "2026-01-01"):
        ingest(
            store,
            batch_run(
                batch_id=day,
                started_at=f"{day}T08:00:00Z",
                completed_at=None,
                macos_minutes=100,
                linux_minutes=None,
            ),
        )
    (week,) = rows_of(client, "/exports/minutes.csv?last=all&by=week")
    assert float(week["macos_cost"]) == pytest.approx(8 + 6.2)
    assert week["linux_cost"] == ""
    prices = rows_of(client, "/exports/prices.csv")
    assert [(row["since"], row["macos"]) for row in prices] == [
        ("", "0.08"),
        ("2026-01-01", "0.062"),
    ]


@pytest.mark.usefixtures("filled")
def test_incidents_are_those_of_the_list(client: FlaskClient) -> None:
    for state in ("", "open", "closed"):
        page = client.get(f"/incidents?state={state}").text
        rows = rows_of(client, file_link(page, "incidents.csv"))
        assert len(rows) == (0 if state == "closed" else len(table(page, "incidents")))
    rows = rows_of(client, "/exports/incidents.csv?last=all&ecosystem=npm")
    assert {row["ecosystem"] for row in rows} == {"npm"}


@pytest.mark.usefixtures("filled")
def test_the_week_so_far_is_that_of_the_chart(client: FlaskClient) -> None:
    rows = rows_of(client, file_link(client.get("/minutes").text, "burn_up.csv"))
    assert len(rows) == 14
    monday = next(row for row in rows if row["runner_os"] == "macos")
    assert (monday["day"], monday["runs"], monday["minutes"]) == ("2026-11-23", "0", "")
    assert (monday["used_minutes"], monday["budget_minutes"]) == ("0.0", "1000.0")
    assert rows[1]["runs"] == ""


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("comparison.csv", "“before” must be the number of a batch run."),
        ("comparison.csv?before=1", "“after” must be the number of a batch run."),
        ("comparison.csv?before=x&after=1", "“before” must be the number of a batch run, not “x”."),
        (
            "recipe_results.csv?text=a",
            "“text” requires “batch_run” or “recipe_name”.",
        ),
        (f"recipe_results.csv?batch_run={10**30}", "“batch_run” must be the number of a batch run"),
        ("failure_counts.csv?failure_group=-1", "“failure_group” must be the number of a failure"),
        ("incidents.csv?state=stuck", "“state” must be one of open, closed, not “stuck”."),
        ("comparison.csv?before=1&after=2&change=x", "“change” must be one of newly failing"),
        ("recipe_results.csv?recipe_name=%0a", "“recipe_name” must be at most 500 characters"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(
    client: FlaskClient, query: str, complaint: str
) -> None:
    answer = client.get(f"/exports/{query}")
    assert answer.status_code == 400
    assert complaint in answer.text


def test_the_documentation_is_generated_from_the_catalogue() -> None:
    text = Path("docs/exports.md").read_text()
    assert text == with_sections(text), "run: python -m batch_dashboard.exports.reference"
