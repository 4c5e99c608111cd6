#!/usr/bin/env python3
"""How uploads of 100 results fare while uploads of 100,000 run, and what the workers' memory does.

Start the service on an empty database, then:

    bench/mixed_uploads.py --token TOKEN --pid PID_OF_GUNICORN [--url http://127.0.0.1:8000]

It sends ten uploads of 100,000 results one after the other, and beside them uploads of 100 one
after the other until the large ones are done. Prints the latencies of both kinds in milliseconds,
and the peak resident memory of each worker in MiB. Standard library only.
"""

import argparse
import http.client
import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

LARGE, SMALL = 100_000, 100
START = datetime(2026, 1, 1, tzinfo=UTC)


def payload(rng: random.Random, number: int, results: int) -> bytes:
    """A batch run whose results fail once in twelve times; every one differs from the others."""
    started_at = START + timedelta(minutes=number)
    entries = []
    for index in range(results):
        entry = {
            "recipe_name": f"recipe-{index:06d}",
            "ecosystem": f"ecosystem-{number % 8}",
            "result": "passed",
            "duration_seconds": round(rng.uniform(1, 300), 2),
        }
        if rng.random() < 1 / 12:
            entry |= {
                "result": "failed",
                "error_category": "install_failed",
                "error_message": f"Error: step {rng.randrange(9)} ended with {rng.random()}",
            }
        entries.append(entry)
    return json.dumps(
        {
            "batch_id": f"bench-{results}-{number}-{rng.random()}",
            "ecosystem": f"ecosystem-{number % 8}",
            "started_at": started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "total_recipes": results,
            "results": entries,
        }
    ).encode()


class Client:
    """One connection that posts and takes the time."""

    def __init__(self, url: str, token: str) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            address.hostname or "localhost", address.port, timeout=300
        )
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.milliseconds: list[float] = []

    def post(self, body: bytes) -> None:
        """Post a payload; raises SystemExit for any answer but 201."""
        begin = time.perf_counter()
        self._connection.request("POST", "/batch-metrics", body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        self.milliseconds.append((time.perf_counter() - begin) * 1000)
        if answer.status != 201:
            raise SystemExit(f"{answer.status}: {text[:500]!r}")

    def report(self, name: str) -> str:
        """Count and percentiles of the latencies."""
        ordered = sorted(self.milliseconds)
        p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * p))] for p in (0.5, 0.99))
        return f"{name}: {len(ordered)} uploads, p50 {p50:.0f} p99 {p99:.0f} max {ordered[-1]:.0f}"


def peak_memory(pid: int) -> list[int]:
    """The peak resident memory of a process' children, in MiB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    status = [Path(f"/proc/{child}/status").read_text() for child in children]
    return [int(text.split("VmHWM:")[1].split()[0]) // 1024 for text in status]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--token", required=True)
    parser.add_argument("--pid", type=int, help="gunicorn's first process: prints memory too")
    parser.add_argument("--uploads", type=int, default=10, help="uploads of 100,000 results")
    options = parser.parse_args()

    rng = random.Random(1)
    large = [payload(rng, number, LARGE) for number in range(options.uploads)]
    small = [payload(rng, number, SMALL) for number in range(5_000)]
    many, few = Client(options.url, options.token), Client(options.url, options.token)

    def send_large() -> None:
        for body in large:
            few.post(body)

    sender = threading.Thread(target=send_large)
    sender.start()
    for body in small:
        many.post(body)
        if not sender.is_alive():
            break
    sender.join()
    print(many.report(f"{SMALL} results beside them"))
    print(few.report(f"{LARGE:,} results"))
    if options.pid:
        print("peak memory of the workers, MiB:", *peak_memory(options.pid))


if __name__ == "__main__":
    main()
