"""Who may do what: guessing is slowed down, and pages can be closed to the public."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.services.access.first_start import FIRST_USER, make_first_access
from batch_dashboard.services.access.throttle import MAX_FAILURES, WINDOW_SECONDS
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from batch_dashboard.views.access import OPEN_ENDPOINTS
from tests.clients import count_runs, post
from tests.factories import NOW, batch_run, ingest

PAGES = ["/", "/batch-runs", "/batch-runs/1", "/exports/", "/exports/batch_runs.csv", "/nowhere"]


@pytest.fixture
def closed(app: Flask, settings: Settings) -> FlaskClient:
    """A client of an application whose pages are not public."""
    app.extensions["settings"] = replace(settings, public=False)
    return app.test_client()


def test_guessing_tokens_is_slowed_down_but_a_right_one_never_waits(
    client: FlaskClient, store: Store
) -> None:
    wrong = {"Authorization": "Bearer a-wrong-token-of-some-length"}
    answers = [post(client, batch_run(), **wrong) for _ in range(MAX_FAILURES + 1)]
    assert [answer.status_code for answer in answers] == [401] * MAX_FAILURES + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= WINDOW_SECONDS + 1
    assert answers[-1].headers["Access-Control-Allow-Origin"] == "*"
    assert count_runs(store) == (0, 0)
    assert post(client, batch_run()).status_code == 201


@pytest.mark.parametrize("page", PAGES)
def test_closed_pages_ask_for_a_sign_in(closed: FlaskClient, store: Store, page: str) -> None:
    ingest(store, batch_run())
    answer = closed.get(page)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert "homebrew" not in answer.text


def test_every_route_that_stays_open_is_named(closed: FlaskClient, app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN_ENDPOINTS or "GET" not in (rule.methods or ()):
            continue
        path = app.url_map.bind("localhost").build(
            rule.endpoint, dict.fromkeys(rule.arguments, "1")
        )
        assert closed.get(path).status_code == 401, path


def test_a_user_signs_in_to_closed_pages(
    closed: FlaskClient, settings: Settings, store: Store
) -> None:
    first = make_first_access(store, settings.secret_key, NOW)
    assert first.password
    assert closed.get("/", auth=(FIRST_USER, first.password)).status_code == 200
    assert closed.get("/", auth=(FIRST_USER, "wrong")).status_code == 401
    assert closed.get("/", auth=("nobody", first.password)).status_code == 401


def test_guessing_passwords_is_slowed_down(
    closed: FlaskClient, settings: Settings, store: Store
) -> None:
    first = make_first_access(store, settings.secret_key, NOW)
    assert first.password
    statuses = [closed.get("/", auth=(FIRST_USER, "wrong")).status_code for _ in range(21)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    # Whoever guesses on learns nothing, not even from a lucky guess.
    assert closed.get("/", auth=(FIRST_USER, first.password)).status_code == 429


def test_programs_need_no_sign_in_where_pages_are_closed(
    closed: FlaskClient, settings: Settings, store: Store
) -> None:
    assert post(closed, batch_run()).status_code == 201
    assert closed.get("/healthz").status_code == 200
    assert closed.get("/readyz").status_code == 200
    token = make_first_access(store, settings.secret_key, NOW).token
    other = {"Authorization": f"Bearer {token}"}
    assert post(closed, batch_run(batch_id="next"), **other).status_code == 201
