"""`validate` knows the server's rules of shape, and asks the server for the others."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from batch_dashboard.client.batch_metrics import shape_problems
from batch_dashboard.errors import PayloadError
from batch_dashboard.model.ingest.payload import RESULT_FIELDS, RUN_FIELDS, check_payload
from tests.client.conftest import Dashboard
from tests.client.uploader import run_uploader
from tests.factories import NOW, batch_run, recipe_result

LEFT_OUT = object()
RUN_VALUES: dict[str, list[Any]] = {
    "batch_id": ["", "b", "b" * 200, "b" * 201, "a\nb", "a\x85b", 7, None, ["b"]],
    "ecosystem": ["", "e" * 100, "e" * 101, "\0", True],
    "started_at": [
        *("", "2026-11-20", "2026-11-20T08:30:00", "2026-11-20 08:30:00+01", 0, None),
        *("2026-11-20T08:30:60Z", "2026-11-20T25:30:00Z", "2026-11-20T08:30:00 +0100", "٢٠٢٦"),
    ],
    "completed_at": [None, "2026-11-20T08:30:00.5z", "2026-11-20T08:29:59Z", "soon", {}],
    "total_recipes": [0, 1, 2, 2.0, 2.5, -1, 10**9, 10**9 + 1, "2", True, None, 10**30],
    "passed": [0, 1, 2, -1, None, "1", 1.5],
    "failed": [1, 3, []],
    "skipped": [0, 1, False],
    "success_rate": [0, 1, 0.25, 1.01, -0.1, "1", None, True],
    "macos_minutes": [0, 4.25, -1, 1e308, 52_704_000_000, 52_704_000_001, "4", None, False],
    "linux_minutes": [10, -0.5, {}],
    "run_url": ["", "u" * 2_000, "u" * 2_001, "a\tb", 1, None],
    "commit_sha": ["", "c" * 200, "c" * 201, None],
    "results": [None, {}, "[]", [], [[]], [None, 7]],
    "unknown": [{"a": [1]}, "\0"],
}
RESULT_VALUES: dict[str, list[Any]] = {
    "recipe_name": ["", "r" * 100, "r" * 501, "a\x1fb", "a\u2028b", 1, None],
    "ecosystem": ["", "e" * 100, "e" * 101, None],
    "result": ["passed", "ok", "", None, 1, "Passed"],
    "error_category": ["", "c" * 100, "c" * 101, "a\nb", 1, None],
    "error_message": ["", "a\nb\x1b", "a\0b", "m" * 20_000, 1, None],
    "duration_seconds": [0, 1, 0.5, -1, 2_678_400, 2_678_401, "1", True, None],
    "platform": ["", "p" * 100, "p" * 101, None, 3],
    "unknown": [None, "\0"],
}


def payloads(name: str) -> list[Any]:
    """Payloads that differ from a right one in the value of one field."""
    array, _, field = name.rpartition("[].")
    values = RESULT_VALUES[field] if array else RUN_VALUES[field]
    found = [copy.deepcopy(batch_run()) for _ in range(len(values) + 1)]
    for payload, value in zip(found, [*values, LEFT_OUT], strict=True):
        place = payload["results"][0] if array else payload
        place[field] = value
        if value is LEFT_OUT:
            del place[field]
    return found


def refused_by_server(payload: Any) -> list[str]:
    """The paths of the fields that the server refuses."""
    try:
        check_payload(payload, NOW)
    except PayloadError as error:
        return sorted({problem.path for problem in error.problems})
    return []


@pytest.mark.parametrize("name", [*RUN_VALUES, *(f"results[].{name}" for name in RESULT_VALUES)])
def test_the_uploader_and_the_server_refuse_the_same_shapes(name: str) -> None:
    for payload in payloads(name):
        found = sorted({problem.split(" ")[0] for problem in shape_problems(payload)})
        assert found == refused_by_server(payload), payload


@pytest.mark.parametrize("payload", [[], None, "payload", 7])
def test_what_is_no_object_is_refused_by_both(payload: Any) -> None:
    assert shape_problems(payload) == ["the payload must be a JSON object"]
    assert refused_by_server(payload) == [""]


def test_every_field_of_the_server_is_known_to_the_uploader() -> None:
    everything = batch_run(results=[recipe_result()])
    for name in RUN_FIELDS - {"results"}:
        assert any(name in problem for problem in shape_problems({**everything, name: [[]]})), name
    for name in RESULT_FIELDS:
        entry = {**recipe_result(), name: [[]]}
        problems = shape_problems({**everything, "results": [entry]})
        assert any(name in problem for problem in problems), name


def test_at_most_a_hundred_problems_are_named() -> None:
    assert len(shape_problems(batch_run(total_recipes=300, results=[{}] * 300))) == 100


def test_validate_names_problems_of_shape_without_a_server(tmp_path: Path) -> None:
    payload = batch_run(started_at="yesterday", total_recipes=1.5)
    payload["results"][0]["result"] = "ok"
    (tmp_path / "payload.json").write_text(json.dumps(payload))
    done = run_uploader("validate", "payload.json", "--offline", folder=tmp_path)
    assert done.code == 3
    assert "started_at must be an RFC 3339 time" in done.report
    assert "total_recipes must be a whole number, not 1.5" in done.report
    assert "results[0].result must be passed or failed or skipped, not “ok”" in done.report


def test_validate_asks_the_server_for_the_other_rules(dashboard: Dashboard, tmp_path: Path) -> None:
    right = batch_run(batch_id="validated")
    wrong = batch_run(batch_id="validated", started_at="2099-01-01T00:00:00Z", completed_at=None)
    for payload, code in ((right, 0), (wrong, 3)):
        (tmp_path / "payload.json").write_text(json.dumps(payload))
        done = run_uploader("validate", "payload.json", "--url", dashboard.address, folder=tmp_path)
        assert done.code == code, done.report
    assert dashboard.runs("validated") == []


def test_validate_says_when_the_server_could_not_be_asked(tmp_path: Path) -> None:
    (tmp_path / "payload.json").write_text(json.dumps(batch_run()))
    arguments = ("validate", "payload.json", "--url", "http://127.0.0.1:9", "--timeout", "0.2")
    done = run_uploader(*arguments, folder=tmp_path)
    assert done.code == 1
    assert "the format is valid, but the dashboard could not be reached" in done.report
