#!/usr/bin/env python3
"""How uploads fare while retention drops half of a large database.

Start the service on a copy of a large database (docs/performance.md says how one is made), then:

    bench/prune_beside_uploads.py --token TOKEN --cutoff-days N [--url http://127.0.0.1:8000]

It sets the days results are kept, starts `flask --app app retention run`, and has 8 clients upload
runs of 100 results until that ends. Prints how many results were dropped, how long it took, what
became of the uploads and their latencies in milliseconds, and lastly what `rollups verify` says.
The environment must name the same database as the service's.
"""

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

CLIENTS, RESULTS = 8, 100


def flask(*words: str) -> str:
    """What a command of the application prints."""
    command = [sys.executable, "-m", "flask", "--app", "app", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def payload(client: int, number: int) -> bytes:
    """A run of today, of which one result in ten failed."""
    results = [
        {
            "recipe_name": f"recipe-{(number * 7 + index) % 5_000:06d}",
            "ecosystem": f"ecosystem-{client}",
            "result": "passed" if index % 10 else "failed",
            "error_message": f"Error: step {index} ended with status {number % 5}",
            "duration_seconds": 12.5,
        }
        for index in range(RESULTS)
    ]
    return json.dumps(
        {
            "batch_id": f"prune-bench-{client}-{number}-{time.time_ns()}",
            "ecosystem": f"ecosystem-{client}",
            "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "total_recipes": RESULTS,
            "results": results,
        }
    ).encode()


def upload(
    url: str, token: str, client: int, goes_on: threading.Event, seen: list[tuple[int, float]]
) -> None:
    """Send one run after the other over one connection, with the rhythm of a busy CI."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    number = 0
    while goes_on.is_set():
        body = payload(client, number)
        began = time.perf_counter()
        connection.request("POST", "/batch-metrics", body, headers)
        answer = connection.getresponse()
        answer.read()
        seen.append((answer.status, time.perf_counter() - began))
        number += 1
    connection.close()


def at(times: list[float], share: float) -> float:
    """The time that this share of all times does not exceed."""
    return times[min(len(times) - 1, int(len(times) * share))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--token", required=True)
    parser.add_argument("--cutoff-days", type=int, required=True)
    options = parser.parse_args()
    print(flask("retention", "set", "--results", str(options.cutoff_days)).strip())
    print(flask("retention", "show").strip())
    goes_on, seen = threading.Event(), list[tuple[int, float]]()
    goes_on.set()
    clients = [
        threading.Thread(target=upload, args=(options.url, options.token, each, goes_on, seen))
        for each in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    began = time.perf_counter()
    try:
        print(flask("retention", "run").strip())
    finally:
        took = time.perf_counter() - began
        goes_on.clear()
        for client in clients:
            client.join()
    times = sorted(seconds * 1000 for _, seconds in seen)
    failed = [status for status, _ in seen if status != 201]
    print(f"took {took:,.0f} s; {len(seen):,} uploads, {len(failed)} not answered 201")
    print(f"p50 {at(times, 0.5):.0f} ms, p99 {at(times, 0.99):.0f} ms, most {times[-1]:.0f} ms")
    print(flask("rollups", "verify").strip())


if __name__ == "__main__":
    main()
