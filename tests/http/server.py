"""The service as it is run: gunicorn, two workers with threads, over real sockets."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from batch_dashboard.settings import PROJECT_ROOT
from tests.factories import TOKEN

GUNICORN = ("-c", "gunicorn.conf.py", "--bind", "127.0.0.1:0")
START_SECONDS = 90
STOP_SECONDS = 30
LISTENING = re.compile(r"Listening at: (http://127\.0\.0\.1:\d+)")


@contextmanager
def running_server(
    database_url: str,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    application: str = "app:app",
) -> Iterator[str]:
    """Start the service on a free port; gives its address. Its log is `server.log` in `folder`."""
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", application, *GUNICORN],
            cwd=PROJECT_ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                "BATCH_METRICS_DATABASE_URL": database_url,
                "BATCH_METRICS_TOKEN": TOKEN,
                "BATCH_DASHBOARD_INSTANCE_DIR": str(folder / "instance"),
                "BATCH_DASHBOARD_WORKERS": "2",
                **(environ or {}),
            },
        )
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = LISTENING.search(log.read_text())
        if found:
            try:
                with urllib.request.urlopen(f"{found[1]}/readyz", timeout=START_SECONDS):
                    return found[1]
            except URLError:
                pass
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
