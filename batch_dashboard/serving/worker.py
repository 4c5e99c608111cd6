"""gunicorn's worker with threads, in which slow clients keep no thread from the others.

gunicorn itself gives a connection to a thread at its first byte, and closes connections in the one
thread that accepts them, up to two seconds for each. Here that thread collects the heads and forms
of all connections, waits for none of them, and closes them as they let go.
"""

import errno
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from batch_dashboard.serving.client_socket import ClientSocket
from batch_dashboard.serving.request_head import Arrival

RECEIVE_BYTES = 64 * 1024
# How long what a client still sends is thrown away after the answer, so that it reads the answer
# before it finds the connection closed.
LEAVE_SECONDS = 5.0
# An unread body is thrown away by the thread only if it is there already.
DRAIN_SECONDS = 0.01
NO_DESCRIPTOR_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

TOO_SLOW = b"408 Request Timeout"
HEAD_TOO_LONG = b"431 Request Header Fields Too Large"


class ClientWorker(ThreadWorker):  # type: ignore[misc]
    """Gives a request to a thread once its head has arrived, and its form if it is one."""

    # How long a head with its form may take, and the period of a client's pace.
    client_seconds = 30.0
    wsgi: Callable[..., Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        threads = self.cfg.threads
        # A quarter of the threads never waits for a client.
        self._places = threading.BoundedSemaphore(max(1, threads - max(1, threads // 4)))
        self._arriving: dict[TConn, Arrival] = {}
        self._leaving: dict[TConn, float] = {}

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker cannot do."""
        super().check_config(cfg, log)
        if cfg.is_ssl:
            raise SystemExit(
                "Batch Dashboard does not start: TLS is not supported; use a proxy in front of it"
            )

    def run(self) -> None:
        """Serve requests; a connection with an unread body is closed, as the response states."""
        self.wsgi = _closing_what_is_unread(self.wsgi)
        super().run()

    def accept(self, listener: socket.socket) -> None:
        """Accept a new connection, and read the bytes that it has already sent."""
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno in NO_DESCRIPTOR_LEFT:
                self.log.warning("no more connections: %s", os.strerror(error.errno))
                time.sleep(0.05)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        client = ClientSocket(accepted, self.client_seconds, self._places)
        self._await_request(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The next request of a connection that was kept begins."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def finish_request(self, conn: TConn, done: Any) -> None:
        """A thread has answered: keep the connection for its next request, or let it go."""
        try:
            keeps = not done.cancelled() and done.result() is True
        except Exception:
            keeps = False
        if not keeps:
            self._leave(conn)
            return
        # The next request can have come together with this one.
        received = conn.parser.unreader.take_buffered()
        if received:
            self._await_request(conn, received)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.append(conn)
        readable = partial(self.on_client_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def murder_pending(self) -> None:
        """Close connections that took too long; called after each round of events."""
        now = time.monotonic()
        # A worker that stops waits no longer for requests than for those of kept connections.
        slack = 0.0 if self.alive else max(0.0, self.client_seconds - STOP_KEEPALIVE_LINGER)
        for conn in _overdue(self._arriving, lambda arrival: arrival.deadline - slack, now):
            if self._arriving[conn].received:
                self._refuse(conn, TOO_SLOW)
            else:
                self._drop(conn)
        for conn in _overdue(self._leaving, lambda deadline: deadline, now):
            self._drop(conn)

    def _await_request(self, conn: TConn, received: bytes = b"") -> None:
        arrival = Arrival(time.monotonic() + self.client_seconds)
        arrival.add(received)
        self._arriving[conn] = arrival
        conn.sock.setblocking(False)
        # Most requests are complete when they are first read.
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))
        if arrival.is_complete:
            self._dispatch(conn, arrival)
        else:
            self._receive(conn)

    def _receive(self, conn: TConn, _client: object = None) -> None:
        arrival = self._arriving[conn]
        try:
            received = conn.sock.receive_now(RECEIVE_BYTES)
        except OSError:
            received = b""
        if received is None:
            return
        if not received:
            self._drop(conn)
            return
        arrival.add(received)
        if arrival.is_complete:
            self._dispatch(conn, arrival)
        elif arrival.is_too_long:
            self._refuse(conn, HEAD_TOO_LONG)

    def _dispatch(self, conn: TConn, arrival: Arrival) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        conn.sock.begin_request()
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(arrival.received))
        self.enqueue_req(conn)

    def _refuse(self, conn: TConn, status: bytes) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        answer = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % status
        with suppress(OSError):
            conn.sock.send(answer, socket.MSG_DONTWAIT)
        self._leave(conn)

    def _leave(self, conn: TConn) -> None:
        """End our side of a connection, and close it once the client has ended its own."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._discard, conn))
        except (OSError, ValueError):
            self._drop(conn)
            return
        self._leaving[conn] = time.monotonic() + LEAVE_SECONDS

    def _discard(self, conn: TConn, _client: object) -> None:
        try:
            received = conn.sock.receive_now(RECEIVE_BYTES)
        except OSError:
            received = b""
        if received == b"":
            self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        self._arriving.pop(conn, None)
        self._leaving.pop(conn, None)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether the connection can be used again: only if no body has to be waited for."""
        if not keepalive:
            return False
        return bool(conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS))


def _overdue(
    waiting: dict[TConn, Any], deadline: Callable[[Any], float], now: float
) -> list[TConn]:
    """The connections whose time is over; all wait equally long, so the first are the oldest."""
    found = []
    for conn, state in waiting.items():
        if deadline(state) > now:
            break
        found.append(conn)
    return found


def _closing_what_is_unread(application: Callable[..., Any]) -> Callable[..., Any]:
    """The application, whose answers end a connection on which a body is still to come."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        body = environ["wsgi.input"]

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            if _is_to_come(body):
                response: Any = start_response.__self__  # type: ignore[attr-defined]
                response.force_close()
            return start_response(status, headers, error)

        return application(environ, start)

    return answer


def _is_to_come(body: Any) -> bool:
    """Whether a part of a request's body has neither been read nor arrived."""
    reader = body.reader
    if isinstance(reader, LengthReader):
        return bool(reader.length > len(reader.unreader.buf.getbuffer()))
    return getattr(reader, "parser", None) is not None
