#!/usr/bin/env python3
"""How long `/healthz`, a page and an upload take while slow clients hold connections open.

Starts nothing: give it the address of a server that runs, and its token as BATCH_METRICS_TOKEN for
the uploads. Each kind of slow client opens its connections, then the requests are timed.
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import sys
import time
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.parse import urlsplit

ASKED = 20
WANTED_SECONDS = 2.0
ONE_BYTE_OF = "Content-Length: 5000\r\n\r\n{"


def kinds(host: str, token: str) -> dict[str, str]:
    """What each kind of slow client sends before it falls silent."""
    post = f"HTTP/1.1\r\nHost: {host}\r\n"
    upload = f"POST /batch-metrics {post}Content-Type: application/json\r\n"
    form = f"POST /sign-in {post}Content-Type: application/x-www-form-urlencoded\r\n"
    large = "Content-Length: 70000\r\n\r\na"
    found = {
        "nothing": "",
        "half a head": f"GET / HTTP/1.1\r\nHost: {host}\r\nAccept: ",
        "one byte of a form": form + ONE_BYTE_OF,
        "one byte of a large form": form + large,
        "one byte of a chunked form": f"{form}Transfer-Encoding: chunked\r\n\r\n5000\r\na",
        "one byte of a form with a token": f"{form}Authorization: Bearer x\r\n{ONE_BYTE_OF}",
        "one byte of an upload, wrong token": (
            f"{upload}Authorization: Bearer wrong\r\n{ONE_BYTE_OF}"
        ),
        "one byte of an upload, no token": upload + ONE_BYTE_OF,
        "a page with one byte of a body": f"GET /healthz {post}{ONE_BYTE_OF}",
    }
    if token:
        found["one byte of an upload, right token"] = (
            f"{upload}Authorization: Bearer {token}\r\n{ONE_BYTE_OF}"
        )
    return found


@contextlib.contextmanager
def slow_clients(place: tuple[str, int], sent: list[str], count: int) -> Iterator[None]:
    """So many connections, each of which has sent one of these."""
    connections = []
    try:
        for number in range(count):
            connection = socket.create_connection(place, timeout=10)
            connection.sendall(sent[number % len(sent)].encode())
            connections.append(connection)
        yield
    finally:
        for connection in connections:
            connection.close()


def main() -> int:
    """Time the requests beside each kind of slow client, and beside all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--hold", type=float, default=0.5, help="seconds before the first request")
    options = parser.parse_args()
    url = urlsplit(options.url)
    place = (str(url.hostname), url.port or 80)
    token = os.environ.get("BATCH_METRICS_TOKEN", "")
    print(f"{'slow clients':38} {'/healthz p50':>13} {'longest':>9} {'page':>9} {'upload':>9}")
    sent = kinds(url.netloc, token)
    longest = 0.0
    runs = [("none", [""], 0), *((name, [text], options.count) for name, text in sent.items())]
    # Two in three of all clients at once have no right token.
    runs.append(("all of these", list(sent.values()), 3 * options.count))
    for name, texts, count in runs:
        with slow_clients(place, texts, count):
            time.sleep(options.hold)
            times = [_seconds(options.url, "/healthz") for _ in range(ASKED)]
            page, upload = (
                _seconds(options.url, "/"),
                _seconds(options.url, "/batch-metrics", token),
            )
        longest = max(longest, *times)
        print(
            f"{name:38} {statistics.median(times) * 1000:10.1f} ms {max(times) * 1000:6.0f} ms"
            f" {page * 1000:6.0f} ms {upload * 1000:6.0f} ms",
            flush=True,
        )
    print(f"the longest wait for /healthz: {longest:.2f} s (wanted: {WANTED_SECONDS:g} s)")
    return int(longest > WANTED_SECONDS)


def _seconds(url: str, path: str, token: str | None = None) -> float:
    request = urllib.request.Request(f"{url.rstrip('/')}{path}")
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
        request.data = json.dumps(
            {
                "batch_id": f"beside slow clients {time.time_ns()}",
                "ecosystem": "homebrew",
                "started_at": "2026-11-20T08:00:00Z",
                "total_recipes": 0,
                "results": [],
            }
        ).encode()
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            answer.read()
    except HTTPError as error:
        print(f"  {path}: {error.code} {error.read().decode()[:200]}", file=sys.stderr)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
