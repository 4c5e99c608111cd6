"""`flask --app app demo` stores a history whose sums are right, and can hold back."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.services.demo import demo as demo_service
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.engine import Store


def stored_results(output: str) -> int:
    found = re.search(r"batch runs with ([\d,]+) results stored", output)
    assert found, output
    return int(found[1].replace(",", ""))


def test_it_stores_a_history_without_drift(app: Flask, store: Store) -> None:
    done = app.test_cli_runner().invoke(args=["demo", "--results", "600", "--seed", "4"])
    assert done.exit_code == 0, done.output
    # Some of today's runs may not have ended yet.
    assert stored_results(done.output) == pytest.approx(600, rel=0.02)
    assert not any(verify_rollups(store).values())
    with store.read() as connection:
        ecosystems = batch_runs.fetch_ecosystems(connection)
    assert len(ecosystems) == 8


def test_nothing_is_stored_twice_or_before_it_ended(store: Store) -> None:
    now = datetime(2026, 6, 26, 9, 30, tzinfo=UTC)
    told: list[int] = []
    first = demo_service.store_demo(store, 150, 1, now, told.append)
    again = demo_service.store_demo(store, 150, 1, now, told.append)
    assert (again.stored_runs, again.stored_results) == (0, 0)
    assert again.known_runs == first.stored_runs
    assert sum(told) == 2 * first.stored_results
    with store.read() as connection:
        assert all(span[2] <= now for span in batch_runs.fetch_ecosystems(connection))


@pytest.mark.usefixtures("store")
def test_if_empty_holds_back_where_batch_runs_are(app: Flask) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["demo", "--results", "40", "--if-empty"])
    assert stored_results(first.output) > 0
    second = runner.invoke(args=["demo", "--results", "40", "--seed", "2", "--if-empty"])
    assert second.exit_code == 0
    assert second.output == "Batch runs are stored already, so no demo data was added.\n"


def test_help_says_what_each_option_does(app: Flask) -> None:
    shown = app.test_cli_runner().invoke(args=["demo", "--help"]).output
    for option in ("--results", "--seed", "--if-empty"):
        assert re.search(rf"{option}\b[^\n]*\s{{2,}}\S", shown), shown


def test_an_impossible_number_is_refused(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["demo", "--results", "0"])
    assert done.exit_code == 2
    assert "--results" in done.output
