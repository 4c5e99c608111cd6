"""CSV files over real sockets: what breaks half-way looks broken, and who leaves is let go."""

import http.client
import random
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from batch_dashboard.store.engine import Store
from tests.databases import is_sqlite
from tests.factories import batch_run, failed_result, ingest
from tests.http.server import running_server

pytestmark = pytest.mark.slow

FILE = "/exports/recipe_results.csv?last=all"
RUNS, RESULTS_EACH, MESSAGE_LENGTH = 6, 2_000, 800
# More than the threads of both workers: one that never came back would be missed.
LEAVERS = 80


def fill(store: Store) -> None:
    """Ten megabytes that compress badly: more than the buffers between server and client hold."""
    rng = random.Random(1)
    for number in range(RUNS):
        results = [
            failed_result(
                recipe_name=f"recipe-{index}",
                error_message=rng.randbytes(MESSAGE_LENGTH // 2).hex(),
            )
            for index in range(RESULTS_EACH)
        ]
        ingest(store, batch_run(batch_id=f"run {number}", results=results))


def download(address: str, encoding: str) -> http.client.HTTPResponse:
    """A download whose client reads nothing by itself and has little room for what comes."""
    url = urlsplit(address)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=60)
    connection.sock = socket.socket()
    connection.sock.settimeout(60)
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sock.connect((url.hostname, url.port))
    connection.request("GET", FILE, headers={"Accept-Encoding": encoding, "Connection": "close"})
    answer = connection.getresponse()
    assert answer.status == 200
    return answer


def break_database(database_url: str, store: Store) -> None:
    """What a damaged disk or a restarted server does to a query that is under way."""
    if is_sqlite(store):
        path = Path(database_url.removeprefix("sqlite:///"))
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(size // 2)
            file.write(b"\xff" * (size - size // 2))
        return
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def address(database_url: str, store: Store, tmp_path: Path) -> Iterator[str]:
    fill(store)
    store.close()  # the last connection works SQLite's log into the file
    with running_server(database_url, tmp_path) as address:
        yield address


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_file_that_breaks_half_way_never_looks_whole(
    address: str, database_url: str, store: Store, encoding: str
) -> None:
    answer = download(address, encoding)
    begun = answer.read(10_000)
    break_database(database_url, store)
    with pytest.raises(http.client.IncompleteRead) as broken:
        answer.read()
    received = begun + broken.value.partial
    if encoding == "gzip":
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        received = member.decompress(received)
        assert not member.eof
    assert received.startswith(b"id,batch_run_id,")
    assert received.count(b"\r\n") < RUNS * RESULTS_EACH + 1


def test_a_whole_file_is_whole(address: str) -> None:
    answer = download(address, "gzip")
    content = zlib.decompress(answer.read(), 16 + zlib.MAX_WBITS)
    assert content.count(b"\r\n") == RUNS * RESULTS_EACH + 1


def test_clients_that_leave_hold_nothing_back(address: str, tmp_path: Path) -> None:
    for _ in range(LEAVERS):
        answer = download(address, "identity")
        answer.read(1_000)
        answer.close()
    content = download(address, "identity").read()
    assert content.count(b"\r\n") == RUNS * RESULTS_EACH + 1
    log = (tmp_path / "server.log").read_text()
    assert "Traceback" not in log, log
