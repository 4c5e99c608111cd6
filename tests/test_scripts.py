"""What scripts/serve.sh answers before it sets anything up; no network is needed."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "scripts" / "serve.sh"
    return subprocess.run(
        # From another folder, as a user may start it.
        ["bash", script, *arguments],
        capture_output=True,
        text=True,
        cwd="/",
        timeout=60,
    )


def test_help_lists_every_option() -> None:
    done = serve("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for option in ("--demo", "--host", "--port", "--help"):
        assert option in done.stdout


@pytest.mark.parametrize("option", ["--bogus", "--demos", "8000", "-p"])
def test_an_unknown_option_is_refused_in_one_line(option: str) -> None:
    done = serve(option)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"serve.sh: unknown option '{option}'; see --help\n"


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80 80", "8000x", "9" * 30, "1.5"])
def test_a_port_that_cannot_be_is_refused_in_one_line(port: str) -> None:
    done = serve("--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"serve.sh: --port: '{port}' is not a number from 1 to 65535\n"


@pytest.mark.parametrize("option", ["--port", "--host"])
def test_an_option_without_its_value_is_refused_in_one_line(option: str) -> None:
    done = serve("--demo", option)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"serve.sh: {option} needs a value; see --help\n"


def test_a_host_that_is_no_address_is_refused_in_one_line() -> None:
    done = serve("--host", "not an address")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "serve.sh: --host: 'not an address' is not an address\n"


@pytest.mark.parametrize("script", ["scripts/serve.sh", "scripts/setup.sh", "scripts/test.sh"])
def test_a_script_is_valid_bash(script: str) -> None:
    done = subprocess.run(["bash", "-n", ROOT / script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
