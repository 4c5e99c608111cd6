"""Uploads with an identity token of a CI system, and the pages that register its workflows."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from batch_dashboard.services.access import publishers
from batch_dashboard.services.administration.changes import Actor, changing
from batch_dashboard.store.access import publishers as publisher_store
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import batch_runs, trusted_publishers
from tests.factories import NOW, batch_run
from tests.issuer import AUDIENCE, Issuer, running_issuer
from tests.visitors import Visitor

FORM = {
    "name": "recipes",
    "kind": "github",
    "repository": "owner/recipes",
    "workflow": "batch.yml",
    "audience": AUDIENCE,
    "scopes": ["ingest", "read"],
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def publisher_id(store: Store, issuer: Issuer) -> int:
    issuer.is_down = False
    with changing(store, Actor("tests", "command line"), NOW) as change:
        return publishers.add(
            change,
            "recipes",
            "github",
            {"repository": "owner/recipes"},
            issuer.url,
            AUDIENCE,
            ["ingest", "read"],
            ["homebrew"],
        )


def post(client: FlaskClient, token: str, **changes: Any) -> Any:
    return client.post(
        "/batch-metrics",
        json=batch_run(**changes),
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_workflow_uploads_without_a_secret(
    client: FlaskClient, store: Store, issuer: Issuer, publisher_id: int
) -> None:
    for _ in range(2):
        answer = post(client, issuer.token())
        assert answer.status_code == 201, answer.text
    with store.read() as connection:
        [run] = connection.execute(select(batch_runs)).all()
        [publisher] = connection.execute(select(trusted_publishers)).all()
    assert run.trusted_publisher_id == publisher_id
    assert json.loads(run.publisher_claims)["run_id"] == "4711"
    assert run.ingest_token_id is None
    assert (publisher.uploads, publisher.first_repository_id) == (1, "1001")
    page = client.get(f"/batch-runs/{run.id}").text
    assert "uploaded by" in page
    assert "owner/recipes/.github/workflows/batch.yml@refs/heads/main" in page


@pytest.mark.usefixtures("publisher_id")
def test_who_takes_over_the_name_of_a_repository_is_rejected(
    client: FlaskClient, issuer: Issuer
) -> None:
    assert post(client, issuer.token()).status_code == 201
    answer = post(client, issuer.token(repository_id="2002"), batch_id="another")
    assert (answer.status_code, answer.text) == (401, "Unauthorized")


@pytest.mark.usefixtures("publisher_id")
def test_a_rejection_is_logged_and_the_client_learns_nothing(
    client: FlaskClient,
    issuer: Issuer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = post(client, issuer.token(repository="evil/\x1b[31mname\nline"))
    assert (answer.status_code, answer.text) == (401, "Unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    [line] = [record.getMessage() for record in caplog.records]
    assert "repository is 'evil/" in line
    assert "\n" not in line
    assert "\x1b" not in line


@pytest.mark.usefixtures("publisher_id")
def test_an_issuer_that_does_not_answer_is_503_and_not_401(
    client: FlaskClient, issuer: Issuer
) -> None:
    issuer.is_down = True
    answer = post(client, issuer.token())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.usefixtures("publisher_id")
def test_a_workflow_is_limited_to_its_ecosystems_and_scopes(
    client: FlaskClient, issuer: Issuer
) -> None:
    assert post(client, issuer.token(), ecosystem="npm").status_code == 403
    headers = {"Authorization": f"Bearer {issuer.token()}"}
    assert client.get("/api/v1/decision/homebrew", headers=headers).status_code == 200
    assert client.get("/api/v1/decision/npm", headers=headers).status_code == 403


def test_an_operator_registers_and_removes_a_publisher(
    administrator: Visitor, store: Store
) -> None:
    said = administrator.said(administrator.send("/admin/publishers/new", None, **FORM))
    assert said == "recipes can upload from now on."
    with store.read() as connection:
        [publisher] = publisher_store.fetch_in_force(connection)
    assert publisher.issuer == "https://token.actions.githubusercontent.com"
    assert publisher.claims == {"repository": "owner/recipes", "workflow": "batch.yml"}
    listed = administrator.open("/admin/publishers").text
    assert "owner/recipes" in listed
    removed = administrator.said(administrator.send(f"/admin/publishers/{publisher.id}/remove"))
    assert removed == "recipes was removed; its uploads are rejected from now on."
    with store.read() as connection:
        assert publisher_store.fetch_in_force(connection) == []
    audit = administrator.open("/admin/audit").text
    assert "add trusted publisher" in audit
    assert "remove trusted publisher" in audit


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"repository": "recipes"}, "Enter the repository as owner/name."),
        ({"kind": "other", "claims": ""}, "issuer&#39;s https address"),
        ({"kind": "other", "issuer": "https://ci.example"}, "Name at least one claim"),
        ({"scopes": []}, "Choose ingest or read, or both."),
    ],
)
def test_what_cannot_be_registered_is_said_beside_its_field(
    changes: dict[str, Any], problem: str, administrator: Visitor
) -> None:
    answer = administrator.send("/admin/publishers/new", **{**FORM, **changes})
    assert answer.status_code == 422
    assert problem in answer.text


@pytest.mark.usefixtures("store")
def test_publishers_are_managed_by_command(app: Flask) -> None:
    runner = app.test_cli_runner()
    command = ["publishers", "add", "recipes", "--repository", "owner/recipes", "--ref", "main"]
    added = runner.invoke(args=command)
    assert added.exit_code == 0, added.output
    assert "recipes (GitHub Actions, repository owner/recipes, ref main): in force" in (
        runner.invoke(args=["publishers", "list"]).output
    )
    assert "was removed" in runner.invoke(args=["publishers", "remove", "1"]).output
    wrong = runner.invoke(args=["publishers", "add", "x", "--repository", "recipes"])
    assert wrong.exit_code == 1
    assert "owner/name" in wrong.output
