"""Who may read the API: anyone where pages are public, else a token or somebody signed in."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.services.access import tokens
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.factories import NOW, TOKEN
from tests.visitors import SOMEBODY, Visitor

pytestmark = pytest.mark.usefixtures("filled")

KEY = "k" * 32
LIST = "/api/v1/batch-runs"


@pytest.fixture
def closed(app: Flask, settings: Settings) -> FlaskClient:
    app.extensions["settings"] = replace(settings, public=False)
    return app.test_client()


def secret(store: Store, *scopes: str, ecosystems: list[str] | None = None) -> str:
    with changing(store, SOMEBODY, NOW) as change:
        return tokens.create(change, KEY, "token", list(scopes), ecosystems).secret


def status(client: FlaskClient, path: str, token: str) -> int:
    return client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def test_without_a_token_nothing_is_read_where_pages_are_closed(closed: FlaskClient) -> None:
    for headers in ({}, {"Accept": "text/html"}, {"Authorization": "Basic eDp5"}):
        answer = closed.get(LIST, headers=headers)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert closed.options(LIST).status_code == 200


def test_a_token_for_reading_reads(closed: FlaskClient, filled: Store) -> None:
    assert status(closed, LIST, secret(filled, Scope.READ)) == 200
    assert status(closed, LIST, TOKEN) == 200
    answer = closed.get(LIST, headers={"Authorization": f"bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.cache_control.private


def test_a_token_for_uploads_does_not_read(closed: FlaskClient, filled: Store) -> None:
    assert status(closed, LIST, secret(filled, Scope.INGEST)) == 403


@pytest.mark.usefixtures("closed")
def test_somebody_signed_in_reads(viewer: Visitor) -> None:
    assert viewer.open(LIST).status_code == 200


def test_a_token_is_checked_where_pages_are_public_too(client: FlaskClient, filled: Store) -> None:
    assert client.get(LIST).status_code == 200
    assert status(client, LIST, "bmt_wrong") == 401
    assert status(client, LIST, secret(filled, Scope.INGEST)) == 403
    limited = secret(filled, Scope.READ, ecosystems=["npm"])
    assert status(client, LIST, limited) == 403
    assert status(client, f"{LIST}?ecosystem=npm", limited) == 200
    assert status(client, f"{LIST}?ecosystem=homebrew", limited) == 403


def test_a_limited_token_reads_its_own_runs_and_knows_of_no_others(
    client: FlaskClient, filled: Store
) -> None:
    limited = secret(filled, Scope.READ, ecosystems=["npm"])
    for path in ("", "/results", "/jobs"):
        assert status(client, f"{LIST}/2{path}", limited) == 200
        assert status(client, f"{LIST}/1{path}", limited) == 404
    assert status(client, f"{LIST}/2/changes/4?ecosystem=npm", limited) == 200
    assert status(client, f"{LIST}/2/changes/4", limited) == 403
    assert status(client, f"{LIST}/2/changes/3?ecosystem=npm", limited) == 404
    assert status(client, "/api/v1/ecosystems/homebrew", limited) == 403
    assert status(client, "/api/v1/recipes/homebrew/wget", limited) == 403
    assert status(client, "/api/v1/failure-groups?ecosystem=npm", limited) == 403


def test_computed_lists_leave_out_what_a_token_is_not_for(
    client: FlaskClient, filled: Store
) -> None:
    headers = {"Authorization": f"Bearer {secret(filled, Scope.READ, ecosystems=['npm'])}"}
    for path in ("ecosystems", "error-budgets"):
        answer = client.get(f"/api/v1/{path}", headers=headers).json
        assert answer is not None
        assert {row["ecosystem"] for row in answer["items"]} == {"npm"}


def test_using_a_token_is_noted(client: FlaskClient, filled: Store) -> None:
    assert status(client, LIST, secret(filled, Scope.READ)) == 200
    with filled.read() as connection:
        used = connection.exec_driver_sql("SELECT last_used_at FROM ingest_tokens").scalar_one()
    assert used is not None
