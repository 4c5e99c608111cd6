"""Every field that a client can send for a result comes back, in its CSV file and in the API."""

import csv
from typing import Any

from flask.testing import FlaskClient
from pydantic import TypeAdapter

from batch_dashboard.model.ingest.payload import RESULT_FIELDS, RecipeResultFields
from batch_dashboard.store.engine import Store
from tests.factories import batch_run, ingest

EXAMPLES = {"string": "{} sent", "integer": 3, "number": 2.5}


def whole_result() -> dict[str, Any]:
    """A failed result with a value for each field of the payload."""
    schema = TypeAdapter(RecipeResultFields).json_schema()
    return {name: example(name, part) for name, part in schema["properties"].items()} | {
        "result": "failed",
        "ecosystem": "homebrew",
    }


def example(name: str, schema: dict[str, Any]) -> Any:
    """A value that the schema of a field allows."""
    schema = schema.get("anyOf", [schema])[0]
    if "enum" in schema:
        return schema["enum"][-1]
    value = EXAMPLES[schema["type"]]
    return value.format(name) if isinstance(value, str) else value


def test_every_field_of_a_result_is_stored_and_exported(client: FlaskClient, store: Store) -> None:
    sent = whole_result()
    assert sent.keys() == RESULT_FIELDS
    run_id = ingest(store, batch_run(results=[sent])).batch_run_id

    file = client.get(f"/exports/recipe_results.csv?batch_run={run_id}&last=all").text
    [row] = csv.DictReader(file.splitlines())
    assert {name: row.get(name) for name in sent} == {k: str(v) for k, v in sent.items()}

    [item] = client.get(f"/api/v1/batch-runs/{run_id}/results").json["items"]  # type: ignore[index]
    assert {name: item.get(name) for name in sent} == sent
