"""The examples of docs/api.md run as they are, but for the address."""

import re
import subprocess
import sys
from pathlib import Path

from batch_dashboard.settings import PROJECT_ROOT
from batch_dashboard.store.engine import Store
from tests.conftest import NewDatabase
from tests.factories import batch_run, failed_result, ingest
from tests.http.server import running_server

EXAMPLE = re.compile(r"```(python|sh)\n(.*?)```", re.S)
ADDRESS = "https://dashboard.example.org"


def test_the_examples_of_the_documentation_work(new_database: NewDatabase, tmp_path: Path) -> None:
    text = (PROJECT_ROOT / "docs" / "api.md").read_text("utf-8")
    examples = EXAMPLE.findall(text)
    with new_database() as url:
        store = Store(url, 60)
        ingest(store, batch_run(results=[failed_result(recipe_name="wget")] * 3))
        store.close()
        with running_server(url, tmp_path) as address:
            outputs = [output(kind, code.replace(ADDRESS, address)) for kind, code in examples]
    pandas, requests, jq = outputs
    assert re.search(r"homebrew +0 +3", pandas)
    assert requests == "homebrew wget 3\n"
    assert jq == "3 Error: checksum of * does not match\n"


def output(kind: str, code: str) -> str:
    program = [sys.executable, "-c"] if kind == "python" else ["sh", "-c"]
    done = subprocess.run([*program, code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
