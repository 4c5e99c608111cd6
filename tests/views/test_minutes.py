"""The minutes page shows minutes, costs and runs that reported none."""

import csv
import io
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from batch_dashboard.views.panels.spending.spending_table import ECOSYSTEMS_PER_PAGE
from tests.factories import NOW, batch_run, failed_result, ingest, run_on
from tests.pages import table, text_of
from tests.statements import counted_statements


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def test_without_data_it_shows_how_to_send_the_first_batch_run(client: FlaskClient) -> None:
    assert "No batch run is stored yet" in client.get("/minutes").text


def test_the_navigation_leads_to_it(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run())
    assert '<a href="/minutes" aria-current="page">Minutes</a>' in client.get("/minutes").text


def test_the_tiles_sum_the_period(client: FlaskClient, store: Store) -> None:
    run_on(store, "2026-11-20", macos_minutes=10, linux_minutes=100)
    run_on(store, "2026-11-21", macos_minutes=None, linux_minutes=50, results=[failed_result()] * 3)
    words = text_of(client.get("/minutes").text)
    assert "macOS minutes 10.0 last 90 days Of 1 run that reported them." in words
    assert "Linux minutes 150 last 90 days Of 2 runs that reported them." in words
    assert (
        "Cost at list price $1.52 last 90 days $0.62 macOS, $0.90 Linux; of the known minutes only."
        in words
    )
    assert "Spent on failed results 0.83 min" in words
    assert "Runs without minutes 1 macOS 0 Linux last 90 days Of 2 batch runs." in words


def test_unknown_minutes_and_times_are_never_0(client: FlaskClient, store: Store) -> None:
    lost = [failed_result(duration_seconds=None)]
    run_on(store, "2026-11-23", macos_minutes=None, linux_minutes=None, results=lost)
    page = client.get("/minutes").text
    words = text_of(page)
    assert "macOS minutes unknown last 90 days None of 1 run reported them." in words
    assert "Cost at list price unknown last 90 days No run reported minutes." in words
    assert "Spent on failed results unknown" in words
    assert "How many macOS minutes were used this week is unknown." in words
    assert "No minutes were reported in this period." in words
    row = ["homebrew", "1", "unknown", "unknown", "unknown", "–", "unknown", "unknown", "1", "1"]
    assert table(page, "ecosystems") == [row]


def test_the_numbers_of_page_and_file_agree_by_every_step(
    client: FlaskClient, store: Store
) -> None:
    for day in ("2025-12-30", "2026-01-01", "2026-01-02", "2026-02-01"):
        run_on(store, day, macos_minutes=100, linux_minutes=300)
        run_on(store, day, macos_minutes=200, linux_minutes=None, ecosystem="npm")
    for by in ("day", "week", "month", "year"):
        page = client.get(f"/minutes?since=2025-12-30&until=2026-02-02&by={by}").text
        address = re.search(r'href="(/exports/minutes.csv[^"]*by=[^"]*)"', page)
        assert address is not None
        body = client.get(unescape(address[1])).text
        per_step: dict[str, float] = {}
        for row in csv.DictReader(io.StringIO(body)):
            start = row["day" if by == "day" else f"{by}_start"]
            per_step[start] = per_step.get(start, 0.0) + float(row["macos_minutes"])
        shown = {
            row[0].split()[0]: float(row[2])
            for row in table(page, "minutes-table")
            if row[1] != "0"
        }
        assert shown == per_step


def test_a_week_over_a_change_of_price_costs_each_day_its_own(
    client: FlaskClient, store: Store
) -> None:
    run_on(store, "2025-12-31", macos_minutes=100, linux_minutes=0)
    run_on(store, "2026-01-01", macos_minutes=100, linux_minutes=0)
    for by in ("week", "month", "day"):
        page = client.get(f"/minutes?since=2025-12-31&until=2026-01-02&by={by}").text
        assert "Cost at list price $14.20" in text_of(page)
        cost = [float(row[3].strip("$")) for row in table(page, "cost-table")]
        assert sum(cost) == pytest.approx(14.2)
    week = client.get("/minutes?since=2025-12-31&until=2026-01-02&by=week").text
    assert table(week, "cost-table") == [["2025-12-29 2 of 7 days", "$14.20", "$0.00", "$14.20"]]
    assert "GitHub-hosted standard runners, list price." in week
    assert table(week, "prices") == [
        ["2026-01-01", "$0.062", "$0.006"],
        ["before", "$0.08", "$0.008"],
    ]


def test_a_step_too_short_for_the_period_gives_way_and_says_so(
    client: FlaskClient, store: Store
) -> None:
    run_on(store, "2026-11-20")
    page = client.get("/minutes?last=1y&by=day").text
    assert "This period is too long to show by day, so it is shown by week" in text_of(page)
    assert "/exports/minutes.csv?last=1y&amp;by=day" in page
    assert len(table(page, "minutes-table")) == 53
    assert "too long" not in client.get("/minutes?last=90d&by=day").text


