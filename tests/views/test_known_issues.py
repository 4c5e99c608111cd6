"""Known issues on pages: the list, the forms, and the marks of expected failures."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.failures.failure_groups import failure_group_id
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.visitors import Visitor

MESSAGE = "Error: checksum of the archive does not match"
GROUP = failure_group_id(MESSAGE)
ADD = "/admin/known-issues"
WGET = {"ecosystem": "homebrew", "recipe_name": "wget"}
TICKET = {"link": "https://example.org/issues/7", "note": "waits", "expires_on": "2026-12-01"}

pytestmark = pytest.mark.usefixtures("filled")


@pytest.fixture
def filled(app: Flask, store: Store) -> None:
    app.extensions["clock"] = lambda: NOW
    for day in (18, 19, 20, 21, 22):
        results = [
            failed_result(recipe_name=name, error_message=MESSAGE, platform="darwin-arm64")
            for name in ("wget", "curl")
        ]
        started = f"2026-11-{day}T08:00:00Z"
        run = batch_run(started_at=started, completed_at=None, results=[recipe_result(), *results])
        ingest(store, run)


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def marks(page: str) -> int:
    """How many failures a page marks as expected."""
    return page.count("known-mark")


def test_a_recipe_is_declared_in_one_step_from_its_page(administrator: Visitor) -> None:
    page = administrator.open("/recipes/homebrew/wget").text
    link = re.search(r'href="([^"]+)">Add a known issue', page)
    assert link
    form = administrator.open(unescape(link[1])).text
    assert 'value="wget"' in form
    assert 'value="2026-12-23"' in form
    said = administrator.said(administrator.send(ADD, **WGET, **TICKET))
    assert said == "Failures of wget (homebrew) are expected until 2026-12-01."
    page = words_of(administrator.open("/recipes/homebrew/wget").text)
    assert "known issue expected until 2026-12-01 https://example.org/issues/7 : waits" in page
    log = words_of(administrator.open("/admin/audit").text)
    assert "add known issue" in log


def test_expected_failures_are_marked_wherever_they_are_shown(administrator: Visitor) -> None:
    pages = {
        "/recipes": 1,
        "/recipes/homebrew/wget": 5,
        "/batch-runs/5": 2,
        "/batch-runs/compare?a=4&b=5&change=still+failing": 1,
        f"/failures/{GROUP}": 1,
        "/failures": 0,
        "/": 0,
    }
    assert {path: marks(administrator.open(path).text) for path in pages} == dict.fromkeys(pages, 0)
    assert administrator.open("/").text.count("times in a row") == 2
    administrator.send(ADD, **WGET, **TICKET)
    assert {path: marks(administrator.open(path).text) for path in pages} == pages
    # A stuck recipe that is expected to fail needs no attention.
    assert administrator.open("/").text.count("times in a row") == 1
    administrator.send(ADD, failure_group=str(GROUP), **TICKET)
    of_group = {"/failures": 1, "/": 1, "/batch-runs/5": 3}
    assert {path: marks(administrator.open(path).text) for path in of_group} == of_group


def test_the_list_states_what_expires_soon_and_what_passes(
    administrator: Visitor, store: Store
) -> None:
    administrator.send(ADD, **WGET, **TICKET)
    later = NOW.replace(hour=13)
    passed = recipe_result(recipe_name="wget", platform="darwin-arm64")
    ingest(
        store,
        batch_run(started_at=f"{later:%Y-%m-%dT%H:%M:%SZ}", completed_at=None, results=[passed]),
    )
    page = words_of(administrator.open("/known-issues").text)
    assert "1 known issue is open: 1 expires within 14 days, 1 passes now." in page
    assert "wget homebrew passes now 2026-12-01 https://example.org/issues/7 : waits" in page
    rows = administrator.client.get("/api/v1/known-issues?state=open").get_json()["items"]
    assert [(row["recipe_name"], row["passes_now"], row["expires_on"]) for row in rows] == [
        ("wget", True, "2026-12-01")
    ]


def test_a_known_issue_is_changed_and_closed(administrator: Visitor) -> None:
    administrator.send(ADD, **WGET, **TICKET)
    changed = administrator.send(f"{ADD}/1", **{**TICKET, "expires_on": "2026-12-24"})
    assert administrator.said(changed) == "The known issue of wget (homebrew) was changed."
    assert "2026-12-24" in administrator.open("/known-issues").text
    closed = administrator.send(f"{ADD}/1/close")
    assert administrator.said(closed) == "The known issue of wget (homebrew) is closed."
    assert administrator.open(f"{ADD}/1").status_code == 404
    assert "closed" in words_of(administrator.open("/known-issues?state=ended").text)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"expires_on": ""}, "Enter the last day."),
        ({"expires_on": "2027-11-23"}, "It must expire within 180 days"),
        ({"recipe_name": "wgte"}, "No result of wgte in homebrew is stored"),
        ({"failure_group": "x"}, "Enter the number of a failure group"),
        ({"link": "ftp://x"}, "The link must begin with https://"),
    ],
)
def test_what_cannot_be_used_is_said_in_the_form(
    administrator: Visitor, changes: dict[str, str], complaint: str
) -> None:
    answer = administrator.send(ADD, **{**WGET, **TICKET, **changes})
    assert answer.status_code == 422
    assert complaint in words_of(answer.text)


def test_visitors_see_the_list_without_forms(client: FlaskClient) -> None:
    page = words_of(client.get("/known-issues").text)
    assert "No known issue." in page
    assert "Add a known issue" not in page
    assert client.get(ADD).status_code in (302, 303, 401, 403)
