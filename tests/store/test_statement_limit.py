"""A statement that reads for too long is stopped, and the response states why."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from batch_dashboard.application import create_app
from batch_dashboard.errors import StatementTooSlow
from batch_dashboard.model.catalogue import RECIPE_RESULTS
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.settings import Settings
from batch_dashboard.store.dialects.sqlite import engines
from batch_dashboard.store.engine import Store
from batch_dashboard.store.lists import csv_rows
from tests.factories import NOW, batch_run, ingest, recipe_result

LIMIT_SECONDS = 0.05
# Would take minutes.
SLOW = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000) "
    "SELECT sum(i) FROM n"
)
QUICK = text("SELECT count(*) FROM batch_runs")
# Takes several times the limit.
SOME = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) "
    "SELECT sum(i) FROM n"
)
SUM = 2000001000000
SETTING = "BATCH_METRICS_STATEMENT_SECONDS"


@pytest.fixture
def limited(store: Store) -> Store:
    store.statement_seconds = lambda: LIMIT_SECONDS
    return store


def test_a_slow_statement_is_stopped(limited: Store) -> None:
    with pytest.raises(StatementTooSlow, match=SETTING), limited.read() as connection:
        connection.execute(SLOW)


def test_a_statement_that_is_slow_while_its_rows_are_fetched_is_stopped(limited: Store) -> None:
    # The first row comes at once, the second never.
    rows = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000) "
        "SELECT i FROM n WHERE i IN (1, 500000000)"
    )
    options = {"stream_results": True, "yield_per": 1}
    with pytest.raises(StatementTooSlow), limited.read() as connection:
        list(connection.execute(rows, execution_options=options))


def test_the_same_connection_goes_on_afterwards(limited: Store) -> None:
    for _ in range(2):
        with pytest.raises(StatementTooSlow), limited.read() as connection:
            connection.execute(SLOW)
        with limited.read() as connection:
            assert connection.execute(QUICK).scalar_one() == 0


def test_the_limit_of_one_reader_is_not_that_of_the_next(limited: Store) -> None:
    with limited.read() as connection:
        connection.execute(QUICK)
    limited.statement_seconds = lambda: None
    with limited.read() as connection:
        assert connection.execute(SOME).scalar_one() == SUM


def test_the_writer_has_no_limit(limited: Store) -> None:
    with limited.write() as connection:
        assert connection.execute(SOME).scalar_one() == SUM


def test_a_client_that_reads_a_file_slowly_uses_up_no_time(
    limited: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "STEPS_BETWEEN_LOOKS", 10)
    limited.statement_seconds = lambda: 0.5
    for number in range(3):
        results = [recipe_result(recipe_name=f"r{name}") for name in range(1_500)]
        ingest(limited, batch_run(batch_id=f"b{number}", results=results))
    passed, _ = ListQuery.parse({"last": "all", "result": "passed"}, RECIPE_RESULTS, NOW.date())
    pages = csv_rows.iter_rows(limited, RECIPE_RESULTS, passed, NOW.date())
    lines = next(pages)
    time.sleep(0.6)
    assert (lines + b"".join(pages)).count(b"\r\n") == 4_500


@pytest.fixture
def impatient(settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application that gives a statement no time, and runs that take a while to read."""
    monkeypatch.setattr(engines, "STEPS_BETWEEN_LOOKS", 1_000)
    for day in (1, 2):
        results = [recipe_result(recipe_name=f"r{number}") for number in range(5_000)]
        ingest(store, batch_run(started_at=f"2026-11-0{day}T08:00:00Z", results=results))
    app = create_app(replace(settings, statement_seconds=0.001))
    yield app
    app.extensions["store"].close()


@pytest.mark.parametrize("path", ["/batch-runs/compare?a=1&b=2", "/exports/recipes.csv?last=all"])
def test_requests_are_answered_503_with_the_reason(impatient: Flask, path: str) -> None:
    answer = impatient.test_client().get(path)
    assert answer.status_code == 503
    assert SETTING in answer.text
    assert "Retry-After" in answer.headers


def test_commands_take_the_time_they_need(impatient: Flask) -> None:
    done = impatient.test_cli_runner().invoke(args=["rollups", "verify"])
    assert done.exit_code == 0, done.output
