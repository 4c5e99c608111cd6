"""Sums of CI jobs, and the waits that are kept of them."""

import hypothesis.strategies as st
from hypothesis import given
from sqlalchemy import select

from batch_dashboard.model.spending.ci_job_sums import MAX_WAIT_ERROR, kept_wait
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import ci_job_days, ci_wait_days
from tests.factories import batch_run, ci_job, ingest


@given(st.integers(0, 2**31))
def test_a_kept_wait_is_near_the_true_one(seconds: int) -> None:
    kept = kept_wait(seconds)
    assert abs(kept - seconds) <= MAX_WAIT_ERROR * seconds
    assert kept == seconds or seconds >= 16
    # Every wait of a step is kept as the same, also the kept one itself.
    assert kept_wait(kept) == kept


def test_a_year_of_waits_has_few_different_ones() -> None:
    assert len({kept_wait(seconds) for seconds in range(86_400)}) <= 120


def test_jobs_are_summed_by_day_and_runner(store: Store) -> None:
    jobs = [
        ci_job("macos", waited=40, took=301),
        ci_job("macos", waited=40, took=None),
        ci_job("windows", waited=None, took=60),
    ]
    ingest(store, batch_run(jobs=jobs))
    ingest(store, batch_run(batch_id="other", ecosystem="npm", jobs=jobs[:1]))
    with store.read() as connection:
        days = connection.execute(select(ci_job_days).order_by(*ci_job_days.primary_key)).all()
        waits = connection.execute(select(ci_wait_days).order_by(*ci_wait_days.primary_key)).all()
    assert [tuple(row)[1:] for row in days] == [
        ("homebrew", "macos", 2, 1, 301, 6),
        ("homebrew", "windows", 1, 0, 60, 1),
        ("npm", "macos", 1, 0, 301, 6),
    ]
    assert [(row.ecosystem, *tuple(row)[2:]) for row in waits] == [
        ("", "macos", 42, 3),
        ("homebrew", "macos", 42, 2),
        ("npm", "macos", 42, 1),
    ]


def test_the_database_rounds_waits_as_python_does(store: Store) -> None:
    waits = [0, 1, 15, 16, 17, 31, 32, 33, 1_000, 86_399, 86_400, 2**24 - 1, 2**24, 2**29]
    queued = [
        ci_job("linux", waited=wait, took=1, started="2026-11-20T08:30:00Z") for wait in waits
    ]
    ingest(store, batch_run(jobs=queued))
    assert not any(verify_rollups(store).values())
