"""The numbers of all worker processes together, through the real server."""

import json
import urllib.request
from pathlib import Path

from tests.conftest import NewDatabase
from tests.factories import TOKEN, batch_run
from tests.http.server import running_server

UPLOADS = 40


def test_whichever_process_is_asked_knows_of_all_uploads(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    settings = {"BATCH_DASHBOARD_METRICS_PUBLIC": "1"}
    with new_database() as url, running_server(url, tmp_path, settings) as address:
        for number in range(UPLOADS):
            # Each over a connection of its own, so that both processes get some.
            request = urllib.request.Request(
                f"{address}/batch-metrics",
                json.dumps(batch_run(batch_id=str(number))).encode(),
                {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request) as answer:
                assert answer.status == 201
        seen = set()
        for _ in range(20):
            with urllib.request.urlopen(f"{address}/metrics") as answer:
                text = answer.read().decode()
            seen.add(
                next(
                    line.split()[-1]
                    for line in text.splitlines()
                    if line.startswith('batch_dashboard_uploads_total{outcome="stored"}')
                )
            )
        assert seen == {f"{UPLOADS}.0"}
        assert "batch_dashboard_results_stored_total 80.0" in text
        assert 'status="201"' in text
