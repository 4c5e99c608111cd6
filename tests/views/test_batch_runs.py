"""The list of batch runs and the page of one."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.statements import counted_statements


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def seed(store: Store, count: int) -> None:
    for number in range(count):
        time = f"2026-11-20T{number // 60:02}:{number % 60:02}:00Z"
        ingest(store, batch_run(batch_id=f"run-{number}.", started_at=time, results=[]))


def test_the_list_turns_pages_there_and_back(client: FlaskClient, store: Store) -> None:
    seed(store, 53)
    with counted_statements(store) as statements:
        first = client.get("/batch-runs").text
    assert len(statements) <= 5
    assert "53 batch runs" in first
    assert "run-52." in first
    assert "run-2." not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = client.get(older[1]).text
    assert "run-2." in second
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer is not None
    assert "run-52." in client.get(newer[1]).text


@pytest.mark.parametrize(
    "token", ["x", "20269999T999999Z-1", "20260101T000000Z-99999999999999999999", "-1"]
)
def test_a_made_up_place_shows_the_first_page_and_says_so(
    client: FlaskClient, store: Store, token: str
) -> None:
    seed(store, 1)
    for path in ("/batch-runs", "/batch-runs/1"):
        answer = client.get(path, query_string={"after": token})
        assert answer.status_code == 200
        assert "The requested page does not exist in this list" in answer.text
    assert "run-0." in client.get("/batch-runs", query_string={"before": token}).text


def test_a_run_shows_its_results_and_filters_them(client: FlaskClient, store: Store) -> None:
    message = "Error: first line\n" + "detail\n" * 40
    results = [
        recipe_result(recipe_name="passing-one"),
        failed_result(recipe_name="failing-one", error_message=message),
    ]
    ingest(store, batch_run(results=results, total_recipes=7, passed=2, failed=5))
    with counted_statements(store) as statements:
        page = client.get("/batch-runs/1").text
    assert len(statements) <= 8
    assert "lists 2 of 7 outcomes" in page
    assert page.count("detail\n") >= 39
    failed = client.get("/batch-runs/1?result=failed&text=FIRST+line").text
    assert "failing-one" in failed
    assert "passing-one" not in failed
    assert "No result matches these filters" in client.get("/batch-runs/1?text=zzz").text
    assert "Part of the address" in client.get("/batch-runs/1?result=burnt").text


def test_only_web_addresses_become_links(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run(run_url="javascript:alert(1)"))
    ingest(store, batch_run(run_url="https://ci.example.org/1"))
    assert 'href="javascript' not in client.get("/batch-runs/1").text
    page = client.get("/batch-runs/2").text
    assert '<a href="https://ci.example.org/1" rel="noopener' in page


def test_a_run_leads_to_its_neighbours_of_the_same_ecosystem(
    client: FlaskClient, store: Store
) -> None:
    seed(store, 3)
    page = client.get("/batch-runs/2").text
    assert 'rel="prev" href="/batch-runs/1"' in page
    assert 'rel="next" href="/batch-runs/3"' in page


@pytest.mark.parametrize("number", ["999", "9" * 40, "0"])
def test_a_run_that_is_not_there_is_404(client: FlaskClient, number: str) -> None:
    assert client.get(f"/batch-runs/{number}").status_code == 404


def test_unknown_minutes_and_durations_are_words(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run(macos_minutes=None, completed_at=None, results=[]))
    page = client.get("/batch-runs/1").text
    assert "The run did not report them." in page
    assert "an unknown end" in page
    assert "This run processed no recipe." in page
    assert '<span class="unknown">unknown</span>' in client.get("/batch-runs").text
