"""Workflow files are run from their first job to the stored batch run, with measured minutes."""

import re
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.client.ci_page import ADDRESS, PLAN_SCRIPTS, VALIDATE, blocks
from tests.client.conftest import Dashboard
from tests.client.servers import Scripted, scripted_server, unreliable_proxy
from tests.client.workflow import WorkflowRun, git, make_repository
from tests.factories import TOKEN, batch_run, failed_result
from tests.http.uploads import post

WORKFLOW = ".github/workflows/batch.yml"
SECONDS = {"ubuntu-24.04": 95, "ubuntu-latest": 95, "macos-15": 255}
# A job that has not ended counts up to now.
MOST_SECONDS_OF_A_STEP = 60
MATRIX = """
jobs:
  validate:
    strategy:
      matrix:
        os: [ubuntu-latest, macos-15]
    runs-on: ${{ matrix.os }}
    steps:
      - uses: actions/checkout@v5
      - run: mkdir results && ./validate.sh > results/all.ndjson
"""
ONE_STEP = """
jobs:
  batch:
    runs-on: macos-15
    permissions:
      actions: read
    steps:
      - uses: actions/checkout@v5
      - run: ./validate.sh > results.ndjson
      - uses: ./
        with:
          url: ADDRESS
          token: ${{ secrets.BATCH_METRICS_TOKEN }}
          ecosystem: homebrew
          files: results.ndjson
          spool: SPOOL
          timeout: 3
          strict: STRICT
"""


@pytest.fixture
def api() -> Iterator[Scripted]:
    """The stand-in for the API of GitHub Actions."""
    with scripted_server() as api:
        yield api


def run_workflow(
    text: str,
    folder: Path,
    api: Scripted,
    scripts: Mapping[str, str] = MappingProxyType({"validate.sh": VALIDATE}),
    **options: Any,
) -> WorkflowRun:
    """Make a repository with a workflow and its scripts, and run it."""
    folder.mkdir(exist_ok=True)
    repository = make_repository(folder / "repository", {**scripts, WORKFLOW: text})
    secrets = {"BATCH_METRICS_TOKEN": TOKEN}
    run = WorkflowRun(repository, folder, api, secrets, SECONDS, **options)
    run.run(WORKFLOW)
    assert TOKEN not in run.log
    return run


def stored(dashboard: Dashboard, log: str) -> dict[str, Any]:
    """The batch run that a log names, and its jobs."""
    found = re.search(r"stored as batch run (\d+) ", log)
    assert found, log
    [row] = dashboard.query("SELECT * FROM batch_runs WHERE id = ?", int(found[1]))
    jobs = dashboard.query("SELECT * FROM ci_jobs WHERE batch_run_id = ?", row["id"])
    return {**row, "jobs": jobs}


def test_the_documented_workflow_measures_its_minutes(
    dashboard: Dashboard, api: Scripted, tmp_path: Path
) -> None:
    [after, _before] = blocks("GitHub Actions", "yaml")
    # An ecosystem of its own: failures of other tests may stop the runs of a shared one.
    workflow = after.replace(ADDRESS, dashboard.address).replace("homebrew", "of a workflow")
    run = run_workflow(workflow, tmp_path, api)
    assert run.conclusions == {"ask": "success", "validate": "success", "report": "success"}
    assert run.outputs["ask"] == {"decision": "proceed", "macos_state": "ok"}
    row = stored(dashboard, run.log)
    assert (row["total_recipes"], row["passed"], row["failed"], row["skipped"]) == (4, 2, 2, 0)
    assert row["run_url"] == "https://github.example/owner/recipes/actions/runs/4711/attempts/2"
    assert row["commit_sha"] == git(run.repository, "rev-parse", "HEAD")
    assert (row["run_attempt"], row["batch_id"]) == (2, "batch-4711")
    assert [(job["name"], job["runner_os"]) for job in row["jobs"]] == [
        ("ask", "linux"),
        ("validate (ubuntu-24.04)", "linux"),
        ("validate (macos-15)", "macos"),
        ("report", "linux"),
    ]
    assert row["macos_minutes"] * 60 == pytest.approx(255)
    linux_seconds = row["linux_minutes"] * 60
    assert 3 * 95 <= linux_seconds <= 3 * 95 + MOST_SECONDS_OF_A_STEP
    assert linux_seconds == pytest.approx(round(linux_seconds))
    summary = (tmp_path / "report-0" / "summary.md").read_text()
    assert "2 passed, 2 failed, 0 skipped of 4 recipes." in summary
    assert f"{dashboard.address}/batch-runs/{row['id']}" in summary


