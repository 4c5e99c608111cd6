"""What pages say in words is what the stored results and the CSV files say in numbers."""

import csv
import io
import random
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from batch_dashboard.model.failures.failures import new_since
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import failure_groups, recipe_results
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.pages import text_of

STREAK = re.compile(
    r"(?P<name>\S+) \( ?(?P<ecosystem>\S+) ?\):? has failed (?P<streak>[\d,]+) times in a row, "
    r"since (?P<since>[\d-]+), (?:(?P<part>[\d,]+) of them|(?P<how>each time|the last time)) "
    r"with ?: (?P<reason>Error \w)"
)
REASONS = ("Error a", "Error b", "Error c")


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def rows_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).text, newline="")))


def run_at(store: Store, moment: datetime, *results: Any, **changes: Any) -> None:
    ingest(
        store,
        batch_run(
            batch_id=f"{moment}",
            started_at=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            completed_at=None,
            results=list(results),
            **changes,
        ),
    )


def outcome(recipe: str, reason: str | None) -> dict[str, Any]:
    if reason is None:
        return recipe_result(recipe_name=recipe)
    return failed_result(recipe_name=recipe, error_message=reason)


@pytest.mark.parametrize("seed", range(4))
def test_a_streak_and_its_reason_are_counted_right(
    client: FlaskClient, store: Store, seed: int
) -> None:
    chance = random.Random(seed)
    recipes = [f"r{number}" for number in range(12)]
    for hour in range(40):
        # Several runs at one moment, several results of a recipe in one run, some runs late.
        moment = NOW - timedelta(hours=chance.choice([40 - hour, 40 - hour, 20]))
        results = []
        for recipe in chance.sample(recipes, 6):
            few = REASONS[: 1 + int(recipe[1:]) % 3]
            reason = chance.choice(few) if chance.random() < 0.9 else None
            results.append(outcome(recipe, reason))
            if chance.random() < 0.2:
                results.append(outcome(recipe, chance.choice(few)))
        run_at(store, moment, *results)
    check(store, [], None, NOW)
    expected = streaks(store)
    stuck = {name: reasons for name, reasons in expected.items() if len(reasons) >= 5}
    assert stuck
    pages = text_of(client.get("/?last=all").text) + text_of(client.get("/incidents").text)
    found = list(STREAK.finditer(pages))
    assert {sentence["name"] for sentence in found} == set(stuck)
    said = set()
    for sentence in found:
        reasons = stuck[sentence["name"]]
        assert int(sentence["streak"]) == len(reasons)
        same = reasons.count(sentence["reason"])
        if sentence["part"]:
            assert int(sentence["part"]) == same < len(reasons)
        elif sentence["how"] == "each time":
            assert same == len(reasons)
        else:
            assert same > 0
        said.add(sentence["how"] or "part")
    assert said >= {"each time", "part"}


def streaks(store: Store) -> dict[str, list[str]]:
    """The messages of the failures since the last pass of each recipe, result by result."""
    row = recipe_results.c
    query = select(row.recipe_name, row.result, row.error_message).order_by(
        row.started_at, row.batch_run_id, row.id
    )
    found: dict[str, list[str]] = {}
    with store.read() as connection:
        for name, result, message in connection.execute(query):
            reasons = found.setdefault(name, [])
            if result == "passed":
                reasons.clear()
            elif result == "failed":
                reasons.append(message)
    return found


@pytest.mark.parametrize(("first_seen", "is_new"), [(6, True), (7, False), (240, False)])
@pytest.mark.parametrize("query", ["", "?last=all", "?since=2025-01-01&until=2026-11-24"])
def test_new_is_what_was_first_seen_in_the_last_seven_days_whatever_is_shown(
    client: FlaskClient, store: Store, first_seen: int, is_new: bool, query: str
) -> None:
    moment = datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC) - timedelta(days=first_seen)
    assert (moment.date() >= new_since(NOW.date())) == is_new
    run_at(store, moment, failed_result())
    for path in ("/", "/failures", "/ecosystems/homebrew"):
        page = client.get(f"{path}{query}").text
        assert ('data-state="new"' in page) == is_new, path
    assert ("new failure" in client.get(f"/{query}").text) == is_new
    with store.read() as connection:
        group = connection.execute(select(failure_groups.c.id)).scalar_one()
    assert ('data-state="new"' in client.get(f"/failures/{group}").text) == is_new
    (row,) = rows_of(client, "/exports/failure_groups.csv?last=all")
    assert row["is_new"] == ("1" if is_new else "0")


def test_every_large_number_names_its_period(client: FlaskClient, store: Store) -> None:
    run_at(store, NOW - timedelta(days=20), failed_result())
    for path, query, words, count in (
        ("/", "", "last 90 days", 6),
        ("/minutes", "?last=30d", "last 30 days", 5),
        ("/ecosystems/homebrew", "?last=all", "all time", 5),
        ("/ecosystems/homebrew", "?since=2026-11-01", "since 2026-11-01", 5),
    ):
        page = client.get(f"{path}{query}").text
        tiles = re.findall(r'<section class="tile.*?</section>', page, re.S)
        assert len(tiles) == count
        for tile in tiles:
            assert re.search(rf"this week|up to now|{words}", text_of(tile)), tile


@pytest.mark.parametrize(
    "query", ["", "?last=7d", "?last=all", "?since=2026-11-01&until=2026-11-10"]
)
def test_numbers_of_an_ecosystem_are_those_of_the_files(
    client: FlaskClient, store: Store, query: str
) -> None:
    for ago in (1, 15, 30, 200):
        moment = NOW - timedelta(days=ago)
        run_at(
            store,
            moment,
            outcome(f"a{ago}", "Error a"),
            outcome("always", None),
            outcome("mended", None if ago == 1 else "Error b"),
        )
    page = client.get(f"/ecosystems/homebrew{query}").text
    words = text_of(page)
    period = query.removeprefix("?") or "last=90d"
    runs = rows_of(client, f"/exports/batch_runs.csv?ecosystem=homebrew&{period}")
    passed, failed = (sum(int(run[name]) for run in runs) for name in ("passed", "failed"))
    assert f"{passed} of {passed + failed} attempts passed" in words
    link = re.search(r'href="(/recipes\?[^"]*state=failing[^"]*)">(\d+)</a>', page)
    assert link is not None
    listed = unescape(link[1])
    failing = rows_of(client, listed.replace("/recipes?", "/exports/recipes.csv?"))
    assert int(link[2]) == len(failing)
    heading = "1 failing recipe" if len(failing) == 1 else f"{len(failing)} failing recipes"
    assert heading in text_of(client.get(listed).text)
    groups = rows_of(client, f"/exports/failure_groups.csv?ecosystem=homebrew&{period}")
    assert sum(int(group["failed"]) for group in groups) == failed


def test_days_between_two_dates_on_a_page_are_the_days_it_names(
    client: FlaskClient, store: Store
) -> None:
    for ago in (8, 9, 100):
        run_at(store, NOW - timedelta(days=ago, hours=-11), failed_result())
    check(store, [], None, NOW)
    for path in ("/", "/batch-runs", "/ecosystems/homebrew", "/recipes/homebrew/ripgrep"):
        page = client.get(f"{path}?last=all").text
        ages = re.findall(r'<time datetime="([\d-]+)T[^>]*>(\d+) days ago', page)
        ages += re.findall(r"was on ([\d-]+), (\d+) days ago", page)
        assert ages
        for day, days in ages:
            assert (NOW.date() - date.fromisoformat(day)).days == int(days)