def test_decades_are_shown_by_year(client: FlaskClient, store: Store) -> None:
    run_on(store, "2010-01-20", macos_minutes=100)
    run_on(store, "2026-11-20", macos_minutes=200)
    page = client.get("/minutes?last=all").text
    rows = table(page, "minutes-table")
    assert [row[0].split()[0] for row in rows] == [
        f"{year}-01-01" for year in range(2026, 2009, -1)
    ]
    assert (rows[0][2], rows[-1][2]) == ("200", "100")
    assert client.get("/exports/minutes.csv?last=all&by=year").text.count("\r\n") == 3


def test_the_week_is_of_all_ecosystems_and_says_so(client: FlaskClient, store: Store) -> None:
    run_on(store, "2026-11-23", macos_minutes=7)
    run_on(store, "2026-11-20", ecosystem="npm", macos_minutes=5)
    page = client.get("/minutes?ecosystem=npm").text
    assert "macOS used 7.0 of 1,000 min" in page
    assert "this week’s minutes cover all ecosystems" in page
    assert 'href="/exports/burn_up.csv"' in page
    # One ecosystem needs no chart of ecosystems.
    assert "Minutes by ecosystem" not in page
    assert table(page, "burn-up-table")[0][0] == "Monday 23 November"


def test_the_table_is_sorted_by_any_column_both_ways(client: FlaskClient, store: Store) -> None:
    run_on(store, "2026-11-20", ecosystem="apt", macos_minutes=1, linux_minutes=900)
    run_on(store, "2026-11-20", ecosystem="npm", macos_minutes=50, linux_minutes=1)

    def names(query: str) -> list[str]:
        return [row[0] for row in table(client.get(f"/minutes?{query}").text, "ecosystems")]

    assert names("") == ["apt", "npm"]
    assert names("sort=macos_minutes") == ["npm", "apt"]
    assert names("sort=macos_minutes&order=asc") == ["apt", "npm"]
    assert names("sort=ecosystem&order=desc") == ["npm", "apt"]
    page = client.get("/minutes?by=week&sort=macos_minutes").text
    assert 'aria-sort="descending"' in page
    assert "/minutes?by=week&amp;sort=macos_minutes&amp;order=asc#ecosystems-title" in page
    assert '<input type="hidden" name="sort" value="macos_minutes">' in page


def test_more_ecosystems_than_a_page_holds_have_pages(client: FlaskClient, store: Store) -> None:
    for number in range(ECOSYSTEMS_PER_PAGE + 1):
        run_on(store, "2026-11-20", ecosystem=f"e{number:02}", macos_minutes=None, linux_minutes=1)
    first = client.get("/minutes?sort=macos_minutes").text
    names = [row[0] for row in table(first, "ecosystems")]
    assert names == [f"e{number:02}" for number in range(ECOSYSTEMS_PER_PAGE)]
    later = re.search(r'rel="next" href="([^"]+#ecosystems-title)"', first)
    assert later is not None
    second = client.get(unescape(later[1])).text
    assert [row[0] for row in table(second, "ecosystems")] == [f"e{ECOSYSTEMS_PER_PAGE}"]
    assert 'rel="prev"' in second


def test_a_part_of_the_address_that_cannot_be_used_is_named(
    client: FlaskClient, store: Store
) -> None:
    ingest(store, batch_run())
    page = client.get("/minutes?by=decade&sort=price&order=up&last=1d")
    assert page.status_code == 200
    words = text_of(page.text)
    assert "“by” must be one of day, week, month, year, not “decade”." in words
    assert "“sort” must be one of cost, ecosystem, runs," in words
    assert "“order” must be one of asc, desc, not “up”." in words
    assert "“last” must be one of" in words


def test_a_period_without_data_shows_the_last_one_that_has_some(
    client: FlaskClient, store: Store
) -> None:
    run_on(store, "2026-03-15")
    page = client.get("/minutes?last=30d").text
    assert "There is nothing in the selected period" in page
    assert "minutes.csv?since=2026-02-14&amp;until=2026-03-16&amp;by=day" in page
    assert "No batch run has started since Monday 2026-11-23." in page


def test_an_ecosystem_that_never_ran_is_said(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run())
    answer = client.get("/minutes?ecosystem=<b>nix</b>&last=all")
    assert answer.status_code == 200
    assert "is stored." in answer.text
    assert "<b>nix" not in answer.text
    assert "No batch run started in this period." in answer.text


def test_names_are_text_whatever_they_hold(client: FlaskClient, store: Store) -> None:
    name = "</script><img src=x onerror=alert(1)>\u202e\"'/%💥"
    ingest(store, batch_run(ecosystem=name))
    answer = client.get("/minutes")
    assert answer.status_code == 200
    assert "<img" not in answer.text


@pytest.mark.parametrize("query", ["", "?last=all", "?last=7d&ecosystem=e1", "?since=2001-01-01"])
def test_it_takes_few_statements_whatever_is_chosen(
    client: FlaskClient, store: Store, query: str
) -> None:
    for number in range(9):
        run_on(store, f"2026-0{number + 1}-20", ecosystem=f"e{number}")
    with counted_statements(store) as statements:
        client.get(f"/minutes{query}")
    # Ecosystems, sums (once more where the period falls back), the last four weeks, where these
    # say nothing whether minutes were ever reported, what operators set of budgets and of prices;
    # runs without minutes, limits of waits, times and waits of jobs, what the plan avoided.
    assert len(statements) <= 12
    tables = " ".join(statements)
    assert "recipe_results" not in tables
