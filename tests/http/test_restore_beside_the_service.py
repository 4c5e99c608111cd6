"""A restore refuses to run beside the service, and says what is running."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from batch_dashboard.settings import PROJECT_ROOT
from batch_dashboard.store import service_lock
from batch_dashboard.store.engine import Store
from tests.conftest import NewDatabase
from tests.databases import is_sqlite
from tests.http.server import running_server

WAIT_SECONDS = 60
FLASK = (sys.executable, "-m", "flask", "--app", "app")


def command(environ: Mapping[str, str], *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [*FLASK, *words], cwd=PROJECT_ROOT, env=environ, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def wait_until_registered(url: str, named: str) -> None:
    """The watcher needs a moment until it is."""
    store = Store(url, WAIT_SECONDS)
    until = time.monotonic() + WAIT_SECONDS
    running = ""
    while named not in running:
        assert time.monotonic() < until, running
        time.sleep(0.1)
        with store.database.alone(service_lock.ROLES) as holders:
            running = " and ".join(holders)
    store.close()


def test_a_restore_waits_for_the_service_to_be_stopped(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    with new_database() as url:
        environ = {
            **os.environ,
            "BATCH_METRICS_DATABASE_URL": url,
            "BATCH_DASHBOARD_INSTANCE_DIR": str(tmp_path / "instance"),
        }
        store = Store(url, 60)
        on_sqlite = is_sqlite(store)
        store.close()
        saved = str(tmp_path / "saved")
        make, put_back = (
            (("backup", saved), ("restore", saved, "--yes"))
            if on_sqlite
            else (("revocations", "save", saved), ("revocations", "apply", saved))
        )
        assert command(environ, *make)[0] == 0
        with running_server(url, tmp_path):
            watcher = subprocess.Popen([*FLASK, "alerts", "watch"], cwd=PROJECT_ROOT, env=environ)
            named = "alerts watch" if on_sqlite else f"process {watcher.pid} on"
            wait_until_registered(url, named)
            code, output = command(environ, *put_back)
            assert code == 1, output
            assert ("the server" if on_sqlite else "process") in output
            assert named in output
        try:
            code, output = command(environ, *put_back)
            assert code == 1
            assert named in output
            assert "the server" not in output
            assert "stop the service" in output
        finally:
            watcher.terminate()
            watcher.wait(60)
        code, output = command(environ, *put_back)
        assert code == 0, output
        assert "sign in again" in output
