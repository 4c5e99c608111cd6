"""`plan` prints the recipes to run, and all candidates when no plan comes."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from batch_dashboard.client.batch_metrics import (
    Candidate,
    InputError,
    Unavailable,
    read_candidates,
    read_plan,
)
from tests.client.ci_systems import GITHUB
from tests.client.servers import Reply, Scripted, scripted_server
from tests.client.uploader import NOWHERE, Finished, pythons, run_uploader
from tests.factories import TOKEN

CANDIDATES = ["wget", "jq", "zlib"]
WAITING = {
    "recipe_name": "wget",
    "because": "it failed 5 times in a row for the same reason",
    "reason": "checksum of wget does not match",
    "next_attempt_at": "2026-11-24T11:00:00Z",
    "url": "https://d.example/recipes/homebrew/wget",
}
TO_RUN = [{"recipe_name": "zlib"}, {"recipe_name": "jq"}]


def answer(**changes: Any) -> dict[str, Any]:
    """A plan as the dashboard answers it."""
    return {"decision": "proceed", "reasons": [], "run": TO_RUN, "skip": [WAITING], **changes}


def ask(
    address: str, folder: Path, *more: str, candidates: Any = CANDIDATES, **options: Any
) -> Finished:
    """Ask for the plan; candidates that are None are not sent."""
    if candidates is not None:
        content = candidates if isinstance(candidates, bytes) else "\n".join(candidates).encode()
        (folder / "candidates").write_bytes(content)
        more = ("--candidates", "candidates", *more)
    return run_uploader(
        *("plan", "--url", address, "--ecosystem", "homebrew", *more), folder=folder, **options
    )


def sent_candidates(server: Scripted) -> Any:
    """The candidates of the one request that a server received."""
    [request] = server.requests
    assert (request.method, request.headers["Content-Encoding"]) == ("POST", "gzip")
    return json.loads(gzip.decompress(request.body))


def named(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"recipe_name": name} for name in names]


@pytest.mark.parametrize("python", pythons())
def test_the_recipes_to_run_are_printed_in_the_order_of_the_plan(
    python: str, tmp_path: Path
) -> None:
    with scripted_server(Reply(200, answer())) as server:
        done = ask(server.address, tmp_path, python=python)
        assert sent_candidates(server) == named(CANDIDATES)
        [request] = server.requests
    assert request.path == "/api/v1/plan/homebrew"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert (done.code, done.output) == (0, "zlib\njq\n")
    assert done.report.splitlines() == [
        "batch-metrics: 2 recipes to run, 1 left out",
        "batch-metrics: left out wget until 2026-11-24 11:00 UTC: it failed 5 times in a row for "
        "the same reason (checksum of wget does not match) https://d.example/recipes/homebrew/wget",
    ]


def test_the_batch_and_the_platform_are_sent_along(tmp_path: Path) -> None:
    with scripted_server(Reply(200, answer())) as server:
        ask(server.address, tmp_path, "--platform", "darwin-arm64", environ=GITHUB)
        ask(server.address, tmp_path, "--batch-id", "a b&c", environ=GITHUB)
        first, second = (request.path for request in server.requests)
    assert first == "/api/v1/plan/homebrew?platform=darwin-arm64&batch_id=batch-4711"
    assert second == "/api/v1/plan/homebrew?batch_id=a+b%26c"


@pytest.mark.parametrize(
    "content",
    [
        b"wget\r\n\r\n  jq\nwget\n",
        b'["wget", "jq"]',
        b'\xef\xbb\xbf[{"recipe_name": "wget"}, {"recipe_name": "jq", "recipe_version": null}]',
        b'{"recipe_name": "wget", "path": "w.rb"}\n{"recipe_name": "jq", "recipe_version": ""}\n',
        gzip.compress(b"wget\njq\n"),
        "wget\njq\n".encode("utf-16"),
    ],
    ids=["names", "array of names", "array of objects", "objects", "gzip", "UTF-16"],
)
def test_candidates_can_have_several_forms(content: bytes, tmp_path: Path) -> None:
    with scripted_server(Reply(200, answer())) as server:
        done = ask(server.address, tmp_path, candidates=content)
        assert sent_candidates(server) == named(["wget", "jq"])
    assert (done.code, done.output) == (0, "jq\n")


def test_versions_are_sent_and_printed_as_json(tmp_path: Path) -> None:
    jq = {"recipe_name": "jq", "recipe_version": "1.8"}
    with scripted_server(Reply(200, answer())) as server:
        done = ask(
            server.address,
            tmp_path,
            *("--candidates", "-", "--format", "json"),
            candidates=None,
            stdin=json.dumps([jq, "zlib"]).encode(),
        )
        assert sent_candidates(server) == [jq, {"recipe_name": "zlib"}]
    assert json.loads(done.output) == [{"recipe_name": "zlib"}, jq]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[1]", "entry 1 must be the name of a recipe"),
        (b'["a\\nb"]', "entry 1 must be the name of a recipe"),
        (b'["jq", ""]', "entry 2 must be the name of a recipe"),
        (b"jq\na\x1bb\n", "line 2 must be the name of a recipe"),
        (b"jq\n" + b"a" * 501, "line 2 must be the name of a recipe"),
        (b'["jq"', "the file is not JSON"),
        (b'{"candidates": [\n', "line 1 is not JSON"),
        (b'{"recipe_version": "1"}', "line 1 must be the name of a recipe"),
        (b'[{"recipe_name": "jq", "recipe_version": 1.8}]', "recipe_version in entry 1 must be"),
        (b"jq\n\xff", "is not UTF-8 at byte 3"),
        ("\n".join(map(str, range(100_001))).encode(), "holds 100,001 recipes; at most 100,000"),
        (b"\x1f\x8b broken", "cannot be read"),
    ],
)
def test_candidates_that_cannot_be_used_are_named(
    content: bytes, problem: str, tmp_path: Path
) -> None:
    file = tmp_path / "candidates"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_candidates(str(file))
    assert str(caught.value).startswith(f"{file}: {problem}")


def test_a_missing_candidates_file_is_a_usage_error(tmp_path: Path) -> None:
    done = ask(NOWHERE, tmp_path, "--candidates", "missing", candidates=None)
    assert (done.code, done.output) == (2, "")
    assert "batch-metrics: error: missing: cannot be read" in done.report


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {}),
        Reply(503, {"detail": "locked"}, {"Retry-After": "60"}),
        Reply(401, b"Unauthorized"),
        Reply(403, {"detail": "the token lacks the scope read"}),
        Reply(404, b"<html>not here</html>"),
        Reply(400, {"detail": "no", "errors": []}),
        Reply(413, b"<html>too large for this proxy</html>"),
        Reply(204, b""),
        Reply(200, b"<html>sign in to this network</html>"),
        Reply(200, b"\x00\xff\xfe"),
        Reply(200, b"[" * 100_000),
        Reply(200, answer(run=None)),
        Reply(200, answer(), {"Content-Length": "5000"}),
        Reply(200, answer(), seconds_before=30),
        Reply(200, answer(), seconds_per_byte=0.2),
        Reply(302, b"", {"Location": "http://127.0.0.1:9/"}),
    ],
)
def test_all_candidates_run_when_no_plan_comes(reply: Reply, tmp_path: Path) -> None:
    with scripted_server(reply) as server:
        done = ask(server.address, tmp_path, "--timeout", "1", environ={"GITHUB_ACTIONS": "true"})
    assert (done.code, done.output) == (0, "wget\njq\nzlib\n")
    [warning] = done.report.splitlines()
    assert warning.startswith(
        "::warning title=Batch Dashboard::the dashboard gave no plan, so everything runs: "
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        answer(run={"recipe_name": "jq"}),
        answer(skip=None),
        answer(decision="destroy"),
        answer(decision=["skip"]),
        answer(run=["jq"]),
        answer(run=[{"recipe_name": 7}]),
        answer(run=[{"recipe_name": "jq\nwget"}]),
        answer(skip=[{}]),
    ],
)
def test_an_answer_of_another_form_is_no_plan(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="the answer is no plan; check the address"):
        read_plan(wrong, [Candidate("jq")])


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize(
    "arguments",
    [("--url", NOWHERE), ("--url", "ftp://x"), ("--ca-file", "missing")],
    ids=["down", "no address", "no certificates"],
)
def test_all_candidates_run_without_any_dashboard(
    arguments: tuple[str, str], python: str, tmp_path: Path
) -> None:
    environ = {"GITHUB_STEP_SUMMARY": "summary.md", "BATCH_METRICS_URL": NOWHERE}
    (tmp_path / "names").write_text("wget\njq\n")
    done = run_uploader(
        *("plan", "--ecosystem", "a/b", "--candidates", "names", "--timeout", "1", *arguments),
        folder=tmp_path,
        environ=environ,
        python=python,
    )
    assert (done.code, done.output) == (0, "wget\njq\n")
    assert "WARNING: the dashboard gave no plan, so everything runs" in done.report
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("### Plan for a/b\n\nthe dashboard gave no plan, so everything runs")


def test_a_short_failure_of_the_dashboard_is_waited_out(tmp_path: Path) -> None:
    with scripted_server(Reply(503, {}, {"Retry-After": "0"}), Reply(200, answer())) as server:
        done = ask(server.address, tmp_path)
    assert done.output == "zlib\njq\n"


def test_a_candidate_that_the_plan_does_not_mention_runs_and_no_other_recipe(
    tmp_path: Path,
) -> None:
    plan = answer(
        run=named(["rm", "zlib", "zlib"]), skip=[WAITING, {**WAITING, "recipe_name": "x"}]
    )
    with scripted_server(Reply(200, plan)) as server:
        done = ask(server.address, tmp_path)
    assert done.output == "zlib\njq\n"
    assert "2 recipes to run, 1 left out" in done.report


def test_a_recipe_that_a_plan_both_lists_and_leaves_out_runs(tmp_path: Path) -> None:
    with scripted_server(Reply(200, answer(run=named(["wget"])))) as server:
        done = ask(server.address, tmp_path)
    assert done.output == "wget\njq\nzlib\n"
    assert "0 left out" in done.report


def test_a_name_with_accents_is_found_in_the_composed_form_of_the_dashboard(
    tmp_path: Path,
) -> None:
    plan = answer(run=named(["b"]), skip=[{**WAITING, "recipe_name": "caf\u00e9"}])
    with scripted_server(Reply(200, plan)) as server:
        done = ask(server.address, tmp_path, candidates=["cafe\u0301", "b"])
    assert done.output == "b\n"


def test_nothing_runs_when_the_decision_is_to_skip(tmp_path: Path) -> None:
    plan = answer(decision="skip", reasons=["the circuit breaker is open"], run=[], skip=[])
    with scripted_server(Reply(200, plan)) as server:
        done = ask(server.address, tmp_path, environ={"GITHUB_STEP_SUMMARY": "summary.md"})
    assert (done.code, done.output) == (0, "")
    sentence = "othing runs, as the dashboard advises: the circuit breaker is open"
    assert f"WARNING: n{sentence}" in done.report
    assert f"N{sentence}" in (tmp_path / "summary.md").read_text()


def test_an_empty_plan_runs_nothing(tmp_path: Path) -> None:
    skip = [{**WAITING, "recipe_name": name} for name in CANDIDATES]
    with scripted_server(Reply(200, answer(run=[], skip=skip))) as server:
        done = ask(server.address, tmp_path, "--format", "json")
    assert (done.code, done.output) == (0, "[]\n")
    assert "WARNING" not in done.report


def test_hostile_names_begin_no_line_and_execute_nothing(tmp_path: Path) -> None:
    name = "::error::x ${IFS}`touch executed` | [a](b) <b>"
    wait = {**WAITING, "recipe_name": name, "reason": "a\n::error::b", "url": "javascript:alert(1)"}
    with scripted_server(Reply(200, answer(skip=[wait]))) as server:
        done = ask(
            server.address,
            tmp_path,
            candidates=["jq", name],
            environ={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"},
        )
    assert done.output == "jq\n"
    assert not any(line.startswith("::") for line in done.report.splitlines())
    summary = (tmp_path / "summary.md").read_text()
    assert "\\[a\\]\\(b\\) \\<b\\>" in summary
    assert "](" not in summary.replace("\\]\\(", "")


def test_the_job_summary_lists_what_was_left_out(tmp_path: Path) -> None:
    names = [f"recipe-{number}" for number in range(101)]
    skip = [WAITING, *({**WAITING, "recipe_name": name} for name in names)]
    with scripted_server(Reply(200, answer(skip=skip))) as server:
        done = ask(
            server.address,
            tmp_path,
            candidates=[*CANDIDATES, *names],
            environ={"GITHUB_STEP_SUMMARY": "summary.md"},
        )
    assert "left out 2 more" in done.report
    lines = (tmp_path / "summary.md").read_text().splitlines()
    assert lines[:6] == [
        "### Plan for homebrew",
        "",
        "2 recipes to run, 102 left out.",
        "",
        "| Left out | Next attempt | Because |",
        "|---|---|---|",
    ]
    assert lines[6].startswith(
        "| [wget](<https://d.example/recipes/homebrew/wget>) | 2026\\-11\\-24 11\\:00 UTC | it "
    )
    assert lines[6].endswith(" \\(checksum of wget does not match\\) |")
    assert lines[-2] == "… and 2 more."


def test_a_plan_for_a_hundred_thousand_candidates_is_read(tmp_path: Path) -> None:
    names = [f"recipe-{number}" for number in range(100_000)]
    with scripted_server(Reply(200, answer(run=[], skip=named(names[1:])))) as server:
        done = ask(server.address, tmp_path, candidates=names)
        assert len(sent_candidates(server)) == 100_000
    assert (done.code, done.output) == (0, f"{names[0]}\n")


def test_without_candidates_the_known_recipes_to_run_are_printed(tmp_path: Path) -> None:
    advised = {name: value for name, value in answer().items() if name != "run"}
    # Of the recipes with a known issue, one is tried again.
    advised["expected"] = [{**WAITING, "recipe_name": name} for name in ("rm", "gcc")]
    with scripted_server(Reply(200, advised), Reply(200, b"rm\njq\n")) as server:
        done = ask(server.address, tmp_path, "--platform", "linux", candidates=None)
        requested = [(request.method, request.path) for request in server.requests]
    path = "/api/v1/plan/homebrew?platform=linux"
    assert requested == [("GET", path), ("GET", f"{path}&format=text")]
    assert done.output == "rm\njq\n"
    assert "2 recipes to run, 2 left out" in done.report
    assert "left out gcc until" in done.report


@pytest.mark.parametrize("text", [b"<html>\r\n", b"\xff\x00\n"])
def test_without_candidates_nothing_can_be_listed_when_no_plan_comes(
    text: bytes, tmp_path: Path
) -> None:
    with scripted_server(Reply(200, answer()), Reply(200, text)) as server:
        done = ask(server.address, tmp_path, candidates=None)
    assert (done.code, done.output) == (0, "")
    assert "everything runs; without --candidates none can be listed" in done.report


def test_the_token_never_follows_a_redirect_to_another_host(tmp_path: Path) -> None:
    with scripted_server(Reply(200, answer())) as other:
        with scripted_server(Reply(307, {}, {"Location": f"{other.address}/x"})) as server:
            done = ask(server.address, tmp_path)
        assert other.requests == []
    assert done.output == "wget\njq\nzlib\n"
    assert f"it redirects to {other.address}/x; use that address" in done.report
