"""The steps of docs/ci.md do what they say, run in a shell against a real server."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from batch_dashboard.settings import PROJECT_ROOT
from tests.client.ci_page import ADDRESS, PLAN_SCRIPTS, VALIDATE, blocks
from tests.client.ci_systems import GITLAB, gitlab_job
from tests.client.conftest import Dashboard
from tests.client.runner import BASH
from tests.client.servers import Reply, scripted_server
from tests.factories import TOKEN


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a validation of its own and the uploader."""
    (tmp_path / "validate.sh").write_text(VALIDATE)
    (tmp_path / "validate.sh").chmod(0o755)
    (tmp_path / "ci").mkdir()
    uploader = PROJECT_ROOT / "batch_dashboard" / "client" / "batch_metrics.py"
    (tmp_path / "ci" / "batch_metrics.py").symlink_to(uploader)
    return tmp_path


def run_shell(script: str, address: str, folder: Path, **environ: str) -> str:
    """Run a script as a CI system would; its log."""
    done = subprocess.run(
        [BASH, "-euo", "pipefail", "-c", script.replace(ADDRESS, address)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "BATCH_METRICS_TOKEN": TOKEN,
            "BATCH_METRICS_URL": address,
            **environ,
        },
    )
    log = done.stdout + done.stderr
    assert done.returncode == 0, log
    assert "WARNING" not in log
    return log


def stored_run(dashboard: Dashboard, log: str) -> dict[str, Any]:
    """The batch run whose address a log names."""
    found = re.search(r"/batch-runs/(\d+)", log)
    assert found, log
    [run] = dashboard.query("SELECT * FROM batch_runs WHERE id = ?", int(found[1]))
    assert (run["ecosystem"], run["passed"], run["failed"]) == ("homebrew", 1, 1)
    return run


def test_the_pipeline_for_gitlab(dashboard: Dashboard, repository: Path) -> None:
    pipeline = yaml.safe_load(blocks("GitLab CI", "yaml")[0])
    assert pipeline["variables"]["BATCH_METRICS_URL"] == ADDRESS
    with scripted_server(Reply(200, [gitlab_job("mac", ["saas-macos-medium-m1"])])) as api:
        environ = {**GITLAB, "CI_API_V4_URL": api.address, "CI_PROJECT_ID": "42"}
        for job in ("validate", "report"):
            script = "\n".join(pipeline[job]["script"])
            log = run_shell(script, dashboard.address, repository, **environ)
    assert stored_run(dashboard, log)["batch_id"] == "815"


def test_the_uploader_is_fetched_from_the_dashboard(dashboard: Dashboard, tmp_path: Path) -> None:
    [script] = blocks("GitLab CI", "sh")
    run_shell(script, dashboard.address, tmp_path)
    uploader = PROJECT_ROOT / "batch_dashboard" / "client" / "batch_metrics.py"
    assert (tmp_path / "ci" / "batch_metrics.py").read_bytes() == uploader.read_bytes()


def test_the_pipeline_for_jenkins(dashboard: Dashboard, repository: Path) -> None:
    [pipeline] = blocks("Jenkins", "groovy")
    validate, report = re.findall(r"sh '''\n(.*?)'''", pipeline, re.DOTALL)
    assert "\\" not in validate + report, "Groovy reads backslashes itself"
    run_shell(validate, dashboard.address, repository, STAGE_NAME="macOS")
    jenkins = {"JENKINS_URL": "https://jenkins.example/", "BUILD_TAG": "jenkins-recipes-12"}
    log = run_shell(report, dashboard.address, repository, **jenkins)
    assert stored_run(dashboard, log)["batch_id"] == "jenkins-recipes-12"


def test_the_plan_in_a_shell(dashboard: Dashboard, repository: Path) -> None:
    [script] = blocks("Running what the plan lists", "sh")
    for name, content in PLAN_SCRIPTS.items():
        (repository / name).write_text(content)
        (repository / name).chmod(0o755)
    log = run_shell(script, dashboard.address, repository)
    assert "2 recipes to run, 0 left out" in log
    assert sorted((repository / "batch-plan.txt").read_text().split()) == ["jq", "wget"]
    stored_run(dashboard, log)


def test_the_question_in_a_shell(dashboard: Dashboard, repository: Path) -> None:
    [script] = blocks("Jenkins", "sh")
    log = run_shell(f"{script}echo the decision is $decision", dashboard.address, repository)
    assert "the decision is proceed" in log


def test_the_steps_with_plain_curl(dashboard: Dashboard, repository: Path) -> None:
    upload, plan, question = blocks("Plain curl", "sh")
    log = run_shell(upload, dashboard.address, repository)
    assert stored_run(dashboard, log)["completed_at"]
    (repository / "candidates.txt").write_text("wget\nunknown\n")
    for address in (dashboard.address, "http://127.0.0.1:9"):
        run_shell(plan, address, repository)
        assert (repository / "batch-plan.txt").read_text() == "wget\nunknown\n"
    run_shell(question, dashboard.address, repository)
    assert "decision=proceed\n" in (repository / "decision.env").read_text()
    run_shell(question, "http://127.0.0.1:9", repository)
    assert (repository / "decision.env").read_text() == "decision=proceed\n"


def test_the_step_of_the_old_client_needs_another_address_only(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    """It posts with a bearer token and `-sf`, and reads the status and the id of the answer."""
    (tmp_path / "metrics.json").write_text(
        '{"batch_id": "2026-11-20-old", "ecosystem": "homebrew", '
        '"started_at": "2026-11-20T08:30:00Z", "total_recipes": 1, "results": '
        '[{"recipe_name": "jq", "ecosystem": "homebrew", "result": "passed"}]}'
    )
    step = """
        RESPONSE=$(curl -sf -X POST "$METRICS_URL/batch-metrics" \\
            -H "Authorization: Bearer $BATCH_METRICS_TOKEN" \\
            -H "Content-Type: application/json" \\
            -d @metrics.json -w '\\n%{http_code}') || { echo "upload failed"; exit 1; }
        CODE=$(echo "$RESPONSE" | tail -n 1)
        BODY=$(echo "$RESPONSE" | sed '$d')
        test "$CODE" = 201
        echo "id $(echo "$BODY" | jq -e .batch_run_id)"
    """
    log = run_shell(step, dashboard.address, tmp_path, METRICS_URL=dashboard.address)
    [run] = dashboard.runs("2026-11-20-old")
    assert log == f"id {run['id']}\n"
    again = run_shell(step, dashboard.address, tmp_path, METRICS_URL=dashboard.address)
    assert again == log
    with pytest.raises(AssertionError, match="upload failed"):
        run_shell(
            step,
            dashboard.address,
            tmp_path,
            METRICS_URL=dashboard.address,
            BATCH_METRICS_TOKEN="x",
        )
