#!/usr/bin/env python3
"""Every page on a small and a large database, served side by side: median times and their ratio.

Start the service twice, on a database of ten thousand results and on one of ten million (see
docs/performance.md), then: bench/pages.py http://127.0.0.1:8102 http://127.0.0.1:8103
Each page is asked for in turn at both, so that the machine's moods hit both alike.
"""

import argparse
import http.client
import re
import statistics
import time
from urllib.parse import urlsplit

RUN_ORDERS = ("started_at", "failed", "success_rate", "macos_minutes", "linux_minutes")
RECIPE_ORDERS = (
    "failure_streak",
    "recipe_name",
    "failure_rate",
    "flakiness",
    "failed",
    "failed_seconds",
    "last_seen_at",
)
GROUP_ORDERS = ("failed", "first_seen_at", "last_seen_at", "error_category")
GROUP_RECIPE_ORDERS = ("failed", "recipe_name", "first_seen_at", "last_seen_at")


class Server:
    """One running service, asked over one connection."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def get(self, path: str) -> tuple[float, int, bytes]:
        """Milliseconds, status and body of one request."""
        begin = time.perf_counter()
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        return (time.perf_counter() - begin) * 1000, answer.status, body

    def pages(self) -> list[str]:
        """The same pages for every service; the group, recipe and runs are its own."""
        group = self._first("/failures?last=all", r'href="(/failures/\d+)')
        recipe = self._first("/recipes?last=all", r'href="(/recipes/[^"?]+/[^"?]+)"')
        plain = ["/", "/minutes", "/ecosystems/npm", "/failures", group, "/recipes", recipe]
        found = [
            f"{path}{query}" for query in ("", "?last=all") for path in [*plain, "/batch-runs"]
        ]
        found += ["/search?q=a", "/search?q=2026", "/search?q=7", "/search?q=not-there"]
        for path, orders in (
            ("/batch-runs", RUN_ORDERS),
            ("/recipes", RECIPE_ORDERS),
            ("/failures", GROUP_ORDERS),
            (group, GROUP_RECIPE_ORDERS),
        ):
            for order in orders:
                ordered = f"{path}?sort={order}"
                found += [ordered, f"{ordered}&last=all", f"{ordered}&last=all&before=end"]
        return [
            *found,
            f"{recipe}?last=all&before=end",
            *(f"/minutes?last=all&by={by}" for by in ("day", "week", "month")),
            "/batch-runs/50",
            "/batch-runs/50?sort=duration_seconds&before=end",
            "/batch-runs/compare?a=50&b=60",
            "/exports/",
        ]

    def _first(self, path: str, pattern: str) -> str:
        found = re.search(pattern, self.get(path)[2].decode())
        if found is None:
            raise SystemExit(f"{path} of {self.connection.host} names nothing to follow")
        return found[1]


def main() -> None:
    """Print a line for each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("small", help="address of the service on the small database")
    parser.add_argument("large", help="address of the service on the large one")
    parser.add_argument("--requests", type=int, default=15, help="how often each page is asked for")
    options = parser.parse_args()
    small, large = Server(options.small), Server(options.large)
    print(f"{'small ms':>9} {'large ms':>9} {'ratio':>6} {'kB':>6}  page of the large one")
    for own, other in zip(small.pages(), large.pages(), strict=True):
        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(options.requests + 2):
            for server, path, taken in ((small, own, times[0]), (large, other, times[1])):
                milliseconds, status, body = server.get(path)
                if status != 200:
                    raise SystemExit(f"{path}: {status}")
                if turn >= 2:
                    taken.append(milliseconds)
        first, second = map(statistics.median, times)
        size = len(body) / 1000
        print(f"{first:9.1f} {second:9.1f} {second / first:6.2f} {size:6.0f}  {other[:90]}")


if __name__ == "__main__":
    main()
