"""`POST /batch-metrics`, row by row as docs/ingest-api.md has it."""

import gzip
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import batch_runs, recipe_results, recipes
from tests.clients import AUTHORIZED, count_runs, json_of, post
from tests.factories import TOKEN, batch_run, failed_result, recipe_result

GZIP_CUT_SHORT = gzip.compress(b"{}" * 1000)[:-9]


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong-token-of-some-length", f"Basic {TOKEN}", TOKEN],
)
def test_it_refuses_whoever_shows_no_right_token(
    client: FlaskClient, store: Store, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = client.post("/batch-metrics", json=batch_run(), headers=headers)
    assert answer.status_code == 401
    assert answer.text == "Unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert count_runs(store) == (0, 0)


def test_it_stores_a_run_with_its_results(client: FlaskClient, store: Store) -> None:
    answer = post(client, batch_run())
    assert answer.status_code == 201
    assert answer.json == {
        "batch_run_id": 1,
        "url": "http://localhost/batch-runs/1",
        "warnings": [],
    }
    with store.read() as connection:
        run = connection.execute(select(batch_runs)).one()
        results = connection.execute(select(recipe_results).order_by(recipe_results.c.id)).all()
    assert (run.batch_id, run.passed, run.failed, run.skipped) == ("2026-11-20-homebrew", 1, 1, 0)
    assert run.success_rate == 0.5
    assert (run.macos_minutes, run.linux_minutes) == (4.25, 10.5)
    assert run.started_at.isoformat() == "2026-11-20T08:30:00+00:00"
    assert [(r.recipe_name, r.result, r.batch_run_id) for r in results] == [
        ("ripgrep", "passed", run.id),
        ("wget", "failed", run.id),
    ]
    assert results[1].error_message.startswith("Error: checksum")
    assert results[0].platform == "linux-glibc-x86_64"


def test_it_stores_a_run_without_results(client: FlaskClient, store: Store) -> None:
    payload = batch_run(results=[], total_recipes=5, passed=3, macos_minutes=None)
    assert post(client, payload).status_code == 201
    with store.read() as connection:
        run = connection.execute(select(batch_runs)).one()
    assert (run.passed, run.failed, run.macos_minutes, run.success_rate) == (3, 0, None, 1.0)


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"{", b"\xff\xfe", b"nonsense", b"[" * 100_000, b'{"a": NaN}', b"5"]
)
def test_what_is_not_json_is_refused(client: FlaskClient, store: Store, body: bytes) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert "invalid JSON" in answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert count_runs(store) == (0, 0)


def test_a_byte_order_mark_is_skipped(client: FlaskClient, store: Store) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(batch_run()).encode()
    assert json_of(post(client, body))["warnings"] == []
    replayed = post(client, gzip.compress(body), **{"Content-Encoding": "gzip"})
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert count_runs(store) == (1, 2)


def test_half_of_a_surrogate_pair_is_stored_as_a_replacement(
    client: FlaskClient, store: Store
) -> None:
    payload = batch_run(results=[failed_result(error_message="Error: link failed \ud83d")])
    answer = post(client, {**payload, "note": "\ude80"})
    assert answer.status_code == 201
    assert json_of(answer)["warnings"] == [
        "results[0].error_message contains half of a surrogate pair (\\ud83d), replaced by U+FFFD",
        "note contains half of a surrogate pair (\\ude80), replaced by U+FFFD",
        "unknown field “note” is ignored",
    ]
    with store.read() as connection:
        message = connection.execute(select(recipe_results.c.error_message)).scalar_one()
    assert message == "Error: link failed \ufffd"


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**399])
def test_a_huge_integer_in_an_unknown_field_is_ignored(client: FlaskClient, number: int) -> None:
    payload = {**batch_run(), "trace": {"id": [number]}}
    answer = post(client, payload)
    assert answer.status_code == 201
    assert json_of(answer)["warnings"] == ["unknown field “trace” is ignored"]
    again = post(client, dict(reversed(payload.items())))
    assert again.headers["Idempotent-Replayed"] == "true"
    # Another number is other content.
    assert json_of(post(client, {**payload, "trace": {"id": [number + 1]}}))["batch_run_id"] == 2