def test_the_documented_workflow_runs_what_the_plan_lists(
    dashboard: Dashboard, api: Scripted, tmp_path: Path
) -> None:
    [text] = blocks("Running what the plan lists", "yaml")
    now = datetime.now(UTC)
    for minutes in range(5):
        moment = (now - timedelta(minutes=minutes)).isoformat()
        failure = failed_result(recipe_name="wget", ecosystem="of a plan", recipe_version="1.0")
        payload = batch_run(ecosystem="of a plan", started_at=moment, results=[failure])
        post(dashboard.address, {**payload, "completed_at": None})

    def run_with(plan_address: str, run_id: str) -> tuple[WorkflowRun, dict[str, Any]]:
        workflow = text.replace(ADDRESS, plan_address, 1).replace(ADDRESS, dashboard.address)
        workflow = workflow.replace("homebrew", "of a plan")
        run = run_workflow(workflow, tmp_path / run_id, api, PLAN_SCRIPTS, run_id=run_id)
        assert run.conclusions == {"batch": "success"}, run.log
        return run, stored(dashboard, run.log)

    run, row = run_with(dashboard.address, "5001")
    assert "left out wget until" in run.log
    assert (row["passed"], row["failed"]) == (1, 0)
    summary = (run.folder / "batch-0" / "summary.md").read_text()
    assert f"| [wget](<{dashboard.address}/recipes/of%20a%20plan/wget>) |" in summary
    # Without a plan, everything runs.
    _run, row = run_with(f"{dashboard.address}/wrong", "5002")
    assert (row["passed"], row["failed"]) == (1, 1)


def test_the_step_of_the_original_project_is_stored_as_before(
    dashboard: Dashboard, api: Scripted, tmp_path: Path
) -> None:
    [after, before] = blocks("GitHub Actions", "yaml")
    matrix, separator, _report = after.partition("  report:\n")
    assert separator
    workflow = f"{matrix}{before}".replace(ADDRESS, dashboard.address)
    workflow = workflow.replace("homebrew", "of the original step")
    run = run_workflow(workflow, tmp_path, api, run_id="before")
    assert run.conclusions["report"] == "success", run.log
    [row] = dashboard.runs("before")
    assert (row["total_recipes"], row["passed"], row["failed"]) == (4, 2, 2)
    assert (row["macos_minutes"], row["linux_minutes"], row["run_url"]) == (0, 0, None)


def test_the_job_for_a_matrix_of_the_set_up_page_measures_its_minutes(
    dashboard: Dashboard, api: Scripted, tmp_path: Path
) -> None:
    page = f"{dashboard.address}/setup?auth=token&ecosystem=of+a+matrix"
    with urllib.request.urlopen(page) as answer:
        found = re.search(r'<pre id="matrix"[^>]*>(.*?)</pre>', answer.read().decode(), re.DOTALL)
    assert found
    keep, job = unescape(found[1]).split("\n\n")
    run = run_workflow(f"{MATRIX}{keep}\n{job}", tmp_path, api, run_id="1234")
    assert run.conclusions == {"validate": "success", "batch-dashboard": "success"}, run.log
    row = stored(dashboard, run.log)
    assert (row["ecosystem"], row["passed"], row["failed"]) == ("of a matrix", 2, 2)
    assert row["macos_minutes"] * 60 == pytest.approx(255)
    assert 2 * 95 <= row["linux_minutes"] * 60 <= 2 * 95 + MOST_SECONDS_OF_A_STEP


@pytest.mark.parametrize("strict", [False, True])
def test_a_dashboard_that_is_down_gets_the_run_later_and_once(
    dashboard: Dashboard, api: Scripted, tmp_path: Path, strict: bool
) -> None:
    with unreliable_proxy(dashboard.address, kinds=["pass"]) as proxy:
        spool = tmp_path / "cache"
        text = ONE_STEP.replace("ADDRESS", proxy.address).replace("SPOOL", str(spool))
        text = text.replace("STRICT", str(strict).lower())
        down_id, up_id, again_id = (f"{proxy.address.rpartition(':')[2]}{n}" for n in range(3))
        proxy.is_down = True
        down = run_workflow(text, tmp_path / "down", api, run_id=down_id)
        assert down.conclusions == {"batch": "failure" if strict else "success"}
        assert "::warning title=Batch Dashboard::the batch run was not stored" in down.log
        assert "spooled in" in (tmp_path / "down" / "batch-0" / "summary.md").read_text()
        proxy.is_down = False
        for run_id, sent in ((up_id, True), (again_id, False)):
            run = run_workflow(text, tmp_path / run_id, api, run_id=run_id)
            assert run.conclusions == {"batch": "success"}, run.log
            assert ("sent 1 spooled upload; 0 remain" in run.log) == sent
    for run_id in (down_id, up_id, again_id):
        [row] = dashboard.runs(f"batch-{run_id}")
        assert (row["passed"], row["failed"]) == (1, 1)
        # The times of the jobs are those of the run, not of the upload that arrived at last.
        assert 255 <= row["macos_minutes"] * 60 <= 255 + MOST_SECONDS_OF_A_STEP
