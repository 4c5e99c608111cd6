"""Local servers for the uploader: one answers by a script, one breaks connections at random."""

import itertools
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.local_server import serving


@dataclass
class Reply:
    """What a scripted server answers to one request."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds_before: float = 0.0
    # Sent one byte at a time, so that no single read ever times out.
    seconds_per_byte: float = 0.0

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Request:
    """What a scripted server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """The address of a scripted server, what it will answer and what it received.

    `replies` are used up in order and the last one is repeated; `by_path` comes first.
    """

    address: str = ""
    replies: list[Reply] = field(default_factory=list)
    by_path: dict[str, Reply] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def next_reply(self, path: str) -> Reply:
        if path in self.by_path:
            return self.by_path[path]
        if not self.replies:
            return Reply(404, {"message": "Not Found"})
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def scripted_server(*replies: Reply) -> Iterator[Scripted]:
    script = Scripted(replies=list(replies))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            headers = {name.title(): value for name, value in self.headers.items()}
            script.requests.append(Request(self.command, self.path, headers, body))
            reply = script.next_reply(self.path)
            content = reply.content()
            time.sleep(reply.seconds_before)
            with suppress(OSError):
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if not reply.seconds_per_byte:
                    self.wfile.write(content)
                    return
                for byte in content:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(reply.seconds_per_byte)

        do_GET = do_POST = answer  # noqa: N815 - called so by http.server

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as script.address:
        yield script


MISHAPS = ("drop", "truncate", "repeat", "delay", "lose")


@dataclass
class UnreliableProxy:
    """The address of a proxy, and what it did to how many connections; down, it drops all."""

    address: str
    connections: Counter[str]
    is_down: bool = False


@contextmanager
def unreliable_proxy(
    address: str, seed: int = 1, kinds: Sequence[str] = (*MISHAPS, "pass", "pass")
) -> Iterator[UnreliableProxy]:
    """A proxy before a server that drops, delays, repeats and truncates connections at random.

    Of as many connections in a row as there are kinds, each kind happens to one: by default each
    mishap, and two pass as they are.
    """
    target = urlsplit(address)
    place = (target.hostname or "", target.port or 0)
    chance = random.Random(seed)
    planned = itertools.cycle(
        [kind for _ in range(100) for kind in chance.sample(kinds, len(kinds))]
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    proxy = UnreliableProxy(f"http://127.0.0.1:{listener.getsockname()[1]}", Counter())

    def exchange(request: bytes) -> bytes:
        with socket.create_connection(place, 60) as server:
            server.sendall(request)
            parts = []
            while part := server.recv(65536):
                parts.append(part)
            return b"".join(parts)

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            client.settimeout(60)
            kind = "drop" if proxy.is_down else next(planned)
            proxy.connections[kind] += 1
            if kind == "drop":
                return
            request = _whole_request(client)
            if kind == "delay":
                time.sleep(chance.uniform(0.05, 0.3))
            if kind == "repeat":
                exchange(request)
            answer = exchange(request)
            if kind == "lose":
                return
            if kind == "truncate":
                answer = answer[: chance.randrange(1, len(answer))]
            client.sendall(answer)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        listener.close()


def _whole_request(client: socket.socket) -> bytes:
    """A request with its body, asking the server to close the connection behind its answer."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = client.recv(65536)
        if not part:
            raise OSError("the client left")
        received += part
    head, body = received.split(b"\r\n\r\n", 1)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    length = next(
        (int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")),
        0,
    )
    while len(body) < length:
        part = client.recv(65536)
        if not part:
            raise OSError("the client left")
        body += part
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