def test_names_are_compared_and_stored_in_nfc(client: FlaskClient, store: Store) -> None:
    names = {"platform": "lin\u0301ux", "error_category": "e\u0301", "ecosystem": "cafe\u0301"}
    results = [failed_result(recipe_name=name, **names) for name in ("café", "cafe\u0301")]
    payload = batch_run(batch_id="ä\u0301 a\u0308", ecosystem="cafe\u0301", results=results)
    assert post(client, payload).status_code == 201
    with store.read() as connection:
        run = connection.execute(select(batch_runs)).one()
        stored = connection.execute(select(recipe_results)).all()
        assert connection.execute(select(recipes.c.recipe_name, recipes.c.failed)).all() == [
            ("café", 2)
        ]
    assert (run.batch_id, run.ecosystem) == ("ä\u0301 ä", "café")
    assert {row.recipe_name for row in stored} == {"café"}
    assert {(row.platform, row.error_category, row.ecosystem) for row in stored} == {
        ("lińux", "é", "café")
    }


def test_a_name_that_is_too_long_in_nfc_is_rejected(client: FlaskClient, store: Store) -> None:
    # A note that NFC writes as three characters.
    note = "\U0001d160"
    results = [recipe_result(recipe_name=note * 166), recipe_result(recipe_name=note * 167)]
    answer = post(client, batch_run(batch_id=note * 67, results=results))
    assert [error["message"] for error in json_of(answer)["errors"]] == [
        "results[1].recipe_name must be at most 500 characters in Unicode NFC, not 501",
        "batch_id must be at most 200 characters in Unicode NFC, not 201",
    ]
    assert count_runs(store) == (0, 0)


def test_a_recipe_name_of_500_characters_has_a_page(client: FlaskClient) -> None:
    name = "".join(chr(0x1F300 + number) for number in range(500))
    results = [failed_result(recipe_name=name, ecosystem=name[:100])]
    assert post(client, batch_run(ecosystem=name[:100], results=results)).status_code == 201
    page = client.get("/recipes?last=all").text
    [link] = re.findall(r'href="(/recipes/[^"?]+/[^"?]+)"', page)[:1]
    # What gunicorn takes in a request line.
    assert len(link) < 8_000
    assert name in client.get(link).text


def test_a_key_given_twice_is_refused(client: FlaskClient) -> None:
    body = json.dumps(batch_run()).replace('"batch_id"', '"ecosystem": "npm", "batch_id"', 1)
    answer = post(client, body.encode())
    assert answer.status_code == 400
    assert "“ecosystem” is given twice" in json_of(answer)["detail"]


@pytest.mark.parametrize("field", ["batch_id", "ecosystem", "started_at", "total_recipes"])
@pytest.mark.parametrize("value", ["absent", None])
def test_a_missing_field_is_named(client: FlaskClient, field: str, value: object) -> None:
    payload = batch_run()
    payload[field] = value
    if value == "absent":
        del payload[field]
    answer = post(client, payload)
    assert answer.status_code == 400
    assert json_of(answer)["detail"] == f"{field} is required"


@pytest.mark.parametrize("results", ["absent", None, {}, "text", 5])
def test_missing_results_are_named(client: FlaskClient, results: object) -> None:
    payload = {**batch_run(), "results": results}
    if results == "absent":
        del payload["results"]
    answer = post(client, payload)
    assert answer.status_code == 400
    assert "results array is required" in answer.text


@pytest.mark.parametrize("field", ["recipe_name", "ecosystem", "result"])
def test_a_missing_field_of_a_result_is_named(client: FlaskClient, field: str) -> None:
    payload = batch_run(results=[recipe_result(), recipe_result(**{field: None})])
    answer = post(client, payload)
    assert answer.status_code == 400
    assert json_of(answer)["errors"] == [
        {"path": f"results[1].{field}", "message": f"results[1].{field} is required"}
    ]


def test_every_problem_is_named_at_once(client: FlaskClient, store: Store) -> None:
    payload = batch_run(
        ecosystem=7, macos_minutes=-1, results=[recipe_result(result="ok", duration_seconds="5")]
    )
    answer = post(client, payload)
    assert [error["path"] for error in json_of(answer)["errors"]] == [
        "ecosystem",
        "macos_minutes",
        "results[0].result",
        "results[0].duration_seconds",
    ]
    assert json_of(answer)["detail"] == json_of(answer)["errors"][0]["message"]
    assert json_of(answer)["status"] == 400
    assert count_runs(store) == (0, 0)


