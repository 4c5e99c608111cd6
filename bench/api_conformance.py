#!/usr/bin/env python3
"""Random requests made from the OpenAPI document, sent to a running service with data.

bench/api_conformance.py http://127.0.0.1:8102 --token TOKEN [--requests 20000]

Fails at the first answer 5xx, status that is not documented, or body that its schema does not
allow; else prints how many answers had each status. Batch runs that the document allows are stored
in the database of that service, so give it one of its own.
"""

import argparse
import json
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.views.api.conformance import send_cases, values_of_rows
from tests.views.api.conftest import addresses_of


def main() -> None:
    """Send them, and print the statuses of each operation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--token", required=True)
    parser.add_argument("--requests", type=int, default=20_000)
    asked = parser.parse_args()

    def read(path: str) -> Any:
        with urllib.request.urlopen(asked.address + path, timeout=60) as answer:
            return json.load(answer)

    existing = values_of_rows(addresses_of(read))
    schema = schemathesis.openapi.from_url(f"{asked.address}/api/v1/openapi.json")
    begin = time.monotonic()
    statuses = send_cases(schema, asked.requests, asked.token, existing)
    for label, found in sorted(statuses.items()):
        print(f"{label:76} {dict(sorted(found.items()))}")
    total = sum(statuses.values(), Counter())
    seconds = time.monotonic() - begin
    print(f"{total.total():,} requests in {seconds:.0f} s: {dict(sorted(total.items()))}")


if __name__ == "__main__":
    main()
