"""The ledger by day: what the plan advised, and the outcomes of the runs that started then.

What was advised is added by requests for the plan. The outcomes of each batch run are a row of
`plan_outcomes`, and their sums are kept like other sums of batch runs.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection

from batch_dashboard.model.lists.periods import DAY
from batch_dashboard.model.plan.ledger import (
    GivenAdvice,
    Outcome,
    Savings,
    Wait,
    savings_of,
    settle,
)
from batch_dashboard.store.ingest.bulk import as_stored, run_statement, upsert_rows
from batch_dashboard.store.plan import waits
from batch_dashboard.store.schema import plan_days, plan_outcomes
from batch_dashboard.store.schema.ledger import SAVINGS_SUFFIXES
from batch_dashboard.store.summaries.drift import count_differences
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun

ADVICE = ("requests", "advised", *(f"left_out{suffix}" for suffix in SAVINGS_SUFFIXES))
OUTCOME = (
    *(f"not_followed{suffix}" for suffix in SAVINGS_SUFFIXES),
    "late_passes",
    "max_delay_seconds",
)
_NAMES = ", ".join(OUTCOME)
_SUMS = ", ".join(
    f"CAST(coalesce({'max' if name.startswith('max_') else 'sum'}({name}), 0) AS BIGINT) AS {name}"
    for name in OUTCOME
)
_REPLACED = ", ".join(f"{name} = excluded.{name}" for name in OUTCOME)
_NO_OUTCOMES = f"UPDATE plan_days SET {', '.join(f'{name} = 0' for name in OUTCOME)}"
_DELETE_EMPTY = "DELETE FROM plan_days WHERE requests = 0 AND not_followed = 0 AND late_passes = 0"
_OF_DAY = "day = ? AND ecosystem = ?"
_DAYS_OF_RUN = "SELECT day, ecosystem FROM plan_outcomes WHERE batch_run_id = ?"
_OF_RUNS = (
    f"SELECT day, ecosystem, {_SUMS} FROM plan_outcomes WHERE batch_run_id IN (SELECT id"
    " FROM batch_runs WHERE ecosystem = ? AND started_at >= ? AND started_at < ?)"
    " GROUP BY day, ecosystem"
)


def add_advice(connection: Connection, advised: GivenAdvice, left_out: Savings, day: date) -> None:
    """Count a request for the plan, and the attempts that it was advised to leave out."""
    upsert_rows(
        connection,
        plan_days,
        ("day", "ecosystem", *ADVICE),
        [(as_stored(connection, day), advised.ecosystem, 1, advised.advised, *left_out)],
        [f"{name} = plan_days.{name} + excluded.{name}" for name in ADVICE],
    )


def add(connection: Connection, added: AddedRun) -> None:
    """Take a run that is stored now into account.

    The outcomes of an excluded run are restored with it. A new run is compared with the recipes
    that were left out, if there are any.
    """
    run = added.run
    if not added.is_newest:
        _refresh(connection, _days_of_run(connection, run.id))
    elif waits.are_there(connection, {ecosystem for ecosystem, _ in added.summary.recipes}):
        outcomes = _settle_run(connection, run)
        day = run.started_at.date()
        upsert_rows(
            connection,
            plan_outcomes,
            ("batch_run_id", "ecosystem", "day", *OUTCOME),
            [
                (run.id, ecosystem, as_stored(connection, day), *outcome[0], *outcome[1:])
                for ecosystem, outcome in outcomes.items()
            ],
            ("day = excluded.day",),
        )
        _refresh(connection, [(day, ecosystem) for ecosystem in outcomes])


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Sum the day of a run again once it is deleted."""
    days = _days_of_run(connection, run.id)
    yield
    _refresh(connection, days)


def rebuild(connection: Connection) -> None:
    """Sum the outcomes of all runs again."""
    run_statement(connection, _NO_OUTCOMES)
    run_statement(connection, _put_days())
    run_statement(connection, _DELETE_EMPTY)


