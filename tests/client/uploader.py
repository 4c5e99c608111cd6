"""Runs the uploader as a job does: as a program of its own, with a clean environment."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from batch_dashboard.settings import PROJECT_ROOT
from tests.client.servers import Reply, Scripted
from tests.factories import TOKEN

UPLOADER = PROJECT_ROOT / "batch_dashboard" / "client" / "batch_metrics.py"
STORED = Reply(201, {"batch_run_id": 7, "url": "https://d.example/batch-runs/7", "warnings": []})
NOWHERE = "http://127.0.0.1:9"


def pythons() -> list[str]:
    """The Python of the tests, and the oldest supported one if the machine has it."""
    candidates = [*map(str, sorted(Path.home().glob(".pyenv/versions/3.9.*/bin/python")))]
    candidates += filter(None, [shutil.which("python3.9")])
    oldest = [path for path in candidates if not subprocess.call([path, "-I", "-c", ""])]
    return [sys.executable, *oldest[:1]]


class Finished(NamedTuple):
    """How a run of the uploader ended."""

    code: int
    output: str
    report: str


def run_uploader(
    *arguments: str,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    python: str = sys.executable,
    stdin: bytes = b"",
    program: Sequence[str] = ("-I", str(UPLOADER)),
) -> Finished:
    """Run a command of the uploader in a folder, which also holds its spool."""
    done = subprocess.run(
        [python, *program, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        timeout=120,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "BATCH_METRICS_TOKEN": TOKEN,
            "BATCH_METRICS_SPOOL": str(folder / "spool"),
            **(environ or {}),
        },
    )
    output, report = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in report, report
    assert TOKEN not in output + report
    return Finished(done.returncode, output, report)


def upload(address: str, folder: Path, *more: str, batch_id: str = "b", **options: Any) -> Finished:
    """Upload a run with one result."""
    return run_uploader(
        *("upload", "--url", address, "--ecosystem", "homebrew", "--batch-id", batch_id),
        *("--result", "jq=passed", *more),
        folder=folder,
        **options,
    )


def sent_payload(server: Scripted) -> Any:
    """The payload of the one upload that a server received."""
    [request] = [request for request in server.requests if request.method == "POST"]
    assert request.headers["Content-Encoding"] == "gzip"
    return json.loads(gzip.decompress(request.body))


def spooled(folder: Path, pattern: str = "*.json.gz") -> list[Any]:
    """The payloads that are spooled in a folder, oldest first."""
    return [
        json.loads(gzip.decompress(path.read_bytes()))
        for path in sorted((folder / "spool").glob(f"*/{pattern}"))
    ]
