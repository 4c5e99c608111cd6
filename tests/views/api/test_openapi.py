"""The OpenAPI document is valid, complete, and true of what is answered."""

from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from batch_dashboard.model.api.openapi import openapi_document
from batch_dashboard.model.api.operations import OPERATIONS
from tests.factories import TOKEN, batch_run
from tests.views.api.conftest import addresses

DOCUMENT = openapi_document("https://dashboard.example.org")
AUTH = {"Authorization": f"Bearer {TOKEN}"}


def check(value: Any, path: str, method: str = "get", status: str = "200") -> None:
    """Raise where a value is not what the document says of an answer."""
    answer = DOCUMENT["paths"][path][method]["responses"][status]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][status]
    (kind,) = [kind for kind in answer["content"] if "json" in kind]
    schema = {**answer["content"][kind]["schema"], "components": DOCUMENT["components"]}
    validator = jsonschema.Draft202012Validator(schema)
    errors = [error.message for error in validator.iter_errors(value)]
    assert errors == [], path


def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_document_is_served(client: FlaskClient) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.json == openapi_document("http://localhost")


def test_every_route_of_the_api_is_described(app: Flask) -> None:
    rules = [str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith("/api/v1")]
    described = [path for path in DOCUMENT["paths"] if path.startswith("/api/v1")]
    assert len(set(rules)) == len(described)


@pytest.mark.usefixtures("filled")
def test_answers_are_what_the_document_says(client: FlaskClient) -> None:
    paths = {operation.name: operation.full_path for operation in OPERATIONS}
    for name, address in addresses(client).items():
        check(client.get(address).json, paths[name])
    check(client.get("/api/v1/").json, "/api/v1")
    for by in ("week", "month", "year"):
        check(client.get(f"/api/v1/minutes?by={by}").json, "/api/v1/minutes")
    check(client.get("/api/v1/recipes?x=1").json, "/api/v1/recipes", status="400")
    check(client.get("/api/v1/incidents/0").json, "/api/v1/incidents/{incident_id}", status="404")


@pytest.mark.usefixtures("filled")
def test_decisions_and_uploads_are_what_the_document_says(client: FlaskClient) -> None:
    for ecosystem in ("homebrew", "never-was"):
        decision = client.get(f"/api/v1/decision/{ecosystem}", headers=AUTH).json
        check(decision, "/api/v1/decision/{ecosystem}")
    schema = DOCUMENT["components"]["schemas"]["batch_run_upload"]
    jsonschema.Draft202012Validator(schema).validate(batch_run())
    for query, status in (("", 201), ("?dry_run=1", 200), ("?summary=1", 201)):
        answer = client.post(f"/batch-metrics{query}", json=batch_run(), headers=AUTH)
        assert answer.status_code == status
        check(answer.json, "/batch-metrics", "post", str(status))
    answer = client.post("/batch-metrics", json={}, headers=AUTH)
    check(answer.json, "/batch-metrics", "post", "400")


def test_every_parameter_has_a_sentence() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            for parameter in operation.get("parameters", []):
                assert parameter["description"].endswith("."), (path, parameter["name"])
