"""The CI jobs of a batch run, and what a client may say about its results."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from batch_dashboard.errors import PayloadError
from batch_dashboard.model.administration.retention import Retention
from batch_dashboard.model.ingest.payload import NewBatchRun
from batch_dashboard.services.administration import retention
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.batch_runs import batch_runs
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import ci_jobs as jobs_table
from batch_dashboard.store.schema import excluded_ci_jobs
from batch_dashboard.store.schema import recipe_results as results_table
from batch_dashboard.store.spending import ci_jobs
from tests.factories import NOW, batch_run, check, failed_result, ingest, recipe_result
from tests.visitors import SOMEBODY

MACOS = {
    "name": "test (macos-14)",
    "runner_os": "macos",
    "queued_at": "2026-03-14T09:00:00Z",
    "started_at": "2026-03-14T09:00:40Z",
    "completed_at": "2026-03-14T09:05:41Z",
}
LINUX = MACOS | {"name": "test (ubuntu)", "runner_os": "linux", "queued_at": None}


def checked(**fields: Any) -> NewBatchRun:
    run: NewBatchRun = check(batch_run(macos_minutes=None, linux_minutes=None, **fields))
    return run


def problems_of(jobs: Any) -> list[str]:
    with pytest.raises(PayloadError) as caught:
        checked(jobs=jobs)
    return [problem.message for problem in caught.value.problems]


def test_absent_minutes_are_the_sum_of_the_jobs() -> None:
    run = checked(jobs=[MACOS, MACOS, LINUX | {"completed_at": "2026-03-14T09:00:55Z"}])
    assert (run.macos_minutes, run.linux_minutes) == (602 / 60, 15 / 60)
    assert run.warnings == ()


@pytest.mark.parametrize(
    ("jobs", "minutes"),
    [
        ([], (None, None)),
        ([LINUX], (0.0, 301 / 60)),
        ([LINUX, MACOS | {"completed_at": None}], (None, 301 / 60)),
        ([MACOS | {"runner_os": "windows"}], (0.0, 0.0)),
    ],
)
def test_minutes_that_do_not_follow_from_the_jobs_are_unknown(
    jobs: list[dict[str, Any]], minutes: tuple[float | None, float | None]
) -> None:
    run = checked(jobs=jobs)
    assert (run.macos_minutes, run.linux_minutes) == minutes


def test_given_minutes_are_kept_and_a_difference_is_warned_about() -> None:
    run = check(batch_run(jobs=[MACOS], macos_minutes=5.04, linux_minutes=3), NOW)
    assert (run.macos_minutes, run.linux_minutes) == (5.04, 3.0)
    assert run.warnings == ("linux_minutes 3 is stored, but the jobs add up to 0",)


def test_every_problem_of_a_job_is_named_with_its_place() -> None:
    wrong = [
        LINUX | {"name": "", "runner_os": "Ubuntu"},
        {"name": "a", "runner_os": "linux"},
    ]
    assert problems_of(wrong) == [
        "jobs[0].name is required",
        "jobs[0].runner_os must be 'macos', 'linux', 'windows' or 'other', not “Ubuntu”",
        "jobs[1].started_at is required",
    ]
    times = [MACOS | {"completed_at": "2026-03-14T09:00:39Z"}, LINUX | {"started_at": "soon"}]
    assert problems_of(times) == [
        "jobs[0].completed_at must not be before jobs[0].started_at",
        "jobs[1].started_at must be an RFC 3339 time such as 2026-01-31T08:30:00Z, not “soon”",
    ]
    assert problems_of({}) == ["jobs must be an array, not an object"]
    assert problems_of([LINUX] * 2_001) == ["jobs contains 2,001 entries; send at most 2,000"]


def test_a_job_that_started_before_it_was_queued_did_not_wait() -> None:
    [job] = checked(jobs=[MACOS | {"queued_at": "2026-03-14T09:00:50Z"}]).jobs
    assert job.wait_seconds == 0


def test_unknown_fields_of_jobs_are_named() -> None:
    run = checked(jobs=[MACOS | {"runner": "m1"}])
    assert run.warnings == ("unknown field “jobs[].runner” is ignored",)


def test_a_batch_run_shows_its_jobs_and_has_them_as_a_file(
    client: FlaskClient, store: Store
) -> None:
    run_id = ingest(store, batch_run(jobs=[MACOS, LINUX])).batch_run_id
    page = client.get(f"/batch-runs/{run_id}").text
    assert "test (macos-14)" in page
    assert "40 s" in page
    assert "6 min" in page
    rows = list(
        csv.DictReader(io.StringIO(client.get(f"/exports/jobs.csv?batch_run={run_id}").text))
    )
    assert [row["wait_seconds"] for row in rows] == ["40", ""]
    assert [(row["duration_seconds"], row["billed_minutes"]) for row in rows] == [("301", "6")] * 2
    assert client.get("/exports/jobs.csv").status_code == 400


def test_jobs_go_with_their_run_out_of_the_statistics_and_back(store: Store) -> None:
    run_id = ingest(store, batch_run(jobs=[MACOS, LINUX])).batch_run_id
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.exclude(change, run_id, "a test")
    with store.read() as connection:
        assert ci_jobs.fetch_of_run(connection, run_id) == []
        excluded = ci_jobs.fetch_of_run(connection, run_id, is_excluded=True)
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.restore(change, run_id)
    with store.read() as connection:
        assert ci_jobs.fetch_of_run(connection, run_id) == excluded
        assert [job.name for job in excluded] == ["test (macos-14)", "test (ubuntu)"]
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.delete(change, run_id, "a test")
    with store.read() as connection:
        for table in (jobs_table, excluded_ci_jobs):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0


def test_retention_leaves_no_jobs_of_a_run_that_it_deletes(store: Store) -> None:
    kept = ingest(store, batch_run(jobs=[LINUX], started_at="2026-11-19T08:00:00Z")).batch_run_id
    excluded = ingest(store, batch_run(jobs=[MACOS], batch_id="excluded")).batch_run_id
    with changing(store, SOMEBODY, NOW) as change:
        batch_runs.exclude(change, excluded, "a test")
        retention.set_days(change, Retention(results=28, runs=31, audit=None))
    retention.prune(store, SOMEBODY, NOW)
    with store.read() as connection:
        assert ci_jobs.fetch_of_run(connection, kept)
        assert ci_jobs.fetch_of_run(connection, excluded, is_excluded=True)
    retention.prune(store, SOMEBODY, NOW + timedelta(days=40))
    with store.read() as connection:
        for table in (jobs_table, excluded_ci_jobs):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0


def test_a_version_and_a_class_that_are_absent_are_unknown(store: Store) -> None:
    result = failed_result(recipe_name="jq", recipe_version="1.7", failure_class="infrastructure")
    ingest(store, batch_run(results=[result, failed_result(recipe_name="curl")]))
    columns = (results_table.c.recipe_version, results_table.c.failure_class)
    with store.read() as connection:
        rows = connection.execute(select(*columns).order_by(results_table.c.id)).all()
    assert rows == [("1.7", "infrastructure"), (None, None)]


def test_durations_of_zero_are_known(store: Store) -> None:
    ingest(store, batch_run(results=[recipe_result(duration_seconds=0)]))
    with store.read() as connection:
        assert connection.execute(select(results_table.c.duration_seconds)).scalars().all() == [0]


def test_an_unknown_failure_class_is_rejected() -> None:
    with pytest.raises(PayloadError) as caught:
        checked(results=[failed_result(failure_class="network")])
    assert caught.value.problems[0].message == (
        "results[0].failure_class must be 'package' or 'infrastructure', not “network”"
    )
