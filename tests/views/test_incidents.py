"""Incidents on pages and in the feed, and badges."""

from html import unescape
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "</title><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


@pytest.fixture
def opened(store: Store) -> Store:
    for hour in range(5):
        ingest(
            store,
            batch_run(
                ecosystem=HOSTILE,
                started_at=f"2026-11-23T{hour + 7:02}:00:00Z",
                completed_at=None,
                results=[failed_result(recipe_name="sharkdp/bat", ecosystem=HOSTILE)],
            ),
        )
    check(store, [], None, NOW)
    return store


@pytest.mark.usefixtures("opened")
def test_each_incident_leads_to_what_it_is_about(client: FlaskClient) -> None:
    page = client.get("/incidents").text
    for number, words in ((1, "no recipe has passed in 5 runs"), (2, "has failed 5 times")):
        assert f'href="/incidents/{number}"' in page
        assert words in page
        shown = client.get(f"/incidents/{number}").text
        assert words in shown
        link = unescape(shown.split('class="quiet-button" href="')[-1].split('"')[0])
        assert words in client.get(link).text.replace("Has failed", "has failed")
    assert "<script>alert" not in page


@pytest.mark.usefixtures("opened")
def test_open_and_closed_ones_can_be_chosen(client: FlaskClient) -> None:
    assert 'href="/incidents/1"' in client.get("/incidents?state=open").text
    closed = client.get("/incidents?state=closed").text
    assert 'href="/incidents/1"' not in closed
    assert "No incident is closed" in closed
    assert "must be one of open, closed" in client.get("/incidents?state=banana").text
    assert client.get("/incidents/99").status_code == 404


@pytest.mark.usefixtures("opened")
def test_the_feed_is_atom(client: FlaskClient) -> None:
    answer = client.get("/incidents.atom")
    assert answer.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(answer.text)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 3
    for entry in entries:
        for part in ("title", "id", "updated", "link", "summary"):
            assert entry.find(f"{ATOM}{part}") is not None
    titles = {str(entry.findtext(f"{ATOM}title")) for entry in entries}
    assert f"critical: {HOSTILE}, failing" in titles


def test_a_badge_says_the_state_the_rate_or_the_minutes(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run(results=[recipe_result(recipe_name=f"r{n}") for n in range(10)]))
    state = client.get("/badges/homebrew.svg")
    assert state.mimetype == "image/svg+xml"
    assert "homebrew: met" in state.text
    assert "max-age=60" in state.headers["Cache-Control"]
    again = client.get("/badges/homebrew.svg", headers={"If-None-Match": state.headers["ETag"]})
    assert again.status_code == 304
    assert "100\u202f% passed (n=10)" in client.get("/badges/homebrew.svg?show=rate").text
    minutes = client.get("/badges/homebrew.svg?show=minutes").text
    assert "1,000 macOS, 5,000 Linux min left" in minutes
    assert "unknown" in client.get("/badges/never-was.svg").text
    assert client.get("/badges/homebrew.svg?show=banana").status_code == 400


@pytest.mark.usefixtures("opened")
def test_markup_in_a_name_stays_text_in_its_badge(client: FlaskClient) -> None:
    with client.application.test_request_context():
        url = client.application.url_for("badges.show", ecosystem=HOSTILE)
    answer = client.get(url)
    assert answer.status_code == 200
    ElementTree.fromstring(answer.text)
    assert "<script" not in answer.text