def count_drift(connection: Connection) -> dict[str, int]:
    """How many days differ from the outcomes of their runs."""
    stored = (
        f"SELECT day, ecosystem, {_NAMES} FROM plan_days WHERE not_followed > 0 OR late_passes > 0"
    )
    return {"plan_days": count_differences(connection, _expected(), stored)}


@contextmanager
def pruning_day(connection: Connection, ecosystem: str, day: date) -> Iterator[None]:
    """Keep the outcomes of the runs of a day that are all pruned."""
    since = datetime.combine(day, time(), UTC)
    kept = "pruned_plan_outcomes"
    updates = ", ".join(
        f"{name} = CASE WHEN excluded.{name} > {kept}.{name} THEN excluded.{name}"
        f" ELSE {kept}.{name} END"
        if name.startswith("max_")
        else f"{name} = {kept}.{name} + excluded.{name}"
        for name in OUTCOME
    )
    run_statement(
        connection,
        f"INSERT INTO {kept} (day, ecosystem, {_NAMES}) SELECT * FROM ({_OF_RUNS}) AS sums"
        f" WHERE 1 = 1 ON CONFLICT (day, ecosystem) DO UPDATE SET {updates}",
        ecosystem,
        since,
        since + DAY,
    )
    yield


def _settle_run(connection: Connection, run: StoredRun) -> dict[str, Outcome]:
    """What a run attempted although it was left out, and what passed late, by ecosystem."""
    after: dict[tuple[str, str, str], Wait] = {}
    outcomes: dict[str, Outcome] = {}
    started_at = int(run.started_at.timestamp())
    for attempt in waits.fetch_attempts(connection, run.id):
        not_followed, delay = Savings(), 0
        for key, stored in attempt.waits.items():
            settled = settle(
                after.get(key, stored),
                run.batch_id,
                started_at,
                passed=attempt.passed,
                is_infrastructure=attempt.is_infrastructure,
            )
            after[key] = settled.wait
            delay = max(delay, settled.delay_seconds or 0)
            if settled.is_not_followed:
                not_followed = not_followed.plus(savings_of(stored.milliseconds, key[2]))
        if not_followed.attempts or delay:
            before = outcomes.get(attempt.ecosystem, Outcome())
            outcomes[attempt.ecosystem] = before.plus(Outcome(not_followed, int(delay > 0), delay))
    waits.put(connection, after)
    return outcomes


def _days_of_run(connection: Connection, batch_run_id: int) -> list[Any]:
    return run_statement(connection, _DAYS_OF_RUN, batch_run_id)


def _refresh(connection: Connection, days: Iterable[tuple[Any, str]]) -> None:
    """Sum the outcomes of some days of ecosystems again."""
    for day, ecosystem in days:
        run_statement(connection, f"{_NO_OUTCOMES} WHERE {_OF_DAY}", day, ecosystem)
        run_statement(connection, _put_days(f" WHERE {_OF_DAY}"), day, ecosystem, day, ecosystem)
        run_statement(connection, f"{_DELETE_EMPTY} AND {_OF_DAY}", day, ecosystem)


def _put_days(of: str = "") -> str:
    """A statement that writes the sums of days; `of` chooses days, once in each of two tables."""
    return (
        f"INSERT INTO plan_days (day, ecosystem, {_NAMES}) SELECT * FROM ({_expected(of)}) AS sums"
        f" WHERE 1 = 1 ON CONFLICT (day, ecosystem) DO UPDATE SET {_REPLACED}"
    )


def _expected(of: str = "") -> str:
    """The sums of days by the outcomes of stored and of deleted runs."""
    parts = " UNION ALL ".join(
        f"SELECT day, ecosystem, {_NAMES} FROM {table}{of}"
        for table in ("plan_outcomes", "pruned_plan_outcomes")
    )
    return f"SELECT day, ecosystem, {_SUMS} FROM ({parts}) AS parts GROUP BY day, ecosystem"
