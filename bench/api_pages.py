#!/usr/bin/env python3
"""The time of a page of each list of the API, at its beginning, in its middle and at its end.

bench/api_pages.py http://127.0.0.1:8103 [--limit 100]

Reads every list to its end by `next` (at most --pages pages), then asks for pages at three places
in turn, so that the load of the machine affects all of them alike. Prints the medians in
milliseconds, and the time of the last page as a multiple of that of the first.
"""

import argparse
import http.client
import json
import statistics
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

ROUNDS = 15


class Service:
    """A running service, asked over one connection."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def read(self, path: str) -> tuple[float, Any]:
        """Milliseconds and document of one answer."""
        begin = time.perf_counter()
        try:
            self.connection.request("GET", path)
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:
            # The server closes a connection after some requests; the next one opens another.
            return self.read(path)
        body = answer.read()
        assert answer.status == 200, (path, body[:300])
        return (time.perf_counter() - begin) * 1000, json.loads(body)

    def lists(self) -> dict[str, str]:
        """A path of each list over all time, the longest of its kind."""
        everything = {"last": "all"}
        first = urlencode({"last": "all", "limit": 1})
        recipe = self.read(f"/api/v1/recipes?{first}&sort=failed")[1]["items"][0]
        group = self.read(f"/api/v1/failure-groups?{first}")[1]["items"][0]["id"]
        run = self.read(f"/api/v1/batch-runs?{first}&sort=failed")[1]["items"][0]["id"]
        named = {name: recipe[name] for name in ("ecosystem", "recipe_name")}
        paths: dict[str, dict[str, str]] = {
            "batch-runs": everything,
            "recipe-results": {**everything, **named},
            f"batch-runs/{run}/results": {},
            "recipes": everything,
            "failure-groups": everything,
            f"failure-groups/{group}/recipes": {},
            "failure-counts": everything,
            "failure-rates": everything,
            "minutes": everything,
        }
        return {path: f"/api/v1/{path}?{urlencode(query)}" for path, query in paths.items()}


def main() -> None:
    """Measure, and print a line for each list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--pages", type=int, default=2_000)
    asked = parser.parse_args()
    service = Service(asked.address)
    print(
        f"{'list':50} {'rows':>8} {'pages':>6} {'first':>8} {'middle':>8} {'last':>8} {'ratio':>6}"
    )
    for name, path in service.lists().items():
        address = f"{path}{'' if path.endswith('?') else '&'}limit={asked.limit}"
        followed, rows = [address], 0
        while len(followed) < asked.pages:
            _, page = service.read(followed[-1])
            rows += len(page["items"])
            if page["next"] is None:
                break
            parts = urlsplit(page["next"])
            followed.append(f"{parts.path}?{parts.query}")
        # The last page may hold a few rows only.
        last = followed[max(0, len(followed) - 2)]
        times: dict[str, list[float]] = {}
        places = (("first", followed[0]), ("middle", followed[len(followed) // 2]), ("last", last))
        for _ in range(ROUNDS):
            for place, each in places:
                times.setdefault(place, []).append(service.read(each)[0])
        first, middle, end = (statistics.median(times[place]) for place, _ in places)
        print(
            f"{name:50.50} {rows:8,} {len(followed):8,} {first:8.1f} {middle:8.1f} {end:8.1f}"
            f" {end / first:8.2f}"
        )


if __name__ == "__main__":
    main()
