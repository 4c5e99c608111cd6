"""Requests that the OpenAPI document allows, and some it does not, get answers it describes."""

from collections import Counter

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import TOKEN
from tests.views.api.conformance import send_cases, values_of_rows
from tests.views.api.conftest import addresses

REQUESTS = 50


# Most of its time goes into making the requests, which are the same for both databases.
@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_answer_differs_from_the_document(app: Flask, client: FlaskClient) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    statuses = send_cases(schema, REQUESTS, TOKEN, values_of_rows(addresses(client)))
    seen: Counter[int] = sum(statuses.values(), Counter())
    assert {200, 400, 404} <= seen.keys()
