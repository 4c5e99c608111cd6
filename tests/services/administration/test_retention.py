"""Dropping what is old: sums stay, space is given back, uploads come through."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from batch_dashboard.errors import InputError
from batch_dashboard.model.administration.retention import Retention
from batch_dashboard.services.administration import retention
from batch_dashboard.services.administration.changes import Actor, changing
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.batch_runs import batch_runs
from batch_dashboard.store import schema
from batch_dashboard.store.administration import system
from batch_dashboard.store.engine import Store
from tests.conftest import WAIT_SECONDS
from tests.factories import batch_run, failed_result, ingest, recipe_result
from tests.visitors import SOMEBODY

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
# What pages read: all of it must be the same before and after.
SUMS = (
    schema.ecosystem_days,
    schema.recipes,
    schema.failure_groups,
    schema.failure_group_days,
    schema.failure_group_weeks,
    schema.failure_group_recipes,
)


def set_days(store: Store, results: int | None, runs: int | None = None) -> None:
    with changing(store, SOMEBODY, NOW) as change:
        retention.set_days(change, Retention(results, runs, None))


def fill(store: Store, days: int = 60) -> None:
    for ago in range(days):
        started_at = NOW - timedelta(days=ago, hours=1)
        ingest(
            store,
            batch_run(
                batch_id=str(ago),
                started_at=started_at.isoformat(),
                completed_at=None,
                macos_minutes=ago / 3,
                results=[
                    recipe_result(recipe_name="jq"),
                    failed_result(recipe_name="wget", duration_seconds=ago / 7),
                    (failed_result if ago % 3 else recipe_result)(recipe_name="curl"),
                ],
            ),
            NOW,
        )


# Numbers of the index of messages, which are no sums.
OWN = ("number", "last_message")


def rows(store: Store, *tables: Table) -> list[list[object]]:
    with store.read() as connection:
        return [
            sorted(
                map(
                    tuple, connection.execute(select(*(c for c in t.columns if c.name not in OWN)))
                ),
                key=repr,
            )
            for t in tables
        ]


def count(store: Store, table: Table) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_results_go_and_every_sum_stays(store: Store) -> None:
    fill(store)
    before = rows(store, *SUMS)
    set_days(store, 28)
    pruned = retention.prune(store, SOMEBODY, NOW)
    assert pruned.results == 31 * 3
    assert count(store, schema.recipe_results) == 29 * 3
    assert rows(store, *SUMS) == before
    assert not any(verify_rollups(store).values())
    rebuild_rollups(store)
    assert rows(store, *SUMS) == before
    assert retention.prune(store, SOMEBODY, NOW).rows == 0


def test_runs_go_by_whole_days_and_charts_stay(store: Store) -> None:
    fill(store)
    before = rows(store, schema.ecosystem_days)
    set_days(store, 28, 40)
    pruned = retention.prune(store, SOMEBODY, NOW)
    assert pruned.runs == 19
    with store.read() as connection:
        sizes = system.fetch_sizes(connection)
    assert sizes == {
        "batch_runs": 41,
        "recipe_results": 29 * 3,
        "pruned_results": 31 * 3,
        "excluded_runs": 0,
    }
    assert count(store, schema.batch_runs) == 41
    assert rows(store, schema.ecosystem_days) == before
    assert not any(verify_rollups(store).values())
    # A late run of a day whose runs are gone is added to what they were.
    ingest(store, batch_run(batch_id="late", started_at="2026-10-02T01:00:00Z", completed_at=None))
    assert not any(verify_rollups(store).values())


def test_a_run_whose_results_are_gone_can_be_taken_out_and_back(store: Store) -> None:
    fill(store)
    set_days(store, 28)
    retention.prune(store, SOMEBODY, NOW)
    before = rows(store, *SUMS)
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.exclude(change, 60, "old")
    assert not any(verify_rollups(store).values())
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.restore(change, 60)
    assert rows(store, *SUMS) == before


def test_results_of_excluded_runs_go_too(store: Store) -> None:
    fill(store)
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.exclude(change, 60, "old")
    set_days(store, 28)
    assert retention.prune(store, SOMEBODY, NOW).results == 31 * 3
    assert count(store, schema.excluded_results) == 0
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.restore(change, 60)
    assert not any(verify_rollups(store).values())


def test_it_can_be_stopped_anywhere_and_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "RESULTS_AT_ONCE", 4)
    fill(store)
    before = rows(store, *SUMS)
    set_days(store, 28)
    left = iter([True] * 3)
    retention.prune(store, SOMEBODY, NOW, goes_on=lambda: next(left, False))
    # In the middle of a run: some of its results are there, some are not.
    assert 0 < count(store, schema.recipe_results) - 29 * 3 < 31 * 3
    assert not any(verify_rollups(store).values())
    assert rows(store, *SUMS) == before
    retention.prune(store, SOMEBODY, NOW)
    assert count(store, schema.recipe_results) == 29 * 3
    assert rows(store, *SUMS) == before


def test_days_that_cannot_be_are_named(store: Store) -> None:
    for wrong, field in ((Retention(5, None, None), "results"), (Retention(90, 60, None), "runs")):
        with (
            pytest.raises(InputError) as refused,
            changing(store, SOMEBODY, NOW) as change,
        ):
            retention.set_days(change, wrong)
        assert refused.value.field == field


def test_a_file_becomes_smaller(tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "own.db"
    file.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{file}", WAIT_SECONDS)
    message = "Error: it is long " + "x" * 9_000
    for day in (1, 2):
        results = [
            failed_result(recipe_name=f"r{n}", error_message=f"{message} {day} {n}")
            for n in range(60)
        ]
        run = batch_run(started_at=f"2026-08-0{day}T01:00:00Z", completed_at=None, results=results)
        ingest(store, run, NOW)
    checkpoint(file)
    before = file.stat().st_size
    set_days(store, 28)
    retention.prune(store, Actor("test", "here"), NOW)
    checkpoint(file)
    assert file.stat().st_size < before / 2
    store.close()


def checkpoint(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
