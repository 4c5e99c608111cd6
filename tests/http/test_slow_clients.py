"""Clients that send slowly, or nothing, keep no thread of the real server from the others."""

import contextlib
import json
import select
import shutil
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import TOKEN, batch_run
from tests.http.server import running_server

pytestmark = pytest.mark.slow

THREADS = 4
CLIENTS_OF_A_KIND = 2 * THREADS
# So long that no test passes because a slow client was given up.
LONG, SHORT = "600", "1"
ANSWER_SECONDS = 60

POST = "HTTP/1.1\r\nHost: dashboard\r\n"
FORM = f"POST /sign-in {POST}Content-Type: application/x-www-form-urlencoded\r\n"
UPLOAD = f"POST /batch-metrics {POST}Content-Type: application/json\r\n"
ONE_BYTE = "Content-Length: 5000\r\n\r\n{"
RIGHT, WRONG = f"Authorization: Bearer {TOKEN}\r\n", "Authorization: Bearer wrong\r\n"

SLOW = {
    "nothing": "",
    "half a head": "GET / HTTP/1.1\r\nHost: dash",
    "one byte of a form": FORM + ONE_BYTE,
    "one byte of a form with a token": FORM + WRONG + ONE_BYTE,
    "one byte of an upload with a wrong token": UPLOAD + WRONG + ONE_BYTE,
    "one byte of an upload without a token": UPLOAD + ONE_BYTE,
    "one byte of an upload with the right token": UPLOAD + RIGHT + ONE_BYTE,
    "a page with one byte of a body": f"GET /healthz {POST}{ONE_BYTE}",
}


Place = tuple[str, int]


@contextlib.contextmanager
def serving(template: Path, folder: Path, seconds: str) -> Iterator[Place]:
    """One process of few threads, and where it listens."""
    shutil.copyfile(template, folder / "batch_dashboard.db")
    environ = {
        "BATCH_DASHBOARD_WORKERS": "1",
        "BATCH_DASHBOARD_THREADS": str(THREADS),
        "BATCH_DASHBOARD_CLIENT_SECONDS": seconds,
    }
    url = f"sqlite:///{folder / 'batch_dashboard.db'}"
    with running_server(url, folder, environ) as address:
        yield "127.0.0.1", int(address.rsplit(":", 1)[1])


@pytest.fixture(scope="module")
def patient(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(sqlite_template, tmp_path_factory.mktemp("patient"), LONG) as place:
        yield place


@pytest.fixture(scope="module")
def strict(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(sqlite_template, tmp_path_factory.mktemp("strict"), SHORT) as place:
        yield place


@contextlib.contextmanager
def connected(place: Place, *sent: str) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as open_ones:
        clients = []
        for text in sent:
            client = socket.create_connection(place, timeout=ANSWER_SECONDS)
            open_ones.enter_context(client)
            client.sendall(text.encode())
            clients.append(client)
        yield clients


def answer_of(client: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    received = b""
    while chunk := client.recv(65_536):
        received += chunk
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def ask(place: Place, path: str) -> int:
    address = f"http://{place[0]}:{place[1]}{path}"
    with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer:
        return int(answer.status)


def test_others_are_answered_while_more_slow_clients_than_threads_are_connected(
    patient: Place,
) -> None:
    sent = [text for text in SLOW.values() for _ in range(CLIENTS_OF_A_KIND)]
    with connected(patient, *sent) as clients:
        for _ in range(3):
            assert ask(patient, "/healthz") == 200
            assert ask(patient, "/") == 200
        # The whole request at once: no thread has to wait for a part of it.
        body = json.dumps(batch_run())
        upload = f"{UPLOAD}{RIGHT}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        with connected(patient, upload) as [client]:
            assert status_of(answer_of(client)) == 201
        # They are still there, as far as it is up to the server.
        waiting = {
            text for text, client in zip(sent, clients, strict=True) if not has_answer(client)
        }
    assert {SLOW["nothing"], SLOW["half a head"], SLOW["one byte of a form"]} <= waiting
    assert SLOW["one byte of an upload with the right token"] in waiting


def has_answer(client: socket.socket) -> bool:
    return bool(select.select([client], [], [], 0)[0])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (UPLOAD + WRONG + ONE_BYTE, 401),
        (UPLOAD + ONE_BYTE, 401),
        (f"{UPLOAD}{WRONG}Transfer-Encoding: chunked\r\n\r\n5000\r\nx", 401),
        (FORM + RIGHT + ONE_BYTE, 403),
        (f"{FORM}Transfer-Encoding: chunked\r\n\r\n5000\r\nx", 411),
        (f"{FORM}Content-Length: 65537\r\n\r\nx", 413),
        (f"{UPLOAD}{RIGHT}Content-Length: 99999999999\r\n\r\nx", 413),
        (f"GET / {POST}X-Long: {'x' * 70_000}", 431),
    ],
)
def test_what_is_refused_is_refused_without_its_body_and_the_connection_ends(
    patient: Place, sent: str, status: int
) -> None:
    with connected(patient, sent) as [client]:
        answer = answer_of(client)
    assert status_of(answer) == status
    assert b"\r\nConnection: close\r\n" in answer


def test_slow_clients_are_given_up(strict: Place) -> None:
    sent = (
        SLOW["nothing"],
        SLOW["half a head"],
        SLOW["one byte of a form"],
        SLOW["one byte of an upload with the right token"],
    )
    with connected(strict, *sent) as clients:
        nothing, head, form, upload = map(answer_of, clients)
    assert nothing == b""
    assert [status_of(answer) for answer in (head, form, upload)] == [408, 408, 408]
    assert b"application/problem+json" in upload
    assert b"nothing was stored" in upload


def test_a_client_that_trickles_is_given_up(strict: Place) -> None:
    upload = f"{UPLOAD}{RIGHT}Content-Length: 5000\r\n\r\n"
    with connected(strict, upload) as [client]:
        for _ in range(100):
            if has_answer(client):
                break
            client.sendall(b" ")
            time.sleep(0.1)
        assert status_of(answer_of(client)) == 408


def test_a_slow_upload_that_keeps_its_pace_is_stored(strict: Place) -> None:
    body = json.dumps(batch_run(batch_id="b" * 150)).ljust(10_000).encode()
    upload = f"{UPLOAD}{RIGHT}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    with connected(strict, upload) as [client]:
        for start in range(0, len(body), 1_000):
            client.sendall(body[start : start + 1_000])
            time.sleep(0.25)
        assert status_of(answer_of(client)) == 201


def test_requests_that_follow_one_another_on_a_connection_are_answered_in_turn(
    patient: Place,
) -> None:
    one, last = f"GET /healthz {POST}\r\n", f"GET /healthz {POST}Connection: close\r\n\r\n"
    with connected(patient, one) as [client]:
        received = b""
        while not received.endswith(b"ok\n"):
            received += client.recv(65_536)
        # Three at once, the last in two parts.
        client.sendall(f"{one}{one}{last}"[:-20].encode())
        time.sleep(0.2)
        client.sendall(last[-20:].encode())
        assert answer_of(client).count(b"HTTP/1.1 200 OK") == 3
