"""What the uploader sends: results, counts, and what the CI system knows about the run."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tests.client.ci_systems import GITHUB, GITLAB
from tests.client.conftest import Dashboard
from tests.client.servers import Reply, scripted_server
from tests.client.uploader import (
    NOWHERE,
    STORED,
    UPLOADER,
    pythons,
    run_uploader,
    sent_payload,
    upload,
)
from tests.factories import batch_run, failed_result, recipe_result


def test_the_uploader_is_written_for_python_3_9() -> None:
    ast.parse(UPLOADER.read_text(), feature_version=(3, 9))


@pytest.mark.parametrize("python", pythons())
def test_an_upload_of_pairs_is_stored_with_its_counts(
    python: str, dashboard: Dashboard, tmp_path: Path
) -> None:
    batch_id = f"pairs of {python}"
    done = run_uploader(
        *("upload", "--url", dashboard.address, "--batch-id", batch_id, "--ecosystem", "homebrew"),
        *("--result", "jq=passed", "--result", "a=b=failed", "--result", "wget=skipped"),
        *("--macos-minutes", "4.25", "--run-url", "https://ci.example/1"),
        folder=tmp_path,
        python=python,
    )
    assert done.code == 0, done.report
    [run] = dashboard.runs(batch_id)
    assert (run["passed"], run["failed"], run["skipped"], run["total_recipes"]) == (1, 1, 1, 3)
    assert (run["macos_minutes"], run["linux_minutes"]) == (4.25, None)
    assert run["run_url"] == "https://ci.example/1"
    # It ends with one line that names the run.
    assert f"stored as batch run {run['id']} " in done.report.splitlines()[-1]
    assert f"{dashboard.address}/batch-runs/{run['id']}" in done.report


def test_a_payload_file_is_completed_and_what_it_gives_is_kept(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    payload = batch_run(batch_id="payload file", passed=1, failed=5, total_recipes=9)
    del payload["completed_at"]
    (tmp_path / "payload.json").write_text("\ufeff" + json.dumps(payload), encoding="utf-8")
    environ = {"GITLAB_CI": "true", "CI_PIPELINE_ID": "815", "CI_COMMIT_SHA": "89ef"}
    done = run_uploader(
        *("upload", "--url", dashboard.address, "payload.json", "--run-url", "https://ci.example"),
        folder=tmp_path,
        environ=environ,
    )
    assert done.code == 0, done.report
    [run] = dashboard.runs("payload file")
    assert (run["passed"], run["failed"], run["total_recipes"]) == (1, 5, 9)
    assert run["completed_at"] is not None
    assert (run["commit_sha"], run["run_url"]) == ("89ef", "https://ci.example")


def test_json_lines_of_results_come_from_standard_input(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    entries = [recipe_result(), failed_result(recipe_name="line\u2028separator")]
    del entries[0]["ecosystem"]
    lines = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    done = run_uploader(
        *("upload", "-", "--url", dashboard.address, "--batch-id", "lines"),
        *("--ecosystem", "homebrew"),
        folder=tmp_path,
        stdin=lines.encode(),
    )
    assert done.code == 0, done.report
    [run] = dashboard.runs("lines")
    assert (run["passed"], run["failed"]) == (1, 1)


def test_results_of_several_files_are_counted_together(tmp_path: Path) -> None:
    (tmp_path / "array.json").write_text(json.dumps([recipe_result(), failed_result()]))
    (tmp_path / "utf16.json").write_text(
        json.dumps(recipe_result(recipe_name="gcc@14")), encoding="utf-16"
    )
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "a.xml").write_text(
        '<testsuite><testcase name="a"><skipped/></testcase></testsuite>'
    )
    with scripted_server(STORED) as server:
        done = upload(
            *(server.address, tmp_path, "array.json", "--file", "utf*.json", "--junit", "reports"),
            *("--platform", "darwin-arm64"),
        )
        assert done.code == 0, done.report
        payload = sent_payload(server)
    assert [payload[name] for name in ("total_recipes", "passed", "failed", "skipped")] == [
        *(5, 3, 1, 1)
    ]
    assert [entry["recipe_name"] for entry in payload["results"]] == [
        *("jq", "ripgrep", "ripgrep", "gcc@14", "a")
    ]
    # Only results that name none get the platform of the command line.
    assert payload["results"][0]["platform"] == "darwin-arm64"
    assert payload["results"][1]["platform"] == "linux-glibc-x86_64"


def test_the_same_payload_again_is_stored_once(dashboard: Dashboard, tmp_path: Path) -> None:
    (tmp_path / "payload.json").write_text(json.dumps(batch_run(batch_id="again")))
    for _ in range(2):
        done = run_uploader("upload", "payload.json", "--url", dashboard.address, folder=tmp_path)
        assert done.code == 0
    assert len(dashboard.runs("again")) == 1


JENKINS = {
    "JENKINS_URL": "https://jenkins.example/",
    "BUILD_TAG": "jenkins-recipes-12",
    "BUILD_URL": "https://jenkins.example/job/recipes/12/",
    "GIT_COMMIT": "89ef",
}
BUILDKITE = {
    "BUILDKITE": "true",
    "BUILDKITE_BUILD_ID": "b-1",
    "BUILDKITE_BUILD_URL": "https://buildkite.example/o/p/builds/1",
    "BUILDKITE_COMMIT": "89ef",
    "BUILDKITE_RETRY_COUNT": "1",
}
CIRCLECI = {
    "CIRCLECI": "true",
    "CIRCLE_WORKFLOW_ID": "w-1",
    "CIRCLE_BUILD_URL": "https://circleci.example/jobs/1",
    "CIRCLE_SHA1": "89ef",
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            GITHUB,
            {
                "batch_id": "batch-4711",
                "run_url": "https://github.example/owner/recipes/actions/runs/4711/attempts/2",
                "commit_sha": "0123abcd",
                "run_attempt": 2,
            },
        ),
        (
            GITLAB,
            {
                "batch_id": "815",
                "run_url": "https://gitlab.example/-/pipelines/815",
                "commit_sha": "89ef",
                "started_at": "2026-11-20T08:30:00Z",
            },
        ),
        (JENKINS, {"batch_id": "jenkins-recipes-12", "run_url": JENKINS["BUILD_URL"]}),
        (BUILDKITE, {"batch_id": "b-1", "commit_sha": "89ef", "run_attempt": 2}),
        (CIRCLECI, {"batch_id": "w-1", "run_url": CIRCLECI["CIRCLE_BUILD_URL"]}),
    ],
    ids=["github", "gitlab", "jenkins", "buildkite", "circleci"],
)
def test_the_ci_system_says_which_run_it_is(
    environ: dict[str, str], expected: dict[str, Any], tmp_path: Path
) -> None:
    with scripted_server(STORED) as server:
        done = run_uploader(
            *("upload", "--url", server.address, "--ecosystem", "homebrew", "--no-jobs"),
            *("--result", "jq=passed", "--explain"),
            folder=tmp_path,
            environ=environ,
        )
        assert done.code == 0, done.report
        payload = sent_payload(server)
    assert {name: payload.get(name) for name in expected} == expected
    for name in expected:
        assert f"{name} = {payload[name]} (from $" in done.report


def test_a_report_that_breaks_off_is_sent_as_far_as_it_goes_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "whole.xml").write_text('<testsuite><testcase name="a"/></testsuite>')
    (tmp_path / "broken.xml").write_text('<testsuite><testcase name="b"/><testca')
    (tmp_path / "empty.xml").write_text("")
    for strict, code in (((), 0), (("--strict",), 2)):
        with scripted_server(STORED) as server:
            arguments = ("upload", "--url", server.address, "--ecosystem", "e", "--junit", "*.xml")
            done = run_uploader(*arguments, *strict, folder=tmp_path)
            assert done.code == code, done.report
            results = sent_payload(server)["results"]
        assert [entry["recipe_name"] for entry in results] == ["b", "a"]
        assert "WARNING: broken.xml: the file is incomplete" in done.report
        assert "WARNING: empty.xml: the file is empty" in done.report


def test_the_job_summary_names_counts_minutes_and_what_fails_newly(tmp_path: Path) -> None:
    summary = {
        "newly_failing": ["wget", "a*b | [c](http://evil.example)"],
        "newly_failing_count": 42,
        "previous_batch_run_id": 6,
        "macos_minutes": 4.25,
        "linux_minutes": None,
        "cost_dollars": 0.2635,
    }
    with scripted_server(Reply(201, {**STORED.body, "summary": summary})) as server:
        environ = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
        done = upload(server.address, tmp_path, environ=environ)
        assert server.requests[0].path == "/batch-metrics?summary=1"
    text = (tmp_path / "summary.md").read_text()
    assert "### Batch run of homebrew" in text
    assert "1 passed, 0 failed, 0 skipped of 1 recipe." in text
    assert "Minutes: macOS 4.2 min, $0.26 at list price." in text
    assert "Newly failing since the previous run (42):\n\n- wget\n" in text
    assert r"- a\*b \| \[c\]\(http\://evil\.example\)" in text
    assert "- … and 22 more" in text
    assert "[Batch run 7](<https://d.example/batch-runs/7>)" in text
    assert "newly failing: 42, such as wget" in done.report


def test_a_summary_that_cannot_be_written_fails_nothing(tmp_path: Path) -> None:
    with scripted_server(STORED) as server:
        done = upload(server.address, tmp_path, environ={"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert done.code == 0
    assert "the job summary" in done.report
    assert "stored as batch run 7" in done.report.splitlines()[-1]


def test_names_cannot_write_commands_into_the_log_of_the_job(tmp_path: Path) -> None:
    warning = "\n::error::from the server ##[error]too"
    with scripted_server(Reply(201, {**STORED.body, "warnings": [warning]})) as server:
        (tmp_path / "payload.json").write_text(json.dumps({**batch_run(), "::x::y": "##[z]\n::b"}))
        done = run_uploader(
            *("upload", "--url", server.address, "payload.json", "--explain"),
            folder=tmp_path,
            environ={"GITHUB_ACTIONS": "true"},
        )
    assert done.code == 0
    assert all(line.startswith("batch-metrics: ") for line in done.report.splitlines())
    assert "##[" not in done.report


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("upload", "--ecosystem", "e"), "nothing to upload"),
        (("upload", "--ecosystem", "e", "--result", "jq=fine"), "NAME=passed"),
        (("upload", "missing-*.xml"), "missing-*.xml: no such file"),
        (("upload", "--result", "jq=passed"), "name the ecosystem"),
        (("upload", "--result", "jq=passed", "--timeout", "0"), "not a number of seconds"),
        (("upload", "--ecosystem", "e", "empty.json"), "empty.json: the file is empty"),
        (("upload", "--ecosystem", "e", "text"), "is neither JSON nor XML"),
        (("upload", "--ecosystem", "e", "twice.json"), "the key “a” is given twice"),
        (("upload", "--ecosystem", "e", "infinite.json"), "1e999 is out of the range"),
        (("upload", "--ecosystem", "e", "deep.json"), "nested too deeply"),
        (("upload", "--ecosystem", "e", "cut.xml.gz"), "cannot be read"),
        (("upload", "--result", "a=passed", "--jobs-from", "text"), "--jobs-from text: is neither"),
        (("upload", "--result", "a=passed", "--ca-file", "text"), "--ca-file text"),
        (("upload", "--url", "https://user:secret@d.example", "text"), "no password"),
        (("upload", "--url", "d.example", "text"), "such as https://"),
        (("validate", "empty.json"), "the file is empty"),
        (("validate", "lines.ndjson"), "is not a payload"),
    ],
)
def test_arguments_and_files_that_cannot_be_used_are_named(
    arguments: tuple[str, ...], problem: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.json").write_text(" \n")
    (tmp_path / "text").write_text("no tests ran\n")
    (tmp_path / "twice.json").write_text('{"a": 1, "a": 2}')
    (tmp_path / "infinite.json").write_text('{"total_recipes": 1e999}')
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "cut.xml.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (tmp_path / "lines.ndjson").write_text('{"recipe_name": "a", "result": "passed"}\n' * 2)
    environ = {} if "--url" in arguments else {"BATCH_METRICS_URL": NOWHERE}
    done = run_uploader(*arguments, folder=tmp_path, environ=environ)
    assert done.code == 2, done.report
    assert problem in done.report
    assert "secret" not in done.report
