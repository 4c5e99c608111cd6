"""Payloads that are right, to be changed by the test at hand."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from batch_dashboard.model.ingest.payload import check_payload, parse_payload
from batch_dashboard.services.ingest.ingest import Receipt, ingest_batch_run
from batch_dashboard.store.engine import Store

TOKEN = "test-token-of-the-environment"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

# Names that a page, a path or a spreadsheet could take for something else.
HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "sharkdp/bat",
    "..",
    "../../etc",
    "what?is=this&that#there",
    "100% ~ {{ 7*7 }} {% raw %}",
    "\"quoted\" 'names'",
    "💥 emoji",
    "\u202eright-to-left שלום",
    "x" * 100,
    "/",
    "=cmd|' /C calc'!A0",
]


def recipe_result(**changes: Any) -> dict[str, Any]:
    """One entry of `results`; a change to None takes the field out."""
    return _changed(
        {
            "recipe_name": "ripgrep",
            "ecosystem": "homebrew",
            "result": "passed",
            "duration_seconds": 12.5,
            "platform": "linux-glibc-x86_64",
        },
        changes,
    )


def failed_result(**changes: Any) -> dict[str, Any]:
    """One failed entry of `results`."""
    return recipe_result(
        **{
            "result": "failed",
            "error_category": "install_failed",
            "error_message": "Error: checksum of ripgrep-14.1.tar.gz does not match",
            **changes,
        }
    )


def batch_run(**changes: Any) -> dict[str, Any]:
    """A payload; counts that are not given follow from `results`."""
    payload = {
        "batch_id": "2026-11-20-homebrew",
        "ecosystem": "homebrew",
        "started_at": "2026-11-20T08:30:00Z",
        "completed_at": "2026-11-20T09:00:00Z",
        "macos_minutes": 4.25,
        "linux_minutes": 10.5,
        "results": [recipe_result(), failed_result(recipe_name="wget")],
        **changes,
    }
    payload.setdefault("total_recipes", len(payload["results"]))
    return {name: value for name, value in payload.items() if value is not None}


def ci_job(
    runner_os: str, waited: int | None, took: int | None, started: str = "2026-11-20T08:30:00Z"
) -> dict[str, Any]:
    """One entry of `jobs` by the seconds that it waited and took; None: unknown."""
    start = datetime.fromisoformat(started)

    def moment(seconds: int) -> str:
        return f"{start + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"

    return _changed(
        {"name": f"test ({runner_os})", "runner_os": runner_os, "started_at": started},
        {
            "queued_at": None if waited is None else moment(-waited),
            "completed_at": None if took is None else moment(took),
        },
    )


def ingest(store: Store, payload: dict[str, Any], now: datetime = NOW) -> Receipt:
    """Store a payload as an upload would."""
    return ingest_batch_run(store, parse_payload(json.dumps(payload).encode(), now), now)


def check(payload: Any, now: datetime = NOW) -> Any:
    """The batch run of a payload."""
    return check_payload(payload, now)


def _changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    fields = {**fields, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def run_on(store: Store, day: str, **changes: object) -> None:
    """Store a batch run that started at 08:00 of a day."""
    ingest(
        store,
        batch_run(batch_id=day, started_at=f"{day}T08:00:00Z", completed_at=None, **changes),
    )
