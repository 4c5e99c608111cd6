"""The composite action does what its inputs say, and executes nothing that they contain."""

from pathlib import Path

import pytest

from tests.client.ci_systems import GITHUB, JOBS_PATH, github_job
from tests.client.runner import EXPRESSION, load_action, run_action
from tests.client.servers import Reply, scripted_server
from tests.client.uploader import NOWHERE, STORED, sent_payload
from tests.factories import TOKEN

NASTY = """a"b'c$(touch executed)`touch executed`; touch executed # \\ ${HOME}"""


def test_every_input_and_output_is_described() -> None:
    action = load_action()
    for name, described in {**action["inputs"], **action["outputs"]}.items():
        assert described["description"].strip().endswith("."), name


def test_no_input_is_written_into_a_script() -> None:
    [step] = load_action()["runs"]["steps"]
    assert not EXPRESSION.search(step["run"])
    used = set(EXPRESSION.findall(str(step["env"])))
    assert used == {f"inputs.{name}" for name in load_action()["inputs"]}


def test_an_upload_sends_results_jobs_and_a_summary(tmp_path: Path) -> None:
    summary = {"newly_failing": ["wget"], "macos_minutes": 4.25, "cost_dollars": 0.26}
    stored = Reply(201, {**STORED.body, "summary": summary})
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.xml").write_text(
        '<testsuite name="s"><testcase classname="c" name="jq"/></testsuite>'
    )
    with scripted_server(stored) as server:
        server.by_path = {JOBS_PATH: Reply(body={"jobs": [github_job("mac", "macos-15")]})}
        step = run_action(
            {
                "url": server.address,
                "token": TOKEN,
                "ecosystem": "homebrew",
                "junit": "results",
                "results": "\n  wget=failed  \n\n",
                "strict": "true",
            },
            {**GITHUB, "GITHUB_API_URL": server.address},
            tmp_path,
        )
        assert step.code == 0, step.log
        payload = sent_payload(server)
    assert [entry["recipe_name"] for entry in payload["results"]] == ["wget", "c.jq"]
    assert [job["runner_os"] for job in payload["jobs"]] == ["macos"]
    text = (tmp_path / "summary.md").read_text()
    assert "1 passed, 1 failed, 0 skipped of 2 recipes." in text
    assert "- wget" in text
    assert "macOS 4.2 min, $0.26 at list price" in text
    assert "[Batch run 7](<https://d.example/batch-runs/7>)" in text
    assert TOKEN not in step.log


@pytest.mark.parametrize(
    "name", ["ecosystem", "platform", "batch-id", "files", "results", "url", "spool"]
)
def test_a_name_with_quotes_or_commands_executes_nothing(name: str, tmp_path: Path) -> None:
    with scripted_server(STORED) as server:
        inputs = {"url": server.address, "ecosystem": "e", "results": "jq=passed"}
        value = f"{NASTY}=passed" if name == "results" else NASTY
        step = run_action({**inputs, "token": TOKEN, name: value}, {"GITHUB_RUN_ID": ""}, tmp_path)
        if name not in ("files", "url", "spool"):
            assert step.code == 0, step.log
            payload = sent_payload(server)
            sent = [*payload.values(), *payload["results"][0].values()]
            assert NASTY in sent
    assert not list(tmp_path.rglob("executed"))


@pytest.mark.parametrize(("strict", "code"), [("false", 0), ("true", 1)])
def test_a_dashboard_that_is_down_fails_the_job_only_where_asked(
    strict: str, code: int, tmp_path: Path
) -> None:
    inputs = {"url": NOWHERE, "ecosystem": "e", "results": "jq=passed"}
    step = run_action({**inputs, "timeout": "1", "strict": strict}, {}, tmp_path)
    assert step.code == code
    assert "::warning title=Batch Dashboard::the batch run was not stored" in step.log


def test_a_runner_without_python_fails_only_a_strict_job(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    environ = {"PATH": str(tmp_path / "bin")}
    inputs = {"url": NOWHERE, "ecosystem": "e", "results": "jq=passed"}
    assert run_action(inputs, environ, tmp_path).code == 0
    assert run_action({**inputs, "strict": "true"}, environ, tmp_path).code == 1
    step = run_action({**inputs, "command": "decision"}, environ, tmp_path)
    assert (step.code, step.outputs) == (0, {"decision": "proceed"})
    assert "::warning title=Batch Dashboard::this runner has no Python" in step.log


def test_a_decision_becomes_outputs_of_the_step(tmp_path: Path) -> None:
    lines = b"decision=skip\nreasons=the circuit breaker opened\nmacos_state=pause\n"
    with scripted_server(Reply(200, lines)) as server:
        inputs = {"command": "decision", "url": server.address, "ecosystem": "a b"}
        step = run_action(inputs, {}, tmp_path)
        assert server.requests[0].path == "/api/v1/decision/a%20b?format=env"
    assert step.outputs["decision"] == "skip"
    down = run_action({**inputs, "url": NOWHERE}, {}, tmp_path)
    assert (down.code, down.outputs["decision"]) == (0, "proceed")


def test_a_plan_becomes_a_file_of_recipes(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("wget\njq\nzlib")
    plan = {
        "decision": "proceed",
        "run": [{"recipe_name": "zlib"}],
        "skip": [{"recipe_name": "jq"}],
    }
    inputs = {"command": "plan", "ecosystem": "e", "platform": "p", "batch-id": "b"}
    with scripted_server(Reply(200, plan)) as server:
        inputs |= {"url": server.address, "candidates": "all.txt", "plan-file": NASTY[:20]}
        step = run_action(inputs, {}, tmp_path)
        assert server.requests[0].path == "/api/v1/plan/e?platform=p&batch_id=b"
    assert (step.code, step.outputs) == (0, {"plan_file": NASTY[:20], "recipes": "2"}), step.log
    assert (tmp_path / NASTY[:20]).read_text() == "zlib\nwget\n"
    assert "### Plan for e" in (tmp_path / "summary.md").read_text()


def test_all_candidates_run_when_no_plan_comes(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("wget\njq\r\n\nzlib")
    (tmp_path / "bin").mkdir()
    inputs = {"command": "plan", "url": NOWHERE, "ecosystem": "e", "candidates": "all.txt"}
    for environ in ({}, {"PATH": str(tmp_path / "bin")}):
        step = run_action({**inputs, "timeout": "1"}, environ, tmp_path)
        assert step.code == 0, step.log
        assert step.outputs == {"plan_file": "batch-plan.txt", "recipes": "3"}
        assert (tmp_path / "batch-plan.txt").read_text() == "wget\njq\nzlib\n"
        assert "::warning title=Batch Dashboard::" in step.log


def test_a_plan_without_usable_candidates_fails_the_step(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "all.json").write_text('["wget"]')
    inputs = {"command": "plan", "url": NOWHERE, "ecosystem": "e"}
    assert "needs candidates" in run_action(inputs, {}, tmp_path).log
    for candidates, environ in (
        ("", {}),
        ("missing", {}),
        ("all.json", {"PATH": str(tmp_path / "bin")}),
    ):
        step = run_action({**inputs, "candidates": candidates}, environ, tmp_path)
        assert (step.code, step.outputs) == (2, {}), step.log
