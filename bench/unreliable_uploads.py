#!/usr/bin/env python3
"""Whether uploads through an unreliable network are stored exactly once, and how long they take.

Start the service on an empty database, then:

    bench/unreliable_uploads.py --token TOKEN [--url http://127.0.0.1:8000] [--uploads 1000]

Each upload is a process of the uploader, as in a CI job. All share one spool, and go through a
proxy that drops, delays, repeats and truncates connections at random. What is left in the spool at
last is sent by `retry`. Ends with an error if a run is missing or stored twice, or if a process
takes longer than its limit.
"""

import argparse
import csv
import io
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.client.servers import unreliable_proxy
from tests.client.uploader import UPLOADER

# Starting Python and ending it do not count as the upload's time.
START_SECONDS = 5.0
MAX_RETRIES = 20


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--token", required=True)
    parser.add_argument("--uploads", type=int, default=1_000)
    parser.add_argument("--jobs", type=int, default=8, help="uploads at the same time")
    parser.add_argument("--timeout", type=float, default=20.0, help="limit of each upload")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    with (
        tempfile.TemporaryDirectory() as folder,
        unreliable_proxy(options.url, options.seed) as proxy,
        ThreadPoolExecutor(options.jobs) as jobs,
    ):
        environ = {
            "BATCH_METRICS_URL": proxy.address,
            "BATCH_METRICS_TOKEN": options.token,
            "BATCH_METRICS_SPOOL": folder,
        }

        def run(*arguments: str) -> tuple[int, float]:
            command = [sys.executable, "-I", str(UPLOADER), *arguments]
            began = time.perf_counter()
            limit = f"--timeout={options.timeout}"
            done = subprocess.run([*command, limit], env=environ, capture_output=True)
            return done.returncode, time.perf_counter() - began

        def upload(number: int) -> tuple[int, float]:
            name = f"--batch-id=unreliable-{number}"
            return run("upload", "--strict", "--ecosystem=bench", "--result=jq=passed", name)

        finished = list(jobs.map(upload, range(options.uploads)))
        retries = 0
        while run("retry")[0] and retries < MAX_RETRIES:
            retries += 1

    codes = Counter(code for code, _seconds in finished)
    ordered = sorted(seconds for _code, seconds in finished)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * p))] for p in (0.5, 0.99))
    print(f"{options.uploads} uploads: {codes[0]} stored at once, {codes[1]} spooled")
    print("connections:", dict(proxy.connections.most_common()))
    print(f"seconds of an upload: p50 {p50:.1f}, p99 {p99:.1f}, longest {ordered[-1]:.1f}")
    stored = stored_runs(options.url)
    wanted = Counter(f"unreliable-{number}" for number in range(options.uploads))
    print(f"missing: {(wanted - stored).total()}; stored twice: {(stored - wanted).total()}")
    is_late = ordered[-1] > options.timeout + START_SECONDS
    return int(stored != wanted or is_late or codes.keys() - {0, 1} != set())


def stored_runs(url: str) -> Counter[str]:
    """How often each batch id of these uploads is stored."""
    with urllib.request.urlopen(f"{url}/exports/batch_runs.csv?last=all&ecosystem=bench") as answer:
        rows = csv.DictReader(io.TextIOWrapper(answer, "utf-8"))
        return Counter(row["batch_id"] for row in rows)


if __name__ == "__main__":
    sys.exit(main())
