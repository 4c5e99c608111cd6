"""Without a stored secret: the uploader shows an identity token of the CI system."""

from pathlib import Path

import pytest

from tests.client.servers import Reply, Scripted, scripted_server
from tests.client.uploader import NOWHERE, STORED, Finished, run_uploader, spooled, upload

TOKEN_PATH = "/token?api-version=2&audience=http%3A%2F%2F127.0.0.1%3A"
IDENTITY = "eyJhbGciOiJSUzI1NiJ9.e30.signature"


def upload_from_github(server: Scripted, folder: Path, *more: str, **environ: str) -> Finished:
    github = {
        "BATCH_METRICS_TOKEN": "",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.address}/token?api-version=2",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-secret",
        **environ,
    }
    done = upload(server.address, folder, *more, environ=github)
    assert IDENTITY not in done.output + done.report
    assert "request-secret" not in done.output + done.report
    return done


@pytest.mark.parametrize("audience", ["", "dashboard of ours"])
def test_github_actions_gives_a_token_for_the_audience(audience: str, tmp_path: Path) -> None:
    with scripted_server(Reply(200, {"value": IDENTITY}), STORED) as server:
        done = upload_from_github(server, tmp_path, "--explain", BATCH_METRICS_AUDIENCE=audience)
        assert done.code == 0, done.report
        asked, sent = server.requests
    wanted = "dashboard%20of%20ours" if audience else TOKEN_PATH.rpartition("=")[2]
    assert asked.path.startswith(f"/token?api-version=2&audience={wanted}")
    assert asked.headers["Authorization"] == "Bearer request-secret"
    assert sent.headers["Authorization"] == f"Bearer {IDENTITY}"
    assert "token from an identity token of GitHub Actions" in done.report


def test_a_token_of_the_environment_comes_first(tmp_path: Path) -> None:
    with scripted_server(STORED) as server:
        upload_from_github(server, tmp_path, BATCH_METRICS_TOKEN="stored-secret")
        assert server.requests[0].headers["Authorization"] == "Bearer stored-secret"


def test_gitlab_hands_its_token_over_in_a_variable(tmp_path: Path) -> None:
    environ = {"BATCH_METRICS_TOKEN": "", "BATCH_METRICS_ID_TOKEN": IDENTITY}
    with scripted_server(STORED) as server:
        done = upload(server.address, tmp_path, environ=environ)
        assert server.requests[0].headers["Authorization"] == f"Bearer {IDENTITY}"
    assert IDENTITY not in done.report


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(200, {"value": IDENTITY}, seconds_before=30), "no complete answer within"),
        (Reply(403, {"message": "no permission"}), "answered 403: no permission"),
        (Reply(200, {"token": IDENTITY}), "gave no identity token"),
        (Reply(302, {}, {"Location": f"{NOWHERE}/token"}), f"it redirects to {NOWHERE}"),
    ],
    ids=["slow", "403", "no value", "redirect"],
)
@pytest.mark.parametrize("command", ["upload", "decision"])
def test_without_a_token_the_run_is_spooled_and_everything_runs(
    command: str, reply: Reply, reason: str, tmp_path: Path
) -> None:
    with scripted_server(reply) as server:
        if command == "upload":
            done = upload_from_github(server, tmp_path, "--timeout", "3")
            assert len(spooled(tmp_path)) == 1
        else:
            done = run_uploader(
                *("decision", "--ecosystem", "e", "--url", server.address, "--timeout", "3"),
                folder=tmp_path,
                environ={
                    "BATCH_METRICS_TOKEN": "",
                    "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.address}/token",
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-secret",
                },
            )
            assert done.output.startswith("decision=proceed\n")
        assert {request.method for request in server.requests} == {"GET"}
    assert done.code == 0
    assert reason in done.report


def test_a_token_that_can_be_none_is_refused_and_not_printed(tmp_path: Path) -> None:
    done = upload(NOWHERE, tmp_path, environ={"BATCH_METRICS_TOKEN": "two\nlines-of-secret"})
    assert done.code == 2
    assert "$BATCH_METRICS_TOKEN contains characters that are not allowed in a token" in done.report
    assert "secret" not in done.report
