"""Rows that uploads could store before their values had bounds: repaired, shown, deleted."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from batch_dashboard.errors import InputError
from batch_dashboard.model.ingest.payload import MAX_MINUTES, MAX_SECONDS, NewBatchRun
from batch_dashboard.services.access import tokens
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.services.alerts.alerts import check as check_alerts
from batch_dashboard.services.batch_runs import batch_runs as changes_of_runs
from batch_dashboard.services.ingest.ingest import ingest_batch_run
from batch_dashboard.store import migrations
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import (
    audit_log,
    batch_runs,
    ecosystem_pauses,
    excluded_results,
    excluded_runs,
    idempotency_keys,
    ingest_tokens,
    pruned_recipes,
    recipe_results,
    recipes,
)
from tests.databases import is_sqlite
from tests.factories import NOW, TOKEN, batch_run, check, failed_result, ingest
from tests.visitors import SOMEBODY

PAGES = (
    "/",
    "/?last=all",
    "/minutes?last=all",
    "/failures?last=all",
    "/recipes?last=all",
    "/batch-runs?last=all",
    "/ecosystems/homebrew?last=all",
    "/exports/minutes.csv?last=all",
    "/exports/batch_runs.csv?last=all",
    "/exports/recipe_results.csv?last=all",
    "/incidents",
    "/api/v1/ecosystems",
)
MAX_PAGE_BYTES = 150_000


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def store_unchecked(
    store: Store, payload: dict[str, Any], key: str | None = None, **changes: Any
) -> int:
    """Store a run with values that no upload may have any more."""
    run: NewBatchRun = replace(check(payload), **changes)
    return ingest_batch_run(store, run, NOW, idempotency_key=key).batch_run_id


def execute(store: Store, statement: str, **values: Any) -> None:
    with store.write() as connection:
        connection.execute(text(statement), values)


def assert_everything_works(client: FlaskClient, store: Store) -> None:
    for page in PAGES:
        answer = client.get(page, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200, page
        assert len(answer.data) < MAX_PAGE_BYTES, (page, len(answer.data))
        assert "Infinity" not in answer.text, page
    check_alerts(store, [], None, NOW)
    verify_rollups(store)


def test_the_upgrade_repairs_rows_that_break_pages(client: FlaskClient, store: Store) -> None:
    good = ingest(store, batch_run()).batch_run_id
    early = [
        store_unchecked(
            store, batch_run(batch_id=f"y{year}"), f"key {year}", started_at=time, completed_at=time
        )
        for year in (1, 999, 1970)
        for time in [datetime(year, 1, 3, tzinfo=UTC)]
    ]
    many = [
        store_unchecked(store, batch_run(batch_id=f"many {n}"), macos_minutes=1.7e308)
        for n in range(2)
    ]
    slow = batch_run(batch_id="slow", results=[failed_result()])
    slow_run = store_unchecked(
        store, slow, results=replace(check(slow).results, duration_seconds=[3e10])
    )
    largest = ingest(
        store,
        batch_run(
            batch_id="largest",
            macos_minutes=MAX_MINUTES,
            results=[failed_result(duration_seconds=MAX_SECONDS)],
        ),
    ).batch_run_id
    check_alerts(store, [], None, NOW)
    if is_sqlite(store):
        # As years were written that have fewer than four digits.
        shorten = "ltrim(substr({0}, 1, 4), '0') || substr({0}, 5)"
        for table, column in (
            ("batch_runs", "started_at"),
            ("batch_runs", "completed_at"),
            ("incidents", "since"),
        ):
            changed = f"UPDATE {table} SET {column} = {shorten.format(column)}"
            execute(store, f"{changed} WHERE {column} < '1000'")
    migrations.downgrade(store, "0006")

    assert upgrade_database(store) is True

    assert not any(verify_rollups(store).values())
    with store.read() as connection:
        runs = {row.id: row for row in connection.execute(select(batch_runs))}
        assert sorted(runs) == [good, *many, slow_run, largest]
        assert [runs[id_].macos_minutes for id_ in many] == [None, None]
        assert runs[largest].macos_minutes == MAX_MINUTES
        assert (runs[slow_run].failed_milliseconds, runs[largest].failed_milliseconds) == (
            0,
            MAX_SECONDS * 1000,
        )
        out = connection.execute(select(excluded_runs).order_by(excluded_runs.c.id)).all()
        assert [(row.id, row.started_at.year) for row in out] == list(
            zip(early, (1, 999, 1970), strict=True)
        )
        assert {row.excluded_by for row in out} == {"database upgrade"}
        assert "before 2000" in out[0].reason
        assert [row.idempotency_keys for row in out] == ['["key 1"]', '["key 999"]', '["key 1970"]']
        assert len(connection.execute(select(excluded_results)).all()) == 6
        assert len(connection.execute(select(recipe_results)).all()) == 8
        assert connection.execute(select(idempotency_keys)).all() == []
        entries = connection.execute(select(audit_log).order_by(audit_log.c.id)).all()
    assert [(entry.action, entry.subject) for entry in entries] == [
        *(("exclude batch run", f"batch run {run_id}") for run_id in early),
        *(("correct batch run", f"batch run {run_id}") for run_id in (*many, slow_run)),
    ]
    assert '"macos_minutes": "1.7e+308"' in entries[3].before
    assert '"macos_minutes": null' in entries[3].after
    assert_everything_works(client, store)


def test_a_run_with_an_impossible_time_is_deleted_and_never_restored(
    client: FlaskClient, store: Store
) -> None:
    ingest(store, batch_run())
    first, second, third = (
        store_unchecked(
            store, batch_run(batch_id=f"y{year}"), started_at=datetime(year, 1, 3, tzinfo=UTC)
        )
        for year in (1, 999, 1970)
    )
    if is_sqlite(store):
        for run_id, time in ((first, "1-01-03T00:00:00Z"), (second, "soon"), (third, "")):
            update = "UPDATE batch_runs SET started_at = :time, completed_at = :time WHERE id = :id"
            execute(store, update, time=time, id=run_id)
    assert_everything_works(client, store)
    with changing(store, SOMEBODY, NOW) as change:
        changes_of_runs.delete(change, first, "a clock that was not set")
        changes_of_runs.exclude(change, second, "a clock that was not set")
        with pytest.raises(InputError, match="started before 2000"):
            changes_of_runs.restore(change, second)
        changes_of_runs.delete(change, second, "a clock that was not set")
        changes_of_runs.delete(change, third, "a clock that was not set")
    assert not any(verify_rollups(store).values())
    with store.read() as connection:
        left = connection.execute(select(batch_runs.c.batch_id)).scalars().all()
    assert left == ["2026-11-20-homebrew"]


def test_the_upgrade_makes_one_name_of_two_spellings(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run(ecosystem="café", results=[failed_result(recipe_name="café")]))
    two_spellings = ["cafe\u0301", "café"]
    payload = batch_run(
        batch_id="other",
        results=[failed_result(recipe_name="a", platform="b"), failed_result(recipe_name="b")],
    )
    results = replace(
        check(payload).results,
        recipe_name=two_spellings,
        ecosystem=two_spellings[::-1],
        platform=["o\u0308", None],
        error_category=["u\u0308", "ü"],
    )
    run = store_unchecked(
        store, payload, ecosystem="cafe\u0301", batch_id="a\u0308", results=results
    )
    out = store_unchecked(
        store, payload, content_digest=b"0", ecosystem="cafe\u0301", results=results
    )
    with changing(store, SOMEBODY, NOW) as change:
        changes_of_runs.exclude(change, out, "why")
        tokens.create(change, "k" * 32, "ci", ecosystems=["npm"])
    for name in two_spellings:
        execute(
            store,
            "INSERT INTO ecosystem_pauses (ecosystem, reason, paused_at)"
            f" VALUES (:name, :name, '{NOW:%Y-%m-%dT%H:%M:%SZ}')",
            name=name,
        )
    execute(store, "UPDATE ingest_tokens SET ecosystems = :names", names=json.dumps(two_spellings))
    with store.write() as connection:
        for ecosystem, recipe_name, failed, seen in (
            ("café", "café", 1, 20),
            ("cafe\u0301", "café", 2, 30),
            ("café", "cafe\u0301", 4, 10),
            ("cafe\u0301", "old\u0301", 8, 40),
        ):
            values = {
                **{column.name: 0 for column in pruned_recipes.columns if not column.nullable},
                "ecosystem": ecosystem,
                "recipe_name": recipe_name,
                "failed": failed,
                "first_seen_at": datetime.fromtimestamp(seen, UTC),
                "last_seen_at": datetime.fromtimestamp(seen, UTC),
                "last_failed_at": datetime.fromtimestamp(seen, UTC),
                "recent_attempts": "f",
            }
            connection.execute(insert(pruned_recipes).values(values))
    migrations.downgrade(store, "0008")

    assert upgrade_database(store) is True

    assert not any(verify_rollups(store).values())
    with store.read() as connection:
        stored = connection.execute(select(batch_runs).where(batch_runs.c.id == run)).one()
        assert (stored.batch_id, stored.ecosystem) == ("ä", "café")
        for table in (recipe_results, excluded_results):
            rows = connection.execute(select(table).where(table.c.batch_run_id.in_([run, out])))
            assert [
                (row.recipe_name, row.ecosystem, row.platform, row.error_category) for row in rows
            ] == [("café", "café", "ö", "ü"), ("café", "café", None, "ü")]
        kept = connection.execute(select(pruned_recipes).order_by(pruned_recipes.c.recipe_name))
        assert [
            (
                row.recipe_name,
                row.failed,
                row.first_seen_at.timestamp(),
                row.last_seen_at.timestamp(),
            )
            for row in kept
        ] == [("café", 7, 10, 30), ("old\u0301", 8, 40, 40)]
        named = select(recipes.c.failed).where(recipes.c.ecosystem == "café")
        assert connection.execute(named.order_by(recipes.c.failed)).scalars().all() == [8, 9]
        pauses = connection.execute(select(ecosystem_pauses.c.ecosystem, ecosystem_pauses.c.reason))
        assert pauses.all() == [("café", "café")]
        assert connection.execute(select(ingest_tokens.c.ecosystems)).scalar_one() == json.dumps(
            ["café"]
        )
    # However its name is spelt in an address.
    for name in two_spellings:
        page = client.get(f"/recipes/{name}/{name}")
        assert (page.status_code, "<title>café" in page.text) == (200, True)
        assert "café" in client.get("/recipes", query_string={"text": name, "last": "all"}).text
        listed = client.get("/batch-runs", query_string={"ecosystem": name, "last": "all"})
        assert "2 batch runs" in listed.text
