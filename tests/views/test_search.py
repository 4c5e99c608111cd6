"""The search over everything: what it finds, in which order, and that it reads little."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.application import create_app
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.batch_runs import batch_runs as runs_service
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.factories import HOSTILE, NOW, batch_run, failed_result, ingest, recipe_result
from tests.visitors import SOMEBODY

COMMIT = "9c1185a5c5e9fc54612808977ee8f548b2258d31"


@pytest.fixture
def filled(store: Store) -> Store:
    names = ["jq", "jqp", "gojq", "a-jq", "sharkdp/bat", "100%_sure", "libc"]
    for ecosystem in ("homebrew", "npm", "npm-next"):
        results = [recipe_result(recipe_name=name, ecosystem=ecosystem) for name in names]
        results.append(
            failed_result(
                recipe_name="bad",
                ecosystem=ecosystem,
                error_category="network",
                error_message="curl: (6) Could not resolve host",
            )
        )
        for day in range(1, 4):
            ingest(
                store,
                batch_run(
                    batch_id=f"Nightly-{day}-{ecosystem}",
                    ecosystem=ecosystem,
                    started_at=f"2026-11-0{day}T08:00:00Z",
                    completed_at=None,
                    commit_sha=COMMIT if day == 1 else f"{day}" * 40,
                    results=results,
                ),
            )
    return store


def found(client: FlaskClient, text: str) -> list[str]:
    """The addresses that a search leads to, in their order."""
    answer = client.get("/search", query_string={"q": text})
    assert answer.status_code == 200
    main = answer.text.partition("data-search-results>")[2].partition("</main>")[0]
    return re.findall(r'href="([^"]*)"', main)


@pytest.mark.usefixtures("filled")
def test_a_recipe_is_found_by_any_part_of_its_name_the_nearest_first(client: FlaskClient) -> None:
    of_npm = [f"/recipes/npm/{name}" for name in ("jq", "jqp", "a-jq")]
    assert [link for link in found(client, "NPM jq") if "/npm/" in link] == of_npm
    assert found(client, "jq")[:4] == [
        "/recipes/homebrew/jq",
        "/recipes/npm/jq",
        "/recipes/npm-next/jq",
        "/recipes/homebrew/jqp",
    ]
    assert "/recipes/homebrew/sharkdp/bat" in found(client, "dp/b")
    assert found(client, "100%_")[0] == "/recipes/homebrew/100%25_sure"
    assert found(client, "1%s") == []


@pytest.mark.usefixtures("filled")
def test_more_than_is_shown_is_a_link_to_the_list_that_holds_it(client: FlaskClient) -> None:
    links = found(client, "npm jq")
    assert "/recipes?text=npm+jq&amp;last=all" in links
    listed = client.get("/recipes?text=npm+jq&last=all").text
    assert ">8 recipes</h2>" in listed
    assert "/recipes?" not in "".join(found(client, "sharkdp"))


@pytest.mark.usefixtures("filled")
def test_ecosystems_are_found_by_name_and_short_names_come_first(client: FlaskClient) -> None:
    assert found(client, "Npm") == ["/ecosystems/npm", "/ecosystems/npm-next"]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("text", ["2", "#2", "run 2", "RUN #2"])
def test_a_run_is_found_by_its_number(client: FlaskClient, text: str) -> None:
    assert "/batch-runs/2" in found(client, text)


def test_an_excluded_run_is_found_by_its_number(client: FlaskClient, filled: Store) -> None:
    with changing(filled, SOMEBODY, NOW) as change:
        runs_service.exclude(change, 2, "a test of the runners")
    assert found(client, "2") == ["/batch-runs/2"]


@pytest.mark.usefixtures("filled")
def test_runs_are_found_by_how_their_batch_id_or_commit_begins(client: FlaskClient) -> None:
    assert found(client, "Nightly-2") == ["/batch-runs/8", "/batch-runs/5", "/batch-runs/2"]
    assert found(client, COMMIT[:7]) == ["/batch-runs/7", "/batch-runs/4", "/batch-runs/1"]
    assert found(client, "9c1") == []  # shorter than a commit is ever shown
    more = found(client, "Nightly")
    assert len(more) == 7
    assert more[-1] == "/batch-runs?text=Nightly&amp;last=all"
    listed = client.get("/batch-runs?text=9c1185a&last=all").text
    assert re.findall(r'<th scope="row"><a href="([^"]*)"', listed) == found(client, COMMIT[:7])


@pytest.mark.usefixtures("filled")
def test_a_failure_is_found_by_its_words(client: FlaskClient) -> None:
    (link,) = found(client, "could not resolve")
    assert "Could not resolve host" in client.get(link).text
    assert found(client, "network") == [link]


def test_what_was_sought_is_marked_and_nothing_else_is_markup(
    client: FlaskClient, store: Store
) -> None:
    for name in HOSTILE:
        ingest(store, batch_run(results=[recipe_result(recipe_name=name)], batch_id=name))
    answer = client.get("/search", query_string={"q": "<IMG"}).text
    assert "&lt;/script&gt;<mark>&lt;img</mark> src=x onerror=alert(1)&gt;" in answer
    assert "<img" not in answer
    for name in HOSTILE:
        assert found(client, name), name


def test_without_a_text_the_page_says_what_can_be_found(client: FlaskClient) -> None:
    for address in ("/search", "/search?q=", "/search?q=+"):
        answer = client.get(address).text
        assert "the beginning of the batch id or commit" in answer
        assert "No result for" not in answer


@pytest.mark.usefixtures("filled")
def test_a_text_that_finds_nothing_is_answered_in_words(client: FlaskClient) -> None:
    answer = client.get("/search", query_string={"q": "<nothing>"}).text
    assert "No result for" in answer
    assert "&lt;nothing&gt;" in answer


@pytest.mark.parametrize("text", ["x" * 201, "a\x00b"])
def test_a_text_that_cannot_be_sought_is_refused_by_name(client: FlaskClient, text: str) -> None:
    answer = client.get("/search", query_string={"q": text})
    assert answer.status_code == 200
    assert "“q” must be at most 200 characters on one line." in answer.text


@pytest.mark.usefixtures("filled")
def test_where_pages_are_closed_the_search_is_too(settings: Settings) -> None:
    app: Flask = create_app(replace(settings, public=False))
    answer = app.test_client().get("/search?q=jq", headers={"Accept": "text/html"})
    app.extensions["store"].close()
    assert answer.status_code == 401
    assert "jqp" not in answer.text
