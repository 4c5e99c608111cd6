"""Daily rollups of batch runs: one row for each UTC day and ecosystem.

A row is always computed from all runs of the day, and never added to: minutes are fractions, whose
sum depends on the order of the additions.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from itertools import groupby
from math import fsum
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, exists, select

from batch_dashboard.model.lists.periods import DAY
from batch_dashboard.store.ingest.bulk import as_stored, run_statement, upsert_rows
from batch_dashboard.store.schema import batch_runs, ecosystem_days, pruned_ecosystem_days
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun

COLUMNS = tuple(column.name for column in ecosystem_days.columns)
_UPDATES = tuple(f"{name} = excluded.{name}" for name in COLUMNS[2:])
_SUMMED = (
    batch_runs.c.total_recipes,
    batch_runs.c.passed,
    batch_runs.c.failed,
    batch_runs.c.skipped,
    batch_runs.c.macos_minutes,
    batch_runs.c.linux_minutes,
    batch_runs.c.result_count,
    batch_runs.c.failed_milliseconds,
)
_RUNS_OF_DAY = (
    f"SELECT {', '.join(column.name for column in _SUMMED)} FROM batch_runs"
    " WHERE ecosystem = ? AND started_at >= ? AND started_at < ?"
)
_PRUNED_DAY = (
    f"SELECT {', '.join(COLUMNS[2:])} FROM pruned_ecosystem_days WHERE ecosystem = ? AND day = ?"
)
WRITE_SLICE = 1_000


class EcosystemDay(NamedTuple):
    """A row of `ecosystem_days`; minutes are sums of the known ones."""

    day: date
    ecosystem: str
    runs: int
    total_recipes: int
    passed: int
    failed: int
    skipped: int
    empty_runs: int
    macos_minutes: float
    linux_minutes: float
    macos_unknown_runs: int
    linux_unknown_runs: int
    result_count: int
    failed_milliseconds: int


def refresh_day(connection: Connection, day: date, ecosystem: str) -> None:
    """Compute the row of one ecosystem and day from its runs; without runs there is no row."""
    since = datetime.combine(day, time(), UTC)
    runs = run_statement(connection, _RUNS_OF_DAY, ecosystem, since, since + DAY)
    pruned = run_statement(connection, _PRUNED_DAY, ecosystem, day)
    if runs or pruned:
        _write(connection, [_sum_day(day, ecosystem, runs, pruned[0] if pruned else None)])
    else:
        connection.execute(
            delete(ecosystem_days).where(
                ecosystem_days.c.day == day, ecosystem_days.c.ecosystem == ecosystem
            )
        )


def add(connection: Connection, added: AddedRun) -> None:
    """Compute the day of a run that was just stored."""
    refresh_day(connection, added.run.started_at.date(), added.run.ecosystem)


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Compute the day of a run after the run is deleted."""
    yield
    refresh_day(connection, run.started_at.date(), run.ecosystem)


@contextmanager
def pruning_day(connection: Connection, ecosystem: str, day: date) -> Iterator[None]:
    """Store the sums of a day whose runs are all pruned."""
    names = ", ".join(COLUMNS)
    run_statement(
        connection,
        "DELETE FROM pruned_ecosystem_days WHERE ecosystem = ? AND day = ?",
        ecosystem,
        day,
    )
    run_statement(
        connection,
        f"INSERT INTO pruned_ecosystem_days ({names}) SELECT {names} FROM ecosystem_days"
        " WHERE ecosystem = ? AND day = ?",
        ecosystem,
        day,
    )
    yield


def are_missing(connection: Connection) -> bool:
    """Whether there are batch runs but no rollups, as after an upgrade of the schema."""
    return bool(
        connection.execute(
            select(exists(select(batch_runs.c.id)) & ~exists(select(ecosystem_days.c.day)))
        ).scalar_one()
    )


def rebuild(connection: Connection) -> None:
    """Compute every day from its runs."""
    connection.execute(delete(ecosystem_days))
    slice_: list[EcosystemDay] = []
    for row in _sum_all(connection):
        slice_.append(row)
        if len(slice_) == WRITE_SLICE:
            _write(connection, slice_)
            slice_.clear()
    _write(connection, slice_)


def count_drift(connection: Connection) -> dict[str, int]:
    """The number of rows that differ from the sums of the batch runs."""
    stored = {
        (row.day, row.ecosystem): EcosystemDay(*row)
        for row in connection.execute(select(ecosystem_days))
    }
    drift = 0
    for expected in _sum_all(connection):
        drift += stored.pop((expected.day, expected.ecosystem), None) != expected
    return {"ecosystem_days": drift + len(stored)}


def _sum_all(connection: Connection) -> Iterator[EcosystemDay]:
    pruned = {
        (row.ecosystem, row.day): row[2:]
        for row in connection.execute(select(pruned_ecosystem_days))
    }
    runs = connection.execute(
        select(*_SUMMED, batch_runs.c.ecosystem, batch_runs.c.started_at).order_by(
            batch_runs.c.ecosystem, batch_runs.c.started_at
        ),
        # For this statement only; an option of the connection would also apply to later ones.
        execution_options={"yield_per": WRITE_SLICE},
    )
    for (ecosystem, day), day_runs in groupby(
        runs, key=lambda run: (run.ecosystem, run.started_at.date())
    ):
        yield _sum_day(day, ecosystem, day_runs, pruned.pop((ecosystem, day), None))
    for (ecosystem, day), sums in pruned.items():
        yield EcosystemDay(day, ecosystem, *sums)


def _sum_day(
    day: date, ecosystem: str, day_runs: Iterable[Sequence[Any]], pruned: Sequence[Any] | None
) -> EcosystemDay:
    """The sums of a day's runs, and of those that were pruned."""
    columns = list(zip(*day_runs, strict=True)) or [()] * len(_SUMMED)
    total, passed, failed, skipped, macos, linux, results, lost, *_ = columns
    before = EcosystemDay(day, ecosystem, *(pruned or [0] * len(COLUMNS[2:])))
    return EcosystemDay(
        day=day,
        ecosystem=ecosystem,
        runs=before.runs + len(total),
        total_recipes=before.total_recipes + sum(total),
        passed=before.passed + sum(passed),
        failed=before.failed + sum(failed),
        skipped=before.skipped + sum(skipped),
        empty_runs=before.empty_runs + sum(map(_is_empty, passed, failed, skipped)),
        macos_minutes=_known_minutes((before.macos_minutes, *macos)),
        linux_minutes=_known_minutes((before.linux_minutes, *linux)),
        macos_unknown_runs=before.macos_unknown_runs + macos.count(None),
        linux_unknown_runs=before.linux_unknown_runs + linux.count(None),
        result_count=before.result_count + sum(results),
        failed_milliseconds=before.failed_milliseconds + sum(lost),
    )


def _is_empty(passed: int, failed: int, skipped: int) -> bool:
    return passed == failed == skipped == 0


def _known_minutes(minutes: Iterable[float | None]) -> float:
    """The exact sum, rounded once: the same whatever the order."""
    try:
        return fsum(value for value in minutes if value is not None)
    except OverflowError:
        return sys.float_info.max


def _write(connection: Connection, rows: list[EcosystemDay]) -> None:
    upsert_rows(
        connection,
        ecosystem_days,
        COLUMNS,
        [(as_stored(connection, row.day), *row[1:]) for row in rows],
        _UPDATES,
    )
