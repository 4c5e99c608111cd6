"""Every list falls back to the last period with data, and tells an empty period from no match."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.pages import text_of

pytestmark = pytest.mark.usefixtures("old")

LONG_AGO, LAST = "2026-03-01", "2026-03-15"
NOTHING = (
    "There is nothing in the selected period (last 30 days), so this page shows "
    "2026-02-14 to 2026-03-15, the last period of that length that has data."
)
NONE = NOTHING.replace("nothing", "none")


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def run_on(store: Store, day: str, *results: Any, **changes: Any) -> None:
    ingest(
        store,
        batch_run(
            **{
                "batch_id": f"{day}-homebrew",
                "started_at": f"{day}T08:00:00Z",
                "completed_at": None,
                "results": list(results),
                **changes,
            }
        ),
    )


@pytest.fixture
def old(store: Store) -> Store:
    """Data of long ago only: one stuck recipe, one that works, one failure of another kind."""
    for hour in range(5):
        run_on(
            store,
            LAST,
            failed_result(recipe_name="wget"),
            recipe_result(recipe_name="jq"),
            started_at=f"{LAST}T0{hour}:00:00Z",
        )
    run_on(
        store,
        LONG_AGO,
        failed_result(
            recipe_name="curl", error_category="network", error_message="Error: no route to host"
        ),
        batch_id="early",
    )
    return store


def words(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return text_of(answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ecosystems/homebrew",
        "/minutes",
        "/failures",
        "/recipes",
        "/batch-runs",
        "/exports/",
        "/recipes/homebrew/wget",
    ],
)
def test_an_empty_period_shows_the_last_one_with_data(client: FlaskClient, path: str) -> None:
    page = words(client, f"{path}?last=30d")
    assert "was on 2026-03-15, 253 days ago." in page
    assert NOTHING in page or NONE in page
    assert "2026-02-14 to 2026-03-15" in page
    every = words(client, f"{path}?last=all")
    assert "so this page shows" not in every


@pytest.mark.parametrize(
    ("path", "last", "shows"),
    [
        ("/recipes?state=stuck", "result of a stuck recipe", "1 stuck recipe"),
        ("/recipes?text=get", "result of a recipe with “get” in its name", "1 recipe"),
        (
            "/recipes?state=stuck&text=get",
            "result of a stuck recipe with “get” in its name",
            "1 stuck recipe",
        ),
        ("/failures?text=checksum", "failure with “checksum”", "1 failure group"),
        (
            "/failures?category=install_failed",
            "failure of the category install_failed",
            "1 failure group",
        ),
        (
            "/batch-runs?text=homebrew",
            "batch run with “homebrew” in its batch id or commit",
            "Batch runs with “ homebrew ” in their batch id or commit",
        ),
        ("/recipes/homebrew/wget?result=failed", "failed result of this recipe", "run 1"),
    ],
)
def test_what_is_looked_for_is_shown_in_the_last_period_that_holds_it(
    client: FlaskClient, path: str, last: str, shows: str
) -> None:
    page = words(client, f"{path}&last=30d")
    assert f"The last {last} was on 2026-03-15, 253 days ago. {NONE}" in page
    assert shows in page


def test_a_search_finds_what_is_older_than_the_period_that_has_data(client: FlaskClient) -> None:
    """The last batch run is not the last one that fits: each is named by its own day."""
    for path, last in (
        ("/failures?text=route", "failure with “route”"),
        ("/failures?text=route&ecosystem=homebrew", "failure with “route” in homebrew"),
        ("/batch-runs?text=early", "batch run with “early” in its batch id or commit"),
        ("/recipes?text=curl", "result of a recipe with “curl” in its name"),
    ):
        page = words(client, f"{path}&since=2026-03-14&until=2026-03-16")
        assert f"The last {last} was on 2026-03-01, 267 days ago." in page
        assert "There is none in the selected period (2026-03-14 to 2026-03-15)" in page
        assert "of that length that has data. The last batch run" in page
        assert "was on 2026-03-15, 253 days ago." in page


def test_files_hold_the_period_that_is_shown(client: FlaskClient) -> None:
    for path in ("/recipes?state=stuck", "/failures?text=checksum", "/batch-runs?text=homebrew"):
        page = unescape(client.get(f"{path}&last=30d").text)
        link = re.findall(r'href="/exports/(\w+\.csv\?[^"]+)"', page)[0]
        assert "since=2026-02-14&until=2026-03-16" in link
        assert client.get(f"/exports/{link}").text.count("\r\n") > 1


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/recipes?text=zz", "No result of a recipe with “zz” in its name was ever recorded."),
        ("/failures?text=zz", "No failure with “zz” was ever recorded."),
        ("/failures?category=zz", "No failure of the category zz was ever recorded."),
        ("/recipes?text=zz&state=stuck", "No recipe with “zz” in its name is stuck."),
        (
            "/batch-runs?text=zz",
            "No batch run with “zz” in its batch id or commit was ever recorded.",
        ),
        (
            "/recipes/homebrew/wget?result=passed",
            "No passed result of this recipe was ever recorded.",
        ),
        (
            "/recipes/homebrew/wget?platform=zz",
            "No result of this recipe on zz was ever recorded.",
        ),
    ],
)
@pytest.mark.parametrize("period", ["last=30d", "last=all", "since=2026-03-01"])
def test_what_was_never_there_is_said_to_be_so(
    client: FlaskClient, path: str, sentence: str, period: str
) -> None:
    page = words(client, f"{path}&{period}")
    assert f"{sentence} Clear the search" in page
    assert "so this page shows" not in page


def test_no_recipe_in_a_state_is_an_answer_and_no_empty_period(
    client: FlaskClient, old: Store
) -> None:
    run_on(old, "2026-11-20", recipe_result(recipe_name="jq"))
    page = words(client, "/recipes?state=stuck&last=30d")
    assert "0 stuck recipes" in page
    assert "No recipe that was seen in this period is stuck. Show all time" in page
    assert "so this page shows" not in page
    link = client.get("/recipes?state=stuck&last=30d").text.split("Show all time")[0]
    target = unescape(link.rsplit('href="', 1)[1].split('"')[0])
    assert "1 stuck recipe" in words(client, target)
    assert "No recipe is flaky. Clear the search" in words(client, "/recipes?state=flaky&last=all")


def test_runs_without_a_failure_are_an_answer_and_no_empty_period(
    client: FlaskClient, old: Store
) -> None:
    run_on(old, "2026-11-20", recipe_result(recipe_name="jq"))
    page = words(client, "/failures?last=30d")
    assert "No result failed in this period. Show all time" in page
    assert "so this page shows" not in page


def test_a_group_falls_back_to_its_last_failure_in_the_ecosystem_chosen(
    client: FlaskClient, old: Store
) -> None:
    same = failed_result(recipe_name="left-pad", ecosystem="npm")
    run_on(old, LONG_AGO, same, ecosystem="npm", batch_id="npm")
    run_on(old, LONG_AGO, recipe_result(ecosystem="pypi"), ecosystem="pypi", batch_id="pypi")
    page = client.get("/failures?text=checksum&last=all").text
    group = page.split('href="/failures/')[1].split('"')[0]
    last = "The last failure of this group"
    assert f"{last} was on 2026-03-15, 253 days ago." in words(client, f"/failures/{group}")
    npm = words(client, f"/failures/{group}?ecosystem=npm")
    assert f"{last} in npm was on 2026-03-01, 267 days ago." in npm
    never = words(client, f"/failures/{group}?ecosystem=pypi")
    assert "No failure of this group in pypi was ever recorded." in never


def test_a_text_with_markup_stays_text(client: FlaskClient) -> None:
    for path in ("/recipes", "/failures", "/batch-runs"):
        answer = client.get(f"{path}?text={quote('<img src=x>%_')}")
        assert "<img" not in answer.text


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_an_age_is_the_same_wherever_it_stands(app: Flask, client: FlaskClient, hour: int) -> None:
    app.extensions["clock"] = lambda: datetime(2026, 11, 23, hour, 1, tzinfo=UTC)
    for path in ("/", "/ecosystems/homebrew", "/recipes", "/batch-runs"):
        page = words(client, path)
        assert "253 days ago" in page
        assert "252 days ago" not in page
        assert "254 days ago" not in page
