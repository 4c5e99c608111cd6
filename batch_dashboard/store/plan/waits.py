"""The recipes that the plan leaves out: one row for each recipe and platform that waits."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from statistics import median
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from batch_dashboard.model.batch_runs.vocabulary import PASSED, SKIPPED
from batch_dashboard.model.ingest.summaries import milliseconds
from batch_dashboard.model.plan.ledger import (
    GivenAdvice,
    Request,
    Savings,
    Wait,
    leave_out,
    savings_of,
)
from batch_dashboard.store.failures.failure_classes import is_infrastructure_sql
from batch_dashboard.store.ingest.bulk import execute_many, run_statement, upsert_rows
from batch_dashboard.store.schema import plan_waits

DAY = 86_400
# A recipe that was not left out for so long does not wait: no wait is as long.
FORGOTTEN_AFTER = 60 * DAY
# Of each recipe, for its median duration.
RECENT_ATTEMPTS = 50

_NAMES = ", ".join(f"w.{name}" for name in Wait._fields)
COLUMNS = ("ecosystem", "recipe_name", "platform", *Wait._fields)
_UPDATES = tuple(f"{name} = excluded.{name}" for name in Wait._fields)
_WAITS = f"SELECT w.recipe_name, w.platform, {_NAMES} FROM plan_waits w WHERE w.ecosystem = ?"
_WAITING = "SELECT recipe_name, platform FROM plan_waits WHERE ecosystem = ? AND since IS NOT NULL"
_DURATIONS = (
    "SELECT duration_seconds FROM (SELECT duration_seconds, coalesce(platform, '') AS platform"
    " FROM recipe_results WHERE recipe_name = ? AND ecosystem = ?"
    f" AND result != '{SKIPPED}' ORDER BY started_at DESC, id DESC LIMIT {RECENT_ATTEMPTS})"
    " AS recent WHERE duration_seconds IS NOT NULL AND platform = ?"
)
# The attempts of a run at recipes that were left out, each with every wait that may be meant.
_ATTEMPTS = f"""
    SELECT r.id, w.ecosystem, w.recipe_name, w.platform, r.result = '{PASSED}',
        {is_infrastructure_sql("r")}, {_NAMES}
    FROM recipe_results r JOIN plan_waits w
        ON w.ecosystem = r.ecosystem AND w.recipe_name = r.recipe_name
        AND (w.platform = r.platform OR w.platform = '' OR coalesce(r.platform, '') = '')
    WHERE r.batch_run_id = ? AND r.result != '{SKIPPED}' ORDER BY r.id, w.platform
"""
_FORGET = (
    "DELETE FROM plan_waits WHERE ecosystem = ? AND (last_at < ? OR since IS NULL AND last_at < ?)"
)
_DELETE = "DELETE FROM plan_waits WHERE ecosystem = ? AND recipe_name = ? AND platform = ?"

WaitKey = tuple[str, str]  # recipe name, platform or ''


class AttemptedWait(NamedTuple):
    """An uploaded attempt at a recipe that was left out, and the waits that may be meant."""

    ecosystem: str
    passed: bool
    is_infrastructure: bool
    waits: dict[tuple[str, str, str], Wait]  # by ecosystem, recipe name and platform


def fetch(connection: Connection, ecosystem: str) -> dict[WaitKey, Wait]:
    """The recipes of an ecosystem that were left out."""
    return {
        (name, platform): _wait(values)
        for name, platform, *values in run_statement(connection, _WAITS, ecosystem)
    }


def are_there(connection: Connection, ecosystems: Iterable[str]) -> bool:
    """Whether a recipe of some ecosystems was left out."""
    statement = "SELECT 1 FROM plan_waits WHERE ecosystem = ? LIMIT 1"
    return any(run_statement(connection, statement, ecosystem) for ecosystem in ecosystems)


def fetch_durations(connection: Connection, advised: GivenAdvice) -> dict[WaitKey, int | None]:
    """The median duration in milliseconds of each recipe whose wait begins; None: unknown."""
    waiting = {tuple(key) for key in run_statement(connection, _WAITING, advised.ecosystem)}
    found: dict[WaitKey, int | None] = {}
    for name, platform in advised.left_out:
        if (name, platform) not in waiting:
            rows = run_statement(connection, _DURATIONS, name, advised.ecosystem, platform)
            known = [seconds for (seconds,) in rows]
            found[name, platform] = milliseconds(median(known)) if known else None
    return found


def add(
    connection: Connection,
    advised: GivenAdvice,
    durations: Mapping[WaitKey, int | None],
    now: datetime,
) -> Savings:
    """Note the recipes that a request was advised to leave out; the attempts that this adds.

    `durations` are those of `fetch_durations`.
    """
    at = int(now.timestamp())
    forgotten = (at - FORGOTTEN_AFTER, at - DAY)
    run_statement(connection, _FORGET, advised.ecosystem, *forgotten)
    waits = fetch(connection, advised.ecosystem)
    request = Request(advised.batch_id, at)
    after: dict[tuple[str, str, str], Wait] = {}
    sums = Savings()
    for name, platform in sorted(set(advised.left_out)):
        key = (name, platform)
        wait = leave_out(waits.get(key), request, durations.get(key))
        if wait is not None:
            after[advised.ecosystem, name, platform] = wait
            sums = sums.plus(savings_of(wait.milliseconds, platform))
    put(connection, after)
    return sums


def fetch_attempts(connection: Connection, batch_run_id: int) -> list[AttemptedWait]:
    """The attempts of a stored run at recipes that were left out, in their order."""
    rows = run_statement(connection, _ATTEMPTS, batch_run_id)
    found = []
    for _, of_result in groupby(rows, key=lambda row: row[0]):
        waits = list(of_result)
        ecosystem, *_, passed, is_infrastructure = waits[0][1:6]
        found.append(
            AttemptedWait(
                ecosystem,
                bool(passed),
                bool(is_infrastructure),
                {tuple(row[1:4]): _wait(row[6:]) for row in waits},
            )
        )
    return found


def put(connection: Connection, waits: Mapping[tuple[str, str, str], Wait]) -> None:
    """Write waits by ecosystem, recipe name and platform; those that are over are deleted."""
    over = [key for key, wait in waits.items() if wait.since is None and not wait.requests]
    execute_many(connection, _DELETE, over)
    rows: list[tuple[Any, ...]] = [
        (*key, *wait[:-1], orjson.dumps([tuple(request) for request in wait.requests]).decode())
        for key, wait in waits.items()
        if wait.since is not None or wait.requests
    ]
    upsert_rows(connection, plan_waits, COLUMNS, rows, _UPDATES)


def _wait(values: Any) -> Wait:
    since, left_out, last_at, of_attempt, requests = values
    known = tuple(Request(*request) for request in orjson.loads(requests))
    return Wait(since, left_out, last_at, of_attempt, known)
