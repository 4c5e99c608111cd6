"""An import that is killed half way loses nothing and goes on."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.services.ingest.bulk_ingest import RUNS_PER_TRANSACTION
from batch_dashboard.settings import PROJECT_ROOT
from batch_dashboard.store.engine import Store
from tests.clients import count_runs
from tests.services.ingest.import_files import demo_file

DEMO_RESULTS = 1_500


@contextmanager
def writing_after_the_first_transaction(database_url: str) -> Iterator[None]:
    """Keeps other writers waiting as soon as one of them has stored runs."""
    path = database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(sqlite3.OperationalError):  # somebody writes
                database.execute("BEGIN IMMEDIATE")
                if database.execute("SELECT 1 FROM batch_runs LIMIT 1").fetchone():
                    break
                database.execute("ROLLBACK")
            time.sleep(0.001)
        yield


@pytest.mark.slow
@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_an_import_that_is_killed_goes_on_where_it_was(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    history = demo_file(tmp_path, DEMO_RESULTS)
    whole = len(history.read_text().splitlines())
    command = [sys.executable, "-m", "flask", "--app", "app", "import", str(history)]
    environ = {
        **os.environ,
        "BATCH_METRICS_DATABASE_URL": database_url,
        "BATCH_DASHBOARD_INSTANCE_DIR": str(tmp_path / "instance"),
    }
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environ, stderr=subprocess.DEVNULL)
    with writing_after_the_first_transaction(database_url):
        process.send_signal(signal.SIGKILL)
        process.wait()
    stored, _ = count_runs(store)
    assert RUNS_PER_TRANSACTION <= stored < whole
    assert not any(verify_rollups(store).values())
    again = subprocess.run(command, cwd=PROJECT_ROOT, env=environ, capture_output=True, text=True)
    assert f"{stored:,} were stored already, 0 refused" in again.stdout
    assert count_runs(store)[0] == whole
    assert not any(verify_rollups(store).values())