def test_at_most_a_hundred_problems_are_named(client: FlaskClient) -> None:
    answer = post(client, batch_run(total_recipes=5000, results=[{}] * 5000))
    assert len(json_of(answer)["errors"]) == 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"batch_id": "a\tb"},
            "batch_id must not contain control characters, such as U+0009 at character 2",
        ),
        ({"failed": 1.5}, "failed must be a whole number, not 1.5"),
        ({"failed": "2"}, "failed must be a whole number, not text “2”"),
        ({"total_recipes": 10**400}, "total_recipes must be at most 1,000,000,000, not 1000"),
        (
            {"results": [failed_result(error_message="Error: bo\0om")]},
            "results[0].error_message must not contain NUL (U+0000), found at character 10",
        ),
        (
            {"results": [failed_result(recipe_name="\0")]},
            "results[0].recipe_name must not contain NUL (U+0000), found at character 1",
        ),
        (
            {"results": [recipe_result(recipe_name="r" * 501)]},
            "results[0].recipe_name must be at most 500 characters, not 501",
        ),
        ({"batch_id": "x" * 201}, "batch_id must be at most 200 characters, not 201"),
        ({"started_at": "yesterday"}, "started_at must be an RFC 3339 time"),
        ({"started_at": "2999-01-01T00:00:00Z", "completed_at": None}, "over a day ahead"),
        ({"completed_at": "2026-11-20T08:29:59Z"}, "completed_at must not be before started_at"),
        ({"total_recipes": 1}, "passed + failed + skipped is 2, more than total_recipes (1)"),
        ({"passed": 0, "failed": 2}, "results lists 1 passed, more than passed says (0)"),
        ({"success_rate": 1.01}, "success_rate must be at most 1"),
        ({"total_recipes": True}, "total_recipes must be a whole number, not true or false"),
        ({"linux_minutes": "12"}, "linux_minutes must be a number, not text"),
        ({"linux_minutes": 1e308}, "linux_minutes must be at most 52,704,000,000, not 1e+308"),
        ({"total_recipes": 10**9 + 1}, "total_recipes must be at most 1,000,000,000, not"),
        ({"started_at": "0999-01-01T00:00:00Z"}, "started_at must not be before 2000-01-01"),
        (
            {"results": [recipe_result(duration_seconds=2_678_401)]},
            "results[0].duration_seconds must be at most 2,678,400, not 2,678,401",
        ),
    ],
)
def test_a_wrong_value_is_named(client: FlaskClient, changes: dict[str, Any], message: str) -> None:
    answer = post(client, batch_run(**changes))
    assert answer.status_code == 400
    assert message in json_of(answer)["detail"]


