"""A recipe is compared with its own previous attempt, on its page and on that of a run."""

import random
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from batch_dashboard.model.recipes.attempts import SENTENCES, AttemptChange
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.batch_runs import batch_runs
from batch_dashboard.store.engine import Store
from batch_dashboard.store.recipes import previous_attempts
from batch_dashboard.store.recipes.previous_attempts import LOOKED_BACK
from batch_dashboard.store.schema import recipe_results
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.pages import table, text_of
from tests.statements import counted_statements
from tests.visitors import SOMEBODY

ERRORS = {"a": "Error: no route to host", "b": "Error: checksum does not match"}


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def attempt(kind: str, **changes: Any) -> dict[str, Any]:
    if kind in ERRORS:
        return failed_result(recipe_name="jq", error_message=ERRORS[kind], **changes)
    return recipe_result(recipe_name="jq", result=kind, **changes)


def run_with(store: Store, days_ago: float, *results: dict[str, Any]) -> int:
    started = NOW - timedelta(days=days_ago)
    return ingest(
        store,
        batch_run(
            batch_id=f"{days_ago}",
            started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
            completed_at=None,
            results=list(results),
        ),
    ).batch_run_id


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        ("passed", "passed", "passed again"),
        ("a", "passed", "fixed"),
        ("passed", "a", "newly failing"),
        ("a", "a", "same reason"),
        ("a", "b", "another reason"),
        (None, "a", "first attempt"),
        ("skipped", "a", "first attempt"),
    ],
)
def test_what_changed_is_said_on_both_pages(
    client: FlaskClient, store: Store, before: str | None, now: str, change: str
) -> None:
    if before:
        run_with(store, 3, attempt(before, duration_seconds=60))
    run_with(store, 2, attempt("skipped"))
    last = run_with(store, 1, attempt(now, duration_seconds=90.5))
    (row,) = table(client.get(f"/batch-runs/{last}").text, "results")
    earlier = "" if change == "first attempt" else " run 1, 2026-11-20"
    assert row[2] == f"{change}{earlier}"
    page = client.get("/recipes/homebrew/jq").text
    assert SENTENCES[AttemptChange(change)] in text_of(page)
    shown = table(page, "last-attempts")
    assert [row[0] for row in shown] == ["last", "the one before"][: 1 if not earlier else 2]
    assert ("It took 30 s longer." in text_of(page)) == bool(earlier)
    newest = table(page, "results")[0]
    assert newest[3] == f"{change}{earlier}"


def test_a_skipped_result_is_compared_with_nothing(client: FlaskClient, store: Store) -> None:
    run_with(store, 2, attempt("a"))
    last = run_with(store, 1, attempt("skipped"))
    (row,) = table(client.get(f"/batch-runs/{last}").text, "results")
    assert row[2] == ""
    page = client.get("/recipes/homebrew/jq").text
    # The last attempt is the one before.
    assert SENTENCES[AttemptChange.FIRST] in text_of(page)


def test_a_recipe_that_was_never_attempted_has_no_comparison(
    client: FlaskClient, store: Store
) -> None:
    run_with(store, 1, attempt("skipped"))
    assert "Compared with its previous attempt" not in client.get("/recipes/homebrew/jq").text


def test_attempts_are_compared_on_one_platform_in_the_order_of_time(store: Store) -> None:
    chance = random.Random(3)
    platforms = [None, "darwin-arm64", "linux-x86_64"]
    for _ in range(30):
        results = [
            attempt(
                chance.choice(["passed", "a", "b", "skipped"]), platform=chance.choice(platforms)
            )
            for _ in range(3)
        ]
        # Late runs, and several at one moment.
        run_with(store, chance.choice([1, 2, 3, 4, 5]), *results)
    with store.read() as connection:
        rows = connection.execute(
            select(recipe_results).order_by(recipe_results.c.started_at, recipe_results.c.id)
        ).all()
        with counted_statements(store) as statements:
            compared = previous_attempts.fetch_compared(connection, [row.id for row in rows])
        last = previous_attempts.find_last(connection, "homebrew", "jq")
        changes = connection.execute(previous_attempts.select_changes(lambda _result: [])).all()
    assert len(statements) == 1
    # The database names the change as the page does.
    assert len(changes) == len(rows)
    for row in changes:
        both = compared[row.id]
        assert (row.change, row.seconds_longer) == (both.change, both.seconds_longer)
        assert row.previous_id == (both.earlier and both.earlier.id)
    assert {row.change for row in changes} == {None, *AttemptChange}
    previous: dict[str | None, int] = {}
    for row in rows:
        earlier = compared[row.id].earlier
        assert (earlier and earlier.id) == previous.get(row.platform)
        if row.result != "skipped":
            previous[row.platform] = row.id
            attempted = row.id
    assert last is not None
    assert last.own.id == attempted
    assert last == compared[attempted]


@pytest.mark.parametrize(("skipped", "is_found"), [(-1, True), (0, False)])
def test_only_so_many_skipped_results_are_passed_over(
    store: Store, skipped: int, is_found: bool
) -> None:
    run_with(store, 9, attempt("a"))
    run_with(store, 8, *[attempt("skipped")] * (LOOKED_BACK + skipped))
    run_with(store, 5, attempt("a"))
    with store.read() as connection:
        last = previous_attempts.find_last(connection, "homebrew", "jq")
    assert last is not None
    assert (last.earlier is not None) is is_found


def test_an_excluded_run_is_compared_with_nothing(client: FlaskClient, store: Store) -> None:
    run_with(store, 2, attempt("a"))
    last = run_with(store, 1, attempt("a"))
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.exclude(change, last, "a test")
    page = client.get(f"/batch-runs/{last}").text
    assert "since its previous attempt" not in page
