"""Uploads over HTTP."""

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

from tests.factories import TOKEN


def post(address: str, payload: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    """The status, the headers and the JSON of the answer to an upload."""
    request = urllib.request.Request(
        f"{address}/batch-metrics",
        json.dumps(payload).encode(),
        {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read())
    except HTTPError as error:
        return error.code, dict(error.headers), json.loads(error.read())
