"""Threads wait for a client as long as it keeps its pace, over real sockets."""

import socket
import tempfile
import threading
from collections.abc import Iterator

import pytest
from werkzeug.exceptions import RequestTimeout, ServiceUnavailable

from batch_dashboard.serving import client_socket
from batch_dashboard.serving.client_socket import MIN_BYTES_A_SECOND, ClientSocket, Pace

SECONDS = 0.05


@pytest.fixture
def places() -> threading.Semaphore:
    return threading.Semaphore(1)


@pytest.fixture
def pair(places: threading.Semaphore) -> Iterator[tuple[ClientSocket, socket.socket]]:
    accepted, client = socket.socketpair()
    server = ClientSocket(accepted, SECONDS, places)
    with server, client:
        yield server, client


def test_what_has_arrived_needs_no_place(
    pair: tuple[ClientSocket, socket.socket], places: threading.Semaphore
) -> None:
    server, client = pair
    places.acquire()
    client.sendall(b"here")
    assert server.recv(100) == b"here"
    client.close()
    assert server.recv(100) == b""


def test_a_client_that_sends_nothing_is_given_up(
    pair: tuple[ClientSocket, socket.socket], places: threading.Semaphore
) -> None:
    server, _client = pair
    with pytest.raises(RequestTimeout, match="bytes a second"):
        server.recv(100)
    assert places.acquire(blocking=False)  # the place is given back


def test_without_a_place_nobody_waits_for_more_than_a_moment(
    pair: tuple[ClientSocket, socket.socket], places: threading.Semaphore
) -> None:
    server, _client = pair
    places.acquire()
    with pytest.raises(ServiceUnavailable, match="slow clients") as refused:
        server.recv(100)
    assert refused.value.retry_after


def test_what_comes_within_a_moment_needs_no_place(
    pair: tuple[ClientSocket, socket.socket],
    places: threading.Semaphore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_socket, "MOMENT_SECONDS", 60)
    server, client = pair
    server.begin_request()
    places.acquire()
    sender = threading.Timer(0.05, client.sendall, (b"here",))
    sender.start()
    assert server.recv(100) == b"here"
    sender.join()


def test_a_client_that_reads_nothing_is_given_up(
    pair: tuple[ClientSocket, socket.socket], places: threading.Semaphore
) -> None:
    server, _client = pair
    with pytest.raises(BrokenPipeError):
        server.sendall(b"x" * 50_000_000)
    places.acquire()
    with pytest.raises(BrokenPipeError):
        server.sendall(b"x")


def test_a_client_that_reads_gets_all_of_a_file(pair: tuple[ClientSocket, socket.socket]) -> None:
    server, client = pair
    content = bytes(range(256)) * 20_000
    received = bytearray()

    def read() -> None:
        while chunk := client.recv(65_536):
            received.extend(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    with tempfile.TemporaryFile() as file:
        file.write(content)
        assert server.sendfile(file, offset=6, count=1_000_000) == 1_000_000
        assert server.sendfile(file, offset=1_000_006) == len(content) - 1_000_006
    server.shutdown(socket.SHUT_WR)
    reader.join()
    assert bytes(received) == content[6:]


def test_a_pace_is_kept_in_each_period_of_waiting() -> None:
    pace = Pace(10)
    enough = 10 * MIN_BYTES_A_SECOND
    pace.add_bytes(enough)
    assert pace.add_wait(9)
    assert pace.seconds_left == 1
    assert pace.add_wait(1)
    # What was quick before earns nothing for the next period.
    pace.add_bytes(enough - 1)
    assert pace.seconds_left == 10
    assert not pace.add_wait(10)
