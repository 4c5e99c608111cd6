"""What uploads promise when many come at once, or the database does not come at all."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.store.dialects.postgresql.database import WRITER_LOCK
from batch_dashboard.store.engine import Store
from tests.clients import count_runs
from tests.databases import is_sqlite
from tests.factories import batch_run, failed_result, recipe_result
from tests.http.server import running_server
from tests.http.uploads import post

CLIENTS = 16
RUNS_EACH = 4
RESULTS_EACH = 20
SHORT_WAIT = {"BATCH_METRICS_DATABASE_WAIT_SECONDS": "0.5"}


def payload_of(client: int, number: int) -> dict[str, Any]:
    return batch_run(
        batch_id=f"client {client}",
        ecosystem=["homebrew", "npm"][client % 2],
        started_at=f"2026-11-{10 + number}T0{client % 10}:00:00Z",
        results=[
            (failed_result if (client + n) % 3 else recipe_result)(recipe_name=f"recipe-{n}")
            for n in range(RESULTS_EACH)
        ],
    )


@pytest.fixture
def address(database_url: str, tmp_path: Path) -> Iterator[str]:
    with running_server(database_url, tmp_path, SHORT_WAIT) as address:
        yield address


@pytest.mark.slow
def test_sixteen_clients_at_once_lose_and_double_nothing(
    database_url: str, store: Store, tmp_path: Path
) -> None:
    begin = threading.Barrier(CLIENTS)

    def send(client: int) -> list[tuple[int, int]]:
        begin.wait()
        answers = [post(server, payload_of(client, number)) for number in range(RUNS_EACH)]
        # Each sends its first run again: a retry after an answer that got lost.
        answers.append(post(server, payload_of(client, 0)))
        return [(status, body["batch_run_id"]) for status, _headers, body in answers]

    with (
        running_server(database_url, tmp_path) as server,
        ThreadPoolExecutor(CLIENTS) as clients,
    ):
        answers = list(clients.map(send, range(CLIENTS)))

    assert {status for of_client in answers for status, _ in of_client} == {201}
    assert all(of_client[0] == of_client[-1] for of_client in answers)
    ids = {batch_run_id for of_client in answers for _, batch_run_id in of_client}
    assert len(ids) == CLIENTS * RUNS_EACH
    assert count_runs(store) == (len(ids), len(ids) * RESULTS_EACH)
    assert not any(verify_rollups(store).values())


@pytest.mark.slow
def test_a_locked_database_is_answered_503_and_nothing_is_written(
    address: str, database_url: str, store: Store
) -> None:
    holder: sqlite3.Connection | psycopg.Connection
    if is_sqlite(store):
        holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
    else:
        holder = psycopg.connect(database_url.replace("+psycopg", ""))
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [WRITER_LOCK])
    status, headers, body = post(address, batch_run())
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "nothing was stored" in body["detail"]
    holder.rollback()
    holder.close()
    assert count_runs(store) == (0, 0)
    assert post(address, batch_run())[0] == 201
    assert count_runs(store) == (1, 2)
    assert not any(verify_rollups(store).values())


@pytest.mark.slow
@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
def test_a_database_that_is_away_is_answered_503(
    address: str, database_url: str, postgresql_server: Any
) -> None:
    assert post(address, batch_run())[0] == 201
    postgresql_server.drop_database(database_url)
    status, headers, body = post(address, batch_run(batch_id="next"))
    assert status == 503
    assert "Retry-After" in headers
    assert "psycopg" not in json.dumps(body)


def test_an_upload_that_fails_half_way_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batch_dashboard.store.failures import failure_groups
    from tests.factories import ingest

    def fail(*_arguments: object) -> None:
        raise OSError("pulled the plug")

    with monkeypatch.context() as patch:
        patch.setattr(failure_groups, "upsert_groups", fail)
        with pytest.raises(OSError, match="plug"):
            ingest(store, batch_run())
    assert count_runs(store) == (0, 0)
    assert not any(verify_rollups(store).values())
    assert ingest(store, batch_run()).replayed is False
