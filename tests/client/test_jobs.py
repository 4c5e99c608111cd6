"""Minutes are measured: the uploader reads the jobs of the run from the CI system's own API."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.client.ci_systems import GITHUB, GITLAB, JOBS_PATH, github_job, gitlab_job
from tests.client.servers import Reply, Scripted, scripted_server
from tests.client.uploader import STORED, Finished, pythons, run_uploader, sent_payload, upload

RUN_PATH = "/repos/owner/recipes/actions/runs/4711/attempts/2"
PIPELINE_JOBS_PATH = "/projects/42/pipelines/815/jobs?per_page=100&include_retried=true"


def upload_from_github(
    server: Scripted,
    folder: Path,
    seconds: int = 60,
    python: str = sys.executable,
    **environ: str,
) -> Finished:
    return run_uploader(
        *("upload", "--url", server.address, "--ecosystem", "homebrew", "--result", "jq=passed"),
        *("--timeout", str(seconds), "--explain"),
        folder=folder,
        python=python,
        environ={**GITHUB, "GITHUB_API_URL": server.address, "GITHUB_TOKEN": "ghs", **environ},
    )


def jobs_of(server: Scripted) -> list[tuple[str, str, str, str]]:
    """The jobs that were sent: name, runner OS, start and end."""
    return [
        (job["name"], job["runner_os"], job["started_at"], job["completed_at"])
        for job in sent_payload(server).get("jobs", [])
    ]


@pytest.mark.parametrize("python", pythons())
def test_the_jobs_of_all_pages_are_sent_with_the_start_of_the_run(
    python: str, tmp_path: Path
) -> None:
    with scripted_server(STORED) as server:
        second = f"{JOBS_PATH}&page=2"
        server.by_path = {
            JOBS_PATH: Reply(
                body={"jobs": [github_job("linux", "ubuntu-24.04")]},
                headers={"Link": f'<{server.address}{second}>; rel="next", <x>; rel="last"'},
            ),
            second: Reply(body={"jobs": [github_job("mac", "macos-15-xlarge")]}),
            RUN_PATH: Reply(body={"run_started_at": "2026-11-20T08:28:30Z"}),
        }
        done = upload_from_github(server, tmp_path, python=python)
        assert done.code == 0, done.report
        assert jobs_of(server) == [
            ("linux", "linux", "2026-11-20T08:30:00Z", "2026-11-20T08:34:15Z"),
            ("mac", "macos", "2026-11-20T08:30:00Z", "2026-11-20T08:34:15Z"),
        ]
        payload = sent_payload(server)
        asked = server.requests[0].headers
    assert payload["started_at"] == "2026-11-20T08:28:30Z"
    assert payload["jobs"][0]["queued_at"] == "2026-11-20T08:29:00Z"
    # The uploader computes no minutes: the dashboard sums the jobs.
    assert "macos_minutes" not in payload
    assert asked["Authorization"] == "Bearer ghs"
    assert "jobs on macos take 4.25 minutes" in done.report
    assert "ghs" not in done.report


@pytest.mark.parametrize(
    ("labels", "changes", "runner_os"),
    [
        (["self-hosted", "macOS", "ARM64"], {"runner_name": "a"}, "macos"),
        (["self-hosted", "Linux", "X64"], {"runner_name": "a"}, "linux"),
        (["windows-2025"], {}, "windows"),
        (["fast-pool"], {"runner_name": "build-mac-mini-3"}, "macos"),
        (["fast-pool"], {"runner_group_name": "Linux machines"}, "linux"),
        (["darwin-arm"], {}, "macos"),
        (["fast-pool"], {}, "other"),
        ([], {}, "other"),
    ],
)
def test_labels_and_names_of_runners_tell_their_system(
    labels: list[str], changes: dict[str, Any], runner_os: str, tmp_path: Path
) -> None:
    with scripted_server(STORED) as server:
        job = github_job("build", "", **{**changes, "labels": labels})
        server.by_path = {JOBS_PATH: Reply(body={"jobs": [job]})}
        done = upload_from_github(server, tmp_path)
        assert [job[1] for job in jobs_of(server)] == [runner_os]
    assert ("no operating system in the labels" in done.report) is (runner_os == "other")


def test_jobs_that_used_no_runner_are_left_out(tmp_path: Path) -> None:
    jobs = [
        github_job("skipped", "ubuntu-latest", conclusion="skipped"),
        github_job("cancelled", "ubuntu-latest", conclusion="cancelled", runner_id=None),
        github_job("waiting", "ubuntu-latest", status="queued", started_at=None, completed_at=None),
        github_job("stopped", "macos-15", conclusion="cancelled"),
    ]
    with scripted_server(STORED) as server:
        server.by_path = {JOBS_PATH: Reply(body={"jobs": jobs})}
        upload_from_github(server, tmp_path)
        assert [job[0] for job in jobs_of(server)] == ["stopped"]


def test_jobs_that_an_earlier_attempt_ran_are_left_out(tmp_path: Path) -> None:
    early = {"started_at": "2026-11-20T08:00:00Z", "completed_at": "2026-11-20T08:10:00Z"}
    jobs = [github_job("passed before", "macos-15", **early), github_job("again", "macos-15")]
    with scripted_server(STORED) as server:
        server.by_path = {
            JOBS_PATH: Reply(body={"jobs": jobs}),
            RUN_PATH: Reply(body={"run_started_at": "2026-11-20T08:28:30Z"}),
        }
        upload_from_github(server, tmp_path)
        assert [job[0] for job in jobs_of(server)] == ["again"]


def test_a_job_without_readable_times_is_left_out_with_a_warning(tmp_path: Path) -> None:
    jobs = [
        github_job("unset", "macos-15", started_at="0001-01-01T00:00:00Z"),
        github_job("linux", "ubuntu-latest", created_at="0001-01-01T00:00:00Z"),
    ]
    with scripted_server(STORED) as server:
        server.by_path = {JOBS_PATH: Reply(body={"jobs": jobs})}
        done = upload_from_github(server, tmp_path)
        [job] = sent_payload(server)["jobs"]
    assert (job["name"], "queued_at" in job) == ("linux", False)
    assert "such as “unset”, with times that cannot be read" in done.report


def test_a_job_that_still_runs_counts_up_to_now(tmp_path: Path) -> None:
    running = {"status": "in_progress", "conclusion": None, "completed_at": None}
    jobs = [
        github_job("other", "ubuntu-latest", **running, runner_name="r 2"),
        github_job("own", "my-pool", **running, runner_name="r 1"),
    ]
    with scripted_server(STORED) as server:
        server.by_path = {JOBS_PATH: Reply(body={"jobs": jobs})}
        done = upload_from_github(server, tmp_path, RUNNER_NAME="r 1", RUNNER_OS="macOS")
        found = jobs_of(server)
        completed_at = sent_payload(server)["completed_at"]
    assert [(name, runner_os) for name, runner_os, *_ in found] == [
        ("other", "linux"),
        ("own", "macos"),
    ]
    assert all(abs(int(job[3][-3:-1]) - int(completed_at[-3:-1])) <= 2 for job in found)
    assert "1 job of this run, such as “other”, still running" in done.report
    assert "“own”" not in done.report


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(403, {"message": "Resource not accessible"}), "permission `actions: read`"),
        (Reply(404, {"message": "Not Found"}), "answered 404: Not Found"),
        (Reply(500, {}), "answered 500"),
        (Reply(200, b"<html>"), "did not answer with JSON"),
        (Reply(200, {"jobs": "none"}), "did not answer with a list"),
        (Reply(200, {"jobs": []}, seconds_before=30), "no complete answer"),
        (
            Reply(200, {"jobs": []}, {"Link": '<http://evil.example/2>; rel="next"'}),
            "next page on another host",
        ),
        (
            Reply(403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}),
            "answered 403",
        ),
    ],
    ids=["no right", "404", "500", "html", "no list", "slow", "other host", "rate limit"],
)
def test_without_jobs_the_minutes_are_unknown_and_the_run_is_stored(
    reply: Reply, reason: str, tmp_path: Path
) -> None:
    with scripted_server(STORED) as server:
        server.by_path = {JOBS_PATH: reply}
        done = upload_from_github(server, tmp_path, seconds=6)
        payload = sent_payload(server)
    assert done.code == 0
    assert "stored as batch run 7" in done.report
    assert "the minutes of this run are unknown" in done.report
    assert reason in done.report
    assert not {"jobs", "macos_minutes", "linux_minutes"} & payload.keys()


def test_a_rate_limit_that_ends_soon_is_waited_for(tmp_path: Path) -> None:
    limited = Reply(429, {}, {"Retry-After": "1"})
    jobs = Reply(body={"jobs": [github_job("linux", "ubuntu-latest")]})
    with scripted_server(limited, jobs, Reply(body={}), STORED) as server:
        done = upload_from_github(server, tmp_path)
        assert done.code == 0
        assert len(jobs_of(server)) == 1


def test_the_jobs_of_a_gitlab_pipeline_are_sent(tmp_path: Path) -> None:
    jobs = [
        gitlab_job("mac", ["saas-macos-medium-m1"]),
        gitlab_job("linux", [], runner={"description": "linux-docker runner"}),
        gitlab_job("windows", ["saas-windows-medium-amd64"]),
        gitlab_job("manual", ["saas-linux-small-amd64"], started_at=None, finished_at=None),
        gitlab_job("own", ["saas-linux-small-amd64"], id=7, finished_at=None),
    ]
    with scripted_server(STORED) as server:
        server.by_path = {PIPELINE_JOBS_PATH: Reply(body=jobs)}
        done = run_uploader(
            *("upload", "--url", server.address, "--ecosystem", "e", "--result", "jq=passed"),
            folder=tmp_path,
            environ={
                **GITLAB,
                "CI_API_V4_URL": server.address,
                "CI_PROJECT_ID": "42",
                "CI_JOB_ID": "7",
                "CI_JOB_TOKEN": "job-secret",
            },
        )
        assert done.code == 0, done.report
        found = [(name, runner_os) for name, runner_os, *_ in jobs_of(server)]
        payload = sent_payload(server)
        asked = server.requests[0].headers
    assert found == [
        ("mac", "macos"),
        ("linux", "linux"),
        ("windows", "windows"),
        ("own", "linux"),
    ]
    assert payload["jobs"][0]["queued_at"] == "2026-11-20T08:29:48Z"
    assert asked["Job-Token"] == "job-secret"
    assert "still running" not in done.report


def test_the_token_for_jobs_does_not_follow_a_redirect_to_another_host(tmp_path: Path) -> None:
    with scripted_server(Reply(body={"jobs": []})) as other, scripted_server(STORED) as server:
        server.by_path = {JOBS_PATH: Reply(302, {}, {"Location": f"{other.address}/jobs"})}
        done = upload_from_github(server, tmp_path)
        assert other.requests == []
    assert "it redirects to" in done.report


def test_jobs_can_come_from_a_file(tmp_path: Path) -> None:
    job = {"started_at": "2026-11-20T08:30:00Z", "completed_at": "2026-11-20T08:31:30Z"}
    jobs = [{**job, "name": "a", "runner_os": "macOS"}, {**job, "name": "b", "runner_os": "linux"}]
    for text in (json.dumps(jobs), json.dumps({"jobs": jobs}), "\n".join(map(json.dumps, jobs))):
        (tmp_path / "jobs.json").write_text(text)
        with scripted_server(STORED) as server:
            done = upload(server.address, tmp_path, "--jobs-from", "jobs.json")
            assert done.code == 0, done.report
            assert [job[1] for job in jobs_of(server)] == ["macos", "linux"]
            assert sent_payload(server)["started_at"] == "2026-11-20T08:30:00Z"
