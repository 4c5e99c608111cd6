"""Runs a workflow file of a repository, as GitHub Actions would.

Only what the workflows of the documentation use is understood; anything else fails the test. The
jobs of a run take as long as the test says, so that their minutes can be compared to the second;
one that is still running has taken that long already.
"""

import glob
import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from tests.client.runner import Step, evaluated, run_action, run_step
from tests.client.servers import Reply, Scripted

OWN_ACTION = "OWNER/batch-dashboard@FULL_COMMIT"
QUEUED = timedelta(seconds=20)
COMPARISON = re.compile(r"(\S+) (!=|==) '([^']*)'")


def make_repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A repository with one commit."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "A batch workflow")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; its output."""
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@dataclass
class WorkflowRun:
    """One run of a workflow; `api` is the stand-in for the API of GitHub Actions."""

    repository: Path
    folder: Path
    api: Scripted
    secrets: Mapping[str, str]
    # How long a job takes, by the label of its runner.
    seconds: Mapping[str, int]
    run_id: str = "4711"
    attempt: str = "2"
    environ: Mapping[str, str] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    log: str = ""
    # Of each job that ran: its outputs, and of all its instances together how it ended.
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    conclusions: dict[str, str] = field(default_factory=dict)
    began_at: datetime = field(
        default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    )

    def run(self, workflow: str) -> None:
        """Run the jobs of a workflow file of the repository, one after another."""
        parsed = yaml.safe_load((self.repository / workflow).read_text())
        for name, job in parsed["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            assert all(needed in self.conclusions for needed in needs), name
            failed = any(self.conclusions[needed] != "success" for needed in needs)
            if not self._holds(job.get("if", "success()"), self._context(), failed):
                self.conclusions[name] = "skipped"
                continue
            ended = [
                self._run_job(name, job, matrix, index)
                for index, matrix in enumerate(_combinations(job))
            ]
            self.conclusions[name] = "success" if all(ended) else "failure"

    def _run_job(self, name: str, job: dict[str, Any], matrix: dict[str, str], index: int) -> bool:
        context = self._context() | {f"matrix.{key}": value for key, value in matrix.items()}
        context["strategy.job-index"] = str(index)
        label = evaluated(job["runs-on"], context)
        shown = f"{name} ({', '.join(matrix.values())})" if matrix else name
        workspace = self.folder / f"{name}-{index}"
        workspace.mkdir()
        listed = self._begin(shown, label)
        failed = False
        for step in job["steps"]:
            if not self._holds(step.get("if", "success()"), context, failed):
                continue
            done = self._run_step(step, context, workspace, job, listed["runner_name"])
            self.log += done.log
            failed |= done.code != 0 and not step.get("continue-on-error", False)
            for output, value in done.outputs.items():
                context[f"steps.{step.get('id')}.outputs.{output}"] = value
        self.outputs[name] = {
            output: evaluated(text, context) for output, text in job.get("outputs", {}).items()
        }
        self._end(listed, label, failed)
        return not failed

    def _run_step(
        self,
        step: dict[str, Any],
        context: Mapping[str, str],
        workspace: Path,
        job: Mapping[str, Any],
        runner: str,
    ) -> Step:
        environ = {
            "GITHUB_WORKFLOW": "batch",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "owner/recipes",
            "GITHUB_RUN_ID": self.run_id,
            "GITHUB_RUN_ATTEMPT": self.attempt,
            "GITHUB_SHA": git(self.repository, "rev-parse", "HEAD"),
            "GITHUB_API_URL": self.api.address,
            "RUNNER_NAME": runner,
            **self.environ,
        }
        if job.get("permissions", {}).get("id-token") == "write":
            environ["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{self.api.address}/identity?v=2"
            environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = "request-secret"
        if "run" in step:
            return run_step(step, context, environ, workspace)
        inputs = {
            name: "true" if value is True else evaluated(str(value), context)
            for name, value in step.get("with", {}).items()
        }
        action = step["uses"]
        if action in ("./", OWN_ACTION):
            # GITHUB_TOKEN may read jobs only where the job's permissions say so.
            may_read = job.get("permissions", {}).get("actions") == "read"
            token = context["github.token"] if may_read else "ghs_without_permission"
            return run_action(inputs, environ, workspace, token)
        artifacts = self.folder / "artifacts"
        if action.startswith("actions/checkout@"):
            git(workspace, "clone", "-q", str(self.repository), "checkout")
            shutil.copytree(workspace / "checkout", workspace, dirs_exist_ok=True)
            shutil.rmtree(workspace / "checkout")
        elif action.startswith("actions/upload-artifact@"):
            files = [Path(file) for file in glob.glob(str(workspace / inputs["path"]))]
            assert files, inputs
            # As the action does it, files keep only what their paths do not have in common.
            common = os.path.commonpath([file.parent for file in files])
            for file in files:
                target = artifacts / inputs["name"] / file.relative_to(common)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        elif action.startswith("actions/download-artifact@"):
            shutil.copytree(artifacts, workspace / inputs.get("path", "."), dirs_exist_ok=True)
        else:
            raise AssertionError(f"unknown action {action}")
        return Step(0, "", {})

    def _begin(self, name: str, label: str) -> dict[str, Any]:
        began = datetime.now(UTC) - timedelta(seconds=self.seconds[label])
        job = {
            "name": name,
            "status": "in_progress",
            "conclusion": None,
            "labels": [label],
            "runner_id": len(self.jobs) + 1,
            "runner_name": f"runner {len(self.jobs) + 1}",
            "created_at": _time(began - QUEUED),
            "started_at": _time(began),
            "completed_at": None,
        }
        self.jobs.append(job)
        self._publish()
        return job

    def _end(self, job: dict[str, Any], label: str, failed: bool) -> None:
        ended = self.began_at + timedelta(seconds=self.seconds[label])
        job |= {
            "status": "completed",
            "conclusion": "failure" if failed else "success",
            "created_at": _time(self.began_at - QUEUED),
            "started_at": _time(self.began_at),
            "completed_at": _time(ended),
        }
        self._publish()

    def _publish(self) -> None:
        run = f"/repos/owner/recipes/actions/runs/{self.run_id}/attempts/{self.attempt}"
        self.api.by_path[f"{run}/jobs?per_page=100"] = Reply(body={"jobs": self.jobs})
        self.api.by_path[run] = Reply(body={"run_started_at": _time(self.began_at)})

    def _context(self) -> dict[str, str]:
        context = {f"secrets.{name}": value for name, value in self.secrets.items()}
        context["github.token"] = "ghs_1"
        for job, outputs in self.outputs.items():
            context |= {f"needs.{job}.outputs.{name}": value for name, value in outputs.items()}
        return context

    def _holds(self, condition: str, context: Mapping[str, str], failed: bool) -> bool:
        """Whether a condition of `&&` holds; without always() nothing may have failed."""
        terms = condition.split(" && ")
        if "always()" not in terms and failed:
            return False
        for term in terms:
            if term in ("always()", "success()"):
                continue
            comparison = COMPARISON.fullmatch(term)
            assert comparison, term
            left, operator, right = comparison.groups()
            if (context[left] == right) != (operator == "=="):
                return False
        return True


def _combinations(job: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The values of each job of a matrix; a job without a matrix is one."""
    matrix = job.get("strategy", {}).get("matrix", {})
    for values in itertools.product(*matrix.values()):
        yield dict(zip(matrix, map(str, values), strict=True))


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
