#!/usr/bin/env python3
"""The time of plans: of an ecosystem in which 3,000 recipes wait, and for 100,000 candidates.

bench/plan.py http://127.0.0.1:8103 --token TOKEN [--waiting 3000] [--candidates 100000]

Uploads five runs to an ecosystem of its own, in which so many recipes fail and more pass, then asks
for plans over one connection. Prints the median and the 95th percentile in milliseconds, and the
size of the answer. The service may hold any number of other results.
"""

import argparse
import http.client
import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

RUNS = 5
ROUNDS = {"GET": 100, "POST": 20}


def payload(ecosystem: str, number: int, waiting: int) -> dict[str, Any]:
    """A run in which the recipes that are to wait fail, and as many and some more pass."""
    started_at = datetime.now(UTC) - timedelta(minutes=10 * (RUNS - number))
    results = [
        {
            "recipe_name": f"waiting-{index}",
            "ecosystem": ecosystem,
            "result": "failed",
            "recipe_version": "1.0",
            "error_message": f"Error: step {'abcdefghij'[index % 10]} of the build does not match",
        }
        for index in range(waiting)
    ]
    results += [
        {"recipe_name": f"recipe-{index}", "ecosystem": ecosystem, "result": "passed"}
        for index in range(waiting * 2)
    ]
    return {
        "batch_id": f"bench {number}",
        "ecosystem": ecosystem,
        "started_at": started_at.isoformat(timespec="seconds"),
        "total_recipes": len(results),
        "results": results,
    }


class Service:
    """A running service, asked over one connection."""

    def __init__(self, address: str, token: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: bytes | None = None) -> tuple[float, bytes]:
        """Milliseconds and body of one answer."""
        begin = time.perf_counter()
        try:
            self.connection.request(method, path, body, self.headers)
            answer = self.connection.getresponse()
            received = answer.read()
        except http.client.RemoteDisconnected:
            # The server closes a connection after some requests; the next one opens another.
            return self.send(method, path, body)
        assert answer.status in (200, 201), (path, answer.status, received[:300])
        return (time.perf_counter() - begin) * 1000, received


def main() -> None:
    """Upload, measure, and print a line for each kind of plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--token", required=True)
    parser.add_argument("--waiting", type=int, default=3_000)
    parser.add_argument("--candidates", type=int, default=100_000)
    asked = parser.parse_args()
    service = Service(asked.address, asked.token)
    ecosystem = f"bench-{int(time.time())}"
    for number in range(RUNS):
        body = json.dumps(payload(ecosystem, number, asked.waiting)).encode()
        service.send("POST", "/batch-metrics", body)
    path = f"/api/v1/plan/{ecosystem}"
    plan = json.loads(service.send("GET", path)[1])
    assert len(plan["skip"]) == asked.waiting, len(plan["skip"])
    names = [f"waiting-{index}" for index in range(asked.waiting)]
    names += [f"recipe-{index}" for index in range(asked.candidates - asked.waiting)]
    candidates = [{"recipe_name": name, "recipe_version": "1.0"} for name in names]
    bodies = {"GET": None, "POST": json.dumps(candidates).encode()}
    print(f"{'plan':40} {'median':>8} {'p95':>8} {'kB':>8}")
    for method, sent in bodies.items():
        answers = [service.send(method, path, sent) for _ in range(ROUNDS[method])]
        times = [milliseconds for milliseconds, _ in answers]
        p95 = statistics.quantiles(times, n=20)[-1]
        what = f"{asked.waiting:,} that wait" if sent is None else f"{len(names):,} candidates"
        size = len(answers[-1][1]) / 1000
        print(f"{method + ' ' + what:40} {statistics.median(times):8.1f} {p95:8.1f} {size:8,.0f}")


if __name__ == "__main__":
    main()