def test_the_same_content_is_stored_once(client: FlaskClient, store: Store) -> None:
    payload = batch_run()
    first = post(client, payload)
    turned = json.dumps(dict(reversed(payload.items())), indent=3).encode()
    again = post(client, gzip.compress(turned), **{"Content-Encoding": "gzip"})
    assert again.status_code == 201
    assert json_of(again)["batch_run_id"] == json_of(first)["batch_run_id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert count_runs(store) == (1, 2)


def test_runs_that_share_a_batch_id_are_all_stored(client: FlaskClient, store: Store) -> None:
    for hour in range(3):
        post(client, batch_run(started_at=f"2026-11-20T0{hour}:00:00Z"))
    assert count_runs(store)[0] == 3


def test_an_idempotency_key_stands_for_its_content(client: FlaskClient, store: Store) -> None:
    key = {"Idempotency-Key": "run 17"}
    first = post(client, batch_run(), **key)
    again = post(client, batch_run(), **key)
    other = post(client, batch_run(batch_id="other"), **key)
    assert (again.status_code, json_of(again)["batch_run_id"]) == (
        201,
        json_of(first)["batch_run_id"],
    )
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 422
    assert "Idempotency-Key" in json_of(other)["detail"]
    assert count_runs(store)[0] == 1


def test_a_key_binds_content_that_was_stored_without_it(client: FlaskClient) -> None:
    post(client, batch_run())
    key = {"Idempotency-Key": "late"}
    assert post(client, batch_run(), **key).headers["Idempotent-Replayed"] == "true"
    assert post(client, batch_run(batch_id="other"), **key).status_code == 422


def test_a_dry_run_stores_nothing(client: FlaskClient, store: Store) -> None:
    answer = post(client, batch_run(unheard_of=1), "?dry_run=1")
    assert answer.status_code == 200
    assert json_of(answer)["dry_run"] is True
    assert json_of(answer)["batch_run"]["success_rate"] == 0.5
    assert json_of(answer)["batch_run"]["result_count"] == 2
    assert json_of(answer)["stored_as"] is None
    assert json_of(answer)["warnings"] == ["unknown field “unheard_of” is ignored"]
    assert count_runs(store) == (0, 0)
    stored = json_of(post(client, batch_run()))["batch_run_id"]
    assert json_of(post(client, batch_run(), "?dry_run=1"))["stored_as"] == stored


def test_warnings_do_not_refuse(client: FlaskClient, store: Store) -> None:
    message = f"begin {'x' * 10_000}\nError: disk full"
    payload = batch_run(
        success_rate=0.9, results=[failed_result(error_message=message)], colour="red"
    )
    answer = post(client, payload)
    assert answer.status_code == 201
    assert json_of(answer)["warnings"][2] == (
        "results[0].error_message has 10,023 characters; "
        "the first 2,000 and the last 8,000 are kept"
    )
    with store.read() as connection:
        stored = connection.execute(select(recipe_results.c.error_message)).scalar_one()
    head, omission, tail, *end = stored.split("\n")
    assert omission == "[… 23 characters omitted …]"
    assert message.startswith(head)
    assert len(head) == 2_000
    assert message.endswith("\n".join([tail, *end]))
    assert end == ["Error: disk full"]


def test_minutes_too_short_to_have_happened_are_none(client: FlaskClient, store: Store) -> None:
    assert post(client, batch_run(macos_minutes=5e-324, linux_minutes=1e-6)).status_code == 201
    with store.read() as connection:
        run = connection.execute(select(batch_runs)).one()
    assert (run.macos_minutes, run.linux_minutes) == (0, 1e-6)
    # PostgreSQL would refuse to multiply the smallest number there is by a price.
    assert client.get("/exports/minutes.csv?last=all").status_code == 200


def test_a_start_in_the_future_is_a_warning(client: FlaskClient) -> None:
    # The local time of a zone east of UTC, sent without its offset.
    later = datetime.now(UTC) + timedelta(hours=14)
    payload = batch_run(started_at=f"{later:%Y-%m-%dT%H:%M:%S}", completed_at=None)
    answer = post(client, payload)
    assert answer.status_code == 201
    [warning] = json_of(answer)["warnings"]
    assert re.match(r"started_at is 1[34] h \d+ min ahead of now", warning)


def test_gzip_is_understood(client: FlaskClient, store: Store) -> None:
    body = gzip.compress(json.dumps(batch_run()).encode())
    assert post(client, body, **{"Content-Encoding": "gzip"}).status_code == 201
    assert count_runs(store) == (1, 2)


@pytest.mark.parametrize("body", [b"not gzip", GZIP_CUT_SHORT], ids=["other", "cut short"])
def test_broken_gzip_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = post(client, body, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    assert "gzip" in json_of(answer)["detail"]


def test_an_unknown_content_encoding_is_refused(client: FlaskClient) -> None:
    answer = post(client, batch_run(), **{"Content-Encoding": "br"})
    assert answer.status_code == 415
    assert json_of(answer)["detail"] == "Content-Encoding must be gzip or absent, not “br”"
    # RFC 7694
    assert answer.headers["Accept-Encoding"] == "gzip"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.usefixtures("store")
def test_a_body_over_the_limit_is_refused(client: FlaskClient) -> None:
    answer = post(client, b" " * (4 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "BATCH_METRICS_MAX_BODY_MIB" in json_of(answer)["detail"]


def test_a_compression_bomb_is_refused(client: FlaskClient) -> None:
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    answer = post(client, bomb, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_the_preflight_is_answered(client: FlaskClient) -> None:
    answer = client.options("/batch-metrics", headers={"Origin": "https://example.org"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_a_trailing_slash_makes_no_difference(client: FlaskClient, store: Store) -> None:
    answer = client.post("/batch-metrics/", json=batch_run(), headers=AUTHORIZED)
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.post("/batch-metrics/", json=batch_run()).text == "Unauthorized"
    assert client.options("/batch-metrics/").status_code == 204
    assert count_runs(store) == (1, 2)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/batch-metrics/1", 404),
        ("POST", "/batch-metricss", 404),
        ("GET", "/batch-metrics/", 405),
        ("PUT", "/batch-metrics", 405),
        ("GET", "/api/v1/never-was", 404),
        ("GET", "/api/", 404),
        ("GET", "/api", 404),
        ("POST", "/api/v1/ecosystems", 405),
        ("GET", "/api/v1/decision/homebrew", 401),
    ],
)
@pytest.mark.parametrize("public", [True, False])
def test_programs_get_every_error_as_rfc_9457_describes_it(
    app: Flask, settings: Settings, method: str, path: str, status: int, public: bool
) -> None:
    app.extensions["settings"] = replace(settings, public=public)
    answer = app.test_client().open(path, method=method, headers={"Accept": "text/html, */*"})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert json_of(answer)["status"] == status
    assert ("Allow" in answer.headers) == (status == 405)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    if status == 404 and path.startswith("/batch-metrics"):
        assert "POST /batch-metrics" in json_of(answer)["detail"]


def test_other_methods_are_refused_readably(client: FlaskClient) -> None:
    answer = client.get("/batch-metrics", headers=AUTHORIZED)
    assert answer.status_code == 405
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
