"""Real receivers of notifications: an HTTP server and a mail server on free ports."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.local_server import serving


@dataclass
class Received:
    """What arrived; `hangs` is cleared to let answers go, `status` is what they say."""

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    answers: threading.Event = field(default_factory=threading.Event)
    status: int = 200

    def wait(self, seconds: float = 20) -> dict[str, Any]:
        assert self.arrived.acquire(timeout=seconds), "nothing arrived"
        return self.messages[-1]


@contextmanager
def http_receiver() -> Iterator[Received]:
    received = Received()
    received.answers.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.messages.append(json.loads(body))
            received.paths.append(self.path)
            received.arrived.release()
            received.answers.wait(60)
            try:
                self.send_response(received.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as address:
        received.url = f"{address.replace('http', 'json')}/secret-path-of-the-hook"
        try:
            yield received
        finally:
            received.answers.set()


@contextmanager
def mail_receiver() -> Iterator[Received]:
    received = Received()

    class Handler:
        async def handle_DATA(  # noqa: N802 - called so by aiosmtpd
            self, _server: SMTP, _session: Session, envelope: Envelope
        ) -> str:
            content = envelope.content
            assert isinstance(content, bytes)
            received.messages.append({"to": envelope.rcpt_tos, "content": content.decode()})
            received.arrived.release()
            return "250 OK"

    # The controller connects to itself to see that it runs, so it needs a port.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    received.url = f"mailto://127.0.0.1:{port}?from=ci@example.org&to=people@example.org"
    try:
        yield received
    finally:
        controller.stop()
