"""What pages and files say of failures: the reason, as plain text, found by its words."""

import csv
import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from batch_dashboard.model.failures.failure_groups import NO_ERROR_LINE
from batch_dashboard.services.batch_runs.batch_runs import delete_run, exclude_run, restore_run
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest

ASSERTION = (
    "node:assert:170\n  throw new AssertionError(obj);\nAssertionError: values differ: 1 !== 2\n"
    "    at run (test/a.js:7:3) {\n  code: 'ERR_ASSERTION',\n  operator: 'strictEqual'\n}\n"
)
COLOURED = "step\n\x1b[1;91mError\x1b[0m: linker failed\rError: linker failed\nbye"
ALL = "last=all"


def store_messages(store: Store, *messages: str | None, **changes: Any) -> int:
    results = [
        failed_result(recipe_name=f"r{number}", error_message=message)
        for number, message in enumerate(messages)
    ]
    return ingest(store, batch_run(results=results, **changes)).batch_run_id


def groups(client: FlaskClient, **query: str) -> list[dict[str, str]]:
    with client.get("/exports/failure_groups.csv", query_string={"last": "all", **query}) as answer:
        assert answer.status_code == 200
        return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "ERR_ASSERTION",
        "err_assertion",
        "ERR_ASS",  # the beginning of a word
        "strictEqual code",  # in any order
        "'strictEqual' (code)",  # nothing of it is a query
        "differ",
        "code:*",
        "values differ",  # of the line itself
    ],
)
def test_words_anywhere_in_a_message_find_its_group(
    client: FlaskClient, store: Store, text: str
) -> None:
    store_messages(store, ASSERTION, "Error: no route to host")
    [group] = groups(client, text=text)
    assert group["sample_message"].startswith("node:assert")
    page = client.get("/failures", query_string={"last": "all", "text": text})
    assert "1 failure group" in page.text


@pytest.mark.parametrize(
    "text",
    [
        "assertion_err",
        "OPERATO STRICT",  # only the last word may be a beginning
        "trictEqual",  # within a word
        "strictEqual route",  # of two messages
        'a" OR "b',
        "* NEAR(",
        "'; DROP TABLE failure_words; --",
        "\\",
        "a & | ! <-> b",
        "🦀",
    ],
)
def test_whatever_is_searched_for_is_text(client: FlaskClient, store: Store, text: str) -> None:
    store_messages(store, ASSERTION, "Error: no route to host")
    assert groups(client, text=text) == []
    assert client.get("/failures", query_string={"text": text}).status_code == 200


def test_what_is_gone_is_not_found(client: FlaskClient, store: Store) -> None:
    first = store_messages(store, ASSERTION)
    second = store_messages(store, ASSERTION, batch_id="again")
    with store.write() as connection:
        delete_run(connection, first)
    assert len(groups(client, text="ERR_ASSERTION")) == 1
    with store.write() as connection:
        exclude_run(connection, second, "why", "who", NOW)
    assert groups(client, text="ERR_ASSERTION") == []
    with store.write() as connection:
        restore_run(connection, second)
    assert len(groups(client, text="ERR_ASSERTION")) == 1


def test_colours_and_overwritten_text_are_not_shown(client: FlaskClient, store: Store) -> None:
    run = store_messages(
        store, COLOURED, COLOURED.replace("1;91", "31"), "step\nError: linker failed\nbye"
    )
    [group] = groups(client)
    assert group["masked_line"] == "Error: linker failed"
    assert group["failed"] == "3"
    # Files hold the message as it was sent.
    assert group["sample_message"] == COLOURED
    for path in (
        f"/failures?{ALL}",
        f"/failures/{group['id']}",
        f"/batch-runs/{run}",
        f"/recipes/homebrew/r0?{ALL}",
        f"/?{ALL}",
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert "linker failed" in page.text, path
        assert "\x1b" not in page.text, path
        assert "[31m" not in page.text, path
        assert "\r" not in page.text.replace("\r\n", ""), path


def test_a_message_over_the_limit_keeps_its_group(client: FlaskClient, store: Store) -> None:
    steps = "\n".join(f"[Ada] unit{number}.adb" for number in range(1_500))
    error = "Error: the archive is damaged"
    run = store_messages(store, f"{steps}\n{error}", f"{error}\n{steps}")
    [group] = groups(client)
    assert group["masked_line"] == error
    page = client.get(f"/batch-runs/{run}").text
    assert page.count(f'<summary dir="auto">{error}</summary>') == 2


def test_groups_without_a_cause_say_so(client: FlaskClient, store: Store) -> None:
    log = (
        "fetching the archive\nunpacking it\nbuilding the first part\nbuilding the second part\nbye"
    )
    run = store_messages(store, log, None)
    named = {group["masked_line"]: group["id"] for group in groups(client)}
    assert named.keys() == {NO_ERROR_LINE, ""}
    titles = client.get(f"/failures?{ALL}").text
    assert f'<span class="unknown">{NO_ERROR_LINE}</span>' in titles
    assert '<span class="unknown">no message</span>' in titles
    without_line = client.get(f"/failures/{named[NO_ERROR_LINE]}").text
    assert '<h1 class="group-title" dir="auto">No error line in the message</h1>' in without_line
    assert 'Its last line: <span dir="auto">bye</span>' in without_line
    assert "No message" in client.get(f"/failures/{named['']}").text
    assert (
        'Its last line: <span dir="auto">bye</span>'
        in client.get(f"/recipes/homebrew/r0?{ALL}").text
    )
    for path in (f"/batch-runs/{run}", f"/recipes/homebrew/r0?{ALL}"):
        page = client.get(path).text
        assert f'<span class="unknown">{NO_ERROR_LINE}; it ends with</span> bye' in page, path


def test_reasons_are_in_the_other_files_too(client: FlaskClient, store: Store) -> None:
    store_messages(store, "begin\nError: no route to 10.0.0.7\nend")
    for name, column in (("recipe_results.csv", "reason"), ("recipes.csv", "last_reason")):
        with client.get(f"/exports/{name}?{ALL}") as answer:
            [row] = csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline=""))
        assert row[column] == "Error: no route to *"


def test_a_comparison_names_the_reason(client: FlaskClient, store: Store) -> None:
    before = store_messages(store, "begin\nError: exit status 7")
    after = store_messages(
        store, "begin\nError: no route", started_at="2026-11-21T08:00:00Z", completed_at=None
    )
    page = client.get(f"/batch-runs/compare?a={before}&b={after}").text
    assert "Error: no route" in page
    assert NO_ERROR_LINE not in page
