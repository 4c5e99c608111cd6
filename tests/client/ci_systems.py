"""CI systems as a job sees them: environment variables, and jobs in the answers of their APIs."""

from typing import Any

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "owner/recipes",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_WORKFLOW": "batch",
    "GITHUB_SHA": "0123abcd",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_ID": "815",
    "CI_PIPELINE_URL": "https://gitlab.example/-/pipelines/815",
    "CI_COMMIT_SHA": "89ef",
    "CI_PIPELINE_CREATED_AT": "2026-11-20T08:30:00Z",
}
JOBS_PATH = "/repos/owner/recipes/actions/runs/4711/attempts/2/jobs?per_page=100"


def github_job(name: str, label: str, **changes: Any) -> dict[str, Any]:
    """A job as the API of GitHub Actions describes it."""
    return {
        "id": 1,
        "run_id": 4711,
        "run_attempt": 2,
        "name": name,
        "status": "completed",
        "conclusion": "success",
        "created_at": "2026-11-20T08:29:00Z",
        "started_at": "2026-11-20T08:30:00Z",
        "completed_at": "2026-11-20T08:34:15Z",
        "labels": [label],
        "runner_id": 9,
        "runner_name": "GitHub Actions 9",
        "runner_group_name": "GitHub Actions",
        **changes,
    }


def gitlab_job(name: str, tags: list[str], **changes: Any) -> dict[str, Any]:
    """A job as the API of GitLab describes it."""
    return {
        "id": 6,
        "name": name,
        "status": "success",
        "created_at": "2026-11-20T08:28:00.000Z",
        "started_at": "2026-11-20T08:30:00.250Z",
        "finished_at": "2026-11-20T08:32:30.750Z",
        "duration": 150.5,
        "queued_duration": 12.0,
        "tag_list": tags,
        "runner": {"id": 3, "description": "shared runner"},
        **changes,
    }
