"""`decision` asks the dashboard, and lets everything run when it gives no proper answer."""

from pathlib import Path

import pytest

from tests.client.conftest import Dashboard
from tests.client.servers import Reply, scripted_server
from tests.client.uploader import pythons, run_uploader


@pytest.mark.parametrize("python", pythons())
def test_a_decision_is_printed_as_the_server_gives_it(
    python: str, dashboard: Dashboard, tmp_path: Path
) -> None:
    done = run_uploader(
        *("decision", "--url", dashboard.address, "--ecosystem", "a/b"),
        folder=tmp_path,
        python=python,
    )
    assert done.code == 0
    assert done.output.startswith("decision=proceed\n")
    assert all("=" in line for line in done.output.splitlines())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, {}),
        Reply(401, b"Unauthorized"),
        Reply(200, b"<html>hello</html>"),
        Reply(200, b"decision=destroy\n"),
        Reply(200, b"decision=skip\n", seconds_before=30),
        Reply(200, b"decision=skip\n" * 100, seconds_per_byte=0.2),
        Reply(302, b"", {"Location": "http://127.0.0.1:9/"}),
    ],
    ids=["500", "401", "html", "unknown word", "slow", "byte by byte", "redirect"],
)
def test_everything_runs_when_no_decision_comes(reply: Reply, tmp_path: Path) -> None:
    with scripted_server(reply) as server:
        done = run_uploader(
            *("decision", "--url", server.address, "--ecosystem", "e", "--timeout", "1"),
            folder=tmp_path,
            environ={"GITHUB_ACTIONS": "true"},
        )
    assert done.code == 0
    assert done.output.splitlines()[0] == "decision=proceed"
    # A step can write the output to $GITHUB_OUTPUT: the warning must not be in it.
    assert "::warning title=Batch Dashboard::the dashboard gave no decision" in done.report
    assert "::" not in done.output


def test_lines_that_are_no_pairs_are_left_out(tmp_path: Path) -> None:
    lines = b"decision=skip\nreasons=a=b\n::error::no\nBASH_ENV=/tmp/x\nlinux_state=ok\r\n"
    with scripted_server(Reply(200, lines)) as server:
        done = run_uploader(
            *("decision", "--url", server.address, "--ecosystem", "e"), folder=tmp_path
        )
    assert done.output == "decision=skip\nreasons=a=b\n"


@pytest.mark.parametrize("ca_file", [(), ("--ca-file", "missing")])
def test_a_decision_without_any_dashboard_lets_everything_run(
    ca_file: tuple[str, ...], tmp_path: Path
) -> None:
    done = run_uploader("decision", "--ecosystem", "e", *ca_file, folder=tmp_path)
    assert (done.code, done.output.splitlines()[0]) == (0, "decision=proceed")
