"""Uploads through the test client, what is answered, and how much of them is stored."""

import json
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import batch_runs, recipe_results
from tests.factories import TOKEN

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


def post(client: FlaskClient, payload: Any, path: str = "", **headers: str) -> TestResponse:
    """Upload a payload, or bytes as they are, with the token of the environment."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return client.post(f"/batch-metrics{path}", data=body, headers={**AUTHORIZED, **headers})


def json_of(answer: TestResponse) -> Any:
    """What an answer holds, which must be JSON."""
    assert answer.is_json, answer.mimetype
    return answer.json


def count_runs(store: Store) -> tuple[int, int]:
    """Stored batch runs and recipe results."""
    with store.read() as connection:
        runs = connection.execute(select(func.count()).select_from(batch_runs)).scalar_one()
        results = connection.execute(select(func.count()).select_from(recipe_results)).scalar_one()
    return runs, results
