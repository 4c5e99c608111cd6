"""A repeated CI run says which attempt it is, so that it is not taken for a new one."""

import pytest
from flask.testing import FlaskClient

from tests.clients import json_of, post
from tests.factories import batch_run


def test_the_attempt_is_stored_and_shown_beside_the_run(client: FlaskClient) -> None:
    for attempt in (1, 2):
        answer = post(client, batch_run(run_attempt=attempt))
        assert (answer.status_code, json_of(answer)["warnings"]) == (201, [])
    assert "attempt 2 of its CI run" in client.get("/batch-runs/2").text
    listed = client.get("/batch-runs?last=all").text
    assert "attempt 2" in listed
    assert "attempt 1" not in listed
    rows = client.get("/exports/batch_runs.csv?last=all").text.splitlines()
    assert rows[0].endswith(",run_attempt")
    assert [row.rpartition(",")[2] for row in rows[1:]] == ["1", "2"]


@pytest.mark.parametrize(
    ("attempt", "problem"),
    [
        (0, "run_attempt must be at least 1, not 0"),
        (1.5, "run_attempt must be a whole number, not 1.5"),
        ("2", "run_attempt must be a whole number"),
    ],
)
def test_an_attempt_is_a_whole_number_from_one(
    attempt: object, problem: str, client: FlaskClient
) -> None:
    answer = post(client, batch_run(run_attempt=attempt))
    assert answer.status_code == 400
    assert problem in json_of(answer)["detail"]
