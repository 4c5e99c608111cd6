"""What each batch run says of its recipes to the circuit breaker, and the trial it belongs to."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED
from batch_dashboard.model.ingest.summaries import NOTHING, RecipeKey, RecipeOutcome
from batch_dashboard.model.judgement.trials import (
    TRIAL_LENGTH,
    AttemptedRun,
    RunRecipes,
    Trial,
    recipes_of_run,
    trials_of,
)
from batch_dashboard.store.ingest.bulk import execute_many, run_statement
from batch_dashboard.store.times import time_of_text

# Enough to see how the last ten recipes fared, mostly.
LAST_RUNS = 8
_HOUR = int(TRIAL_LENGTH.total_seconds())
_COLUMNS = "started_at, batch_run_id, trial_at, batch_id, ended_at, passed, failed, named"
_INSERT = (
    f"INSERT INTO circuit_breaker_runs (ecosystem, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ROWS = f"SELECT {_COLUMNS} FROM circuit_breaker_runs WHERE ecosystem = ?"
_ROW = f"{_ROWS} AND started_at = ? AND batch_run_id = ?"
_ROWS_BEFORE = f"{_ROWS} AND started_at < ? ORDER BY started_at DESC, batch_run_id DESC LIMIT ?"
_LAST_ROWS = f"{_ROWS} ORDER BY started_at DESC, batch_run_id DESC LIMIT {LAST_RUNS}"
_ROWS_FROM = (
    f"{_ROWS} AND started_at >= ? AND (started_at, batch_run_id) >= (?, ?)"
    " ORDER BY started_at, batch_run_id LIMIT ?"
)
_ROWS_BETWEEN = f"{_ROWS} AND started_at >= ? AND started_at < ? ORDER BY started_at, batch_run_id"
_OF_BATCH = (
    "SELECT started_at, batch_run_id, trial_at FROM circuit_breaker_runs"
    " WHERE ecosystem = ? AND batch_id = ? AND started_at >= ? AND started_at < ?"
    " ORDER BY started_at, batch_run_id"
)
_SURROUNDINGS = (
    "SELECT EXISTS (SELECT 1 FROM circuit_breaker_runs WHERE ecosystem = ? AND started_at > ?),"
    " EXISTS (SELECT 1 FROM circuit_breaker_runs WHERE ecosystem = ? AND batch_id = ?"
    " AND started_at > ? AND started_at <= ?),"
    " (SELECT half_open_at FROM circuit_breaker_changes WHERE ecosystem = ?"
    " ORDER BY started_at DESC, batch_run_id DESC LIMIT 1)"
)
_ALL_RUNS = (
    "SELECT id FROM batch_runs WHERE ecosystem = ? AND passed + failed > 0 ORDER BY started_at, id"
)
_PASSES = "SELECT id, passed FROM batch_runs WHERE ecosystem = ? AND passed > 0"
_RUN = (
    "SELECT ecosystem, started_at, batch_id, coalesce(completed_at, started_at), passed, failed,"
    " pruned_results FROM batch_runs WHERE id = ?"
)
_RESULTS = (
    "SELECT ecosystem, recipe_name, result, known_to_fail FROM recipe_results"
    f" WHERE batch_run_id = ? AND result IN ('{PASSED}', '{FAILED}') ORDER BY id"
)
# Before every run there can be.
BEGINNING = 0
# Of a run that was not given to a trial yet.
UNASSIGNED = 0
FIRST_PAGE = 12
PAGE = 500


class Surroundings(NamedTuple):
    """Where a run stands among the others of its ecosystem."""

    is_before_others: bool
    is_of_known_trial: bool  # a run of its batch started within the hour before
    half_open_at: int | None  # of the breaker by its last change, Unix seconds; None: it is closed


class Span(NamedTuple):
    """Times between which trials may be others than before, the first and the last one included."""

    since: int
    until: int

    def and_span(self, other: "Span") -> "Span":
        """A span that holds both."""
        return Span(min(self.since, other.since), max(self.until, other.until))


def put(connection: Connection, ecosystem: str, run: AttemptedRun) -> Span:
    """Write what a run says; where trials of its ecosystem may be others than before."""
    started_at, run_id, _, batch_id, *values = _row_of(run)
    run_statement(
        connection,
        f"{_INSERT} ON CONFLICT (ecosystem, started_at, batch_run_id) DO UPDATE SET"
        " passed = excluded.passed, failed = excluded.failed, named = excluded.named",
        *(ecosystem, started_at, run_id, UNASSIGNED, batch_id, *values),
    )
    return _assign_trials(connection, ecosystem, batch_id, started_at)


def look(connection: Connection, ecosystem: str, run: AttemptedRun) -> Surroundings:
    """Where a run that is about to be written stands among the others of its ecosystem."""
    started_at = int(run.started_at.timestamp())
    [row] = run_statement(
        connection,
        _SURROUNDINGS,
        *(ecosystem, started_at),
        *(ecosystem, run.batch_id, started_at - _HOUR, started_at),
        ecosystem,
    )
    return Surroundings(bool(row[0]), bool(row[1]), row[2])


def append(connection: Connection, ecosystem: str, run: AttemptedRun) -> None:
    """Write what a run says that begins a trial behind all others."""
    run_statement(connection, _INSERT, ecosystem, *_row_of(run))


def fetch_last(connection: Connection, ecosystem: str) -> list[AttemptedRun]:
    """The last runs, oldest first, those of whole trials only."""
    last = run_statement(connection, _LAST_ROWS, ecosystem)
    whole_from = last[-1][0] + 1 if len(last) == LAST_RUNS else 0
    return [_run_of(row) for row in reversed(last) if row[2] >= whole_from]


def remove(connection: Connection, ecosystem: str, run_id: int, started_at: datetime) -> Span:
    """Forget a run; where trials of its ecosystem may be others than before."""
    unix = int(started_at.timestamp())
    place = (ecosystem, unix, run_id)
    where = "WHERE ecosystem = ? AND started_at = ? AND batch_run_id = ?"
    rows = run_statement(
        connection, f"SELECT batch_id, trial_at FROM circuit_breaker_runs {where}", *place
    )
    if not rows:
        return Span(unix, unix)
    [[batch_id, trial_at]] = rows
    run_statement(connection, f"DELETE FROM circuit_breaker_runs {where}", *place)
    return _assign_trials(connection, ecosystem, batch_id, unix).and_span(Span(trial_at, unix))


def remove_day(connection: Connection, ecosystem: str, day: date) -> Span:
    """Forget the runs of a UTC day and all before; where trials may be others than before."""
    end = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + 24 * _HOUR
    last_hour = run_statement(connection, _ROWS_BETWEEN, ecosystem, end - _HOUR, end)
    run_statement(
        connection,
        "DELETE FROM circuit_breaker_runs WHERE ecosystem = ? AND started_at < ?",
        *(ecosystem, end),
    )
    span = Span(BEGINNING, end)
    for batch_id in {row[3] for row in last_hour}:
        span = span.and_span(_assign_trials(connection, ecosystem, batch_id, end))
    return span


def find(connection: Connection, batch_run_id: int) -> tuple[str, AttemptedRun] | None:
    """What a stored run says, by its results, with its ecosystem; None: nothing was attempted.

    What a run said when retention began to drop its results stays; where nothing is stored of it,
    only its counts speak.
    """
    rows = run_statement(connection, _RUN, batch_run_id)
    if not rows or not rows[0][4] + rows[0][5]:
        return None
    [(ecosystem, started_at, batch_id, ended_at, passed, failed, pruned)] = rows
    began = _time(started_at)
    if pruned:
        stored = run_statement(connection, _ROW, ecosystem, int(began.timestamp()), batch_run_id)
        if stored:
            return ecosystem, _run_of(stored[0])
    outcomes: dict[RecipeKey, RecipeOutcome] = {}
    known: Counter[RecipeKey] = Counter()
    for of_recipe, name, result, known_to_fail in (
        () if pruned else run_statement(connection, _RESULTS, batch_run_id)
    ):
        key = (of_recipe, name)
        before = outcomes.get(key, NOTHING)
        outcomes[key] = before.and_passed() if result == PASSED else before.and_failed(0)
        if known_to_fail:
            known[key] += 1
    recipes = recipes_of_run(ecosystem, (), outcomes, known, (passed, failed))
    return ecosystem, AttemptedRun(began, batch_run_id, began, batch_id, _time(ended_at), recipes)


def iter_trials(connection: Connection, ecosystem: str, since: int) -> Iterator[Trial]:
    """The trials of an ecosystem from a time on, at which one begins, in their order."""
    return trials_of(_iter_runs(connection, ecosystem, since, FIRST_PAGE))


def iter_runs_with_passes(
    connection: Connection, ecosystem: str
) -> Iterator[tuple[AttemptedRun, int]]:
    """Every run of an ecosystem in its order, with the number of passes that it counts."""
    passes = dict(run_statement(connection, _PASSES, ecosystem))
    for run in _iter_runs(connection, ecosystem, BEGINNING, PAGE):
        yield run, passes.get(run.id, 0)


def _iter_runs(
    connection: Connection, ecosystem: str, since: int, length: int
) -> Iterator[AttemptedRun]:
    """The runs of trials from a time on, in their order; `length` is that of the first page."""
    started_at, run_id = since, 0
    while True:
        page = run_statement(
            connection, _ROWS_FROM, ecosystem, started_at, started_at, run_id, length
        )
        yield from (_run_of(row) for row in page if row[2] >= since)
        if len(page) < length:
            return
        started_at, run_id, length = page[-1][0], page[-1][1] + 1, PAGE


def fetch_trials_before(
    connection: Connection, ecosystem: str, until: int, count: int
) -> list[Trial]:
    """The last `count` trials that began before a time, or a few more."""
    # A run that started after that time may belong to a trial that began before it.
    later = run_statement(connection, _ROWS_BETWEEN, ecosystem, until, until + _HOUR)
    length = count + FIRST_PAGE
    while True:
        page = run_statement(connection, _ROWS_BEFORE, ecosystem, until, length)
        rows = [*reversed(page), *later]
        if len(page) == length:
            # Trials of which earlier runs may not be among the rows.
            whole_from = page[-1][0] + 1
            rows = [row for row in rows if row[2] >= whole_from]
        trials = list(trials_of(_run_of(row) for row in rows if row[2] < until))
        if len(page) < length or len(trials) >= count:
            return trials
        length *= 4


def rebuild(connection: Connection, ecosystem: str) -> None:
    """Look at the results of every run of an ecosystem again."""
    rows = [_row_of(run) for run in _expected(connection, ecosystem)]
    run_statement(connection, "DELETE FROM circuit_breaker_runs WHERE ecosystem = ?", ecosystem)
    execute_many(connection, _INSERT, ((ecosystem, *row) for row in rows))


def count_drift(connection: Connection, ecosystem: str) -> int:
    """How many runs are missing or too many, or say what their results do not."""
    stored = {_run_of(row) for row in run_statement(connection, _ROWS, ecosystem)}
    return len(stored.symmetric_difference(_expected(connection, ecosystem)))


def _expected(connection: Connection, ecosystem: str) -> Iterator[AttemptedRun]:
    """What every run of an ecosystem says, each in its trial."""
    trials: dict[str, datetime] = {}
    for (run_id,) in run_statement(connection, _ALL_RUNS, ecosystem):
        found = find(connection, run_id)
        if found is None:
            continue
        run = found[1]
        trial = trials.get(run.batch_id)
        if trial is None or run.started_at >= trial + TRIAL_LENGTH:
            trial = trials[run.batch_id] = run.started_at
        yield run._replace(trial_at=trial)


def _assign_trials(connection: Connection, ecosystem: str, batch_id: str, since: int) -> Span:
    """Give the runs of a batch from a time on to trials again; where trials may be others."""
    before = run_statement(connection, _OF_BATCH, ecosystem, batch_id, since - _HOUR + 1, since)
    trial: int | None = before[-1][2] if before else None
    affected, began = Span(since, since), since
    while rows := run_statement(connection, _OF_BATCH, ecosystem, batch_id, since, since + _HOUR):
        for started_at, run_id, stored in rows:
            if trial is None or started_at >= trial + _HOUR:
                trial = int(started_at)
            affected = affected.and_span(Span(min(trial, stored or trial), started_at))
            if stored == trial and started_at > began:
                # Every run behind it is in the right trial too.
                return affected
            if stored != trial:
                run_statement(
                    connection,
                    "UPDATE circuit_breaker_runs SET trial_at = ?"
                    " WHERE ecosystem = ? AND started_at = ? AND batch_run_id = ?",
                    trial,
                    ecosystem,
                    started_at,
                    run_id,
                )
        since = rows[-1][0] + 1
    return affected


def _row_of(run: AttemptedRun) -> tuple[Any, ...]:
    """The values of _COLUMNS."""
    named = run.recipes.named
    return (
        int(run.started_at.timestamp()),
        run.id,
        int(run.trial_at.timestamp()),
        run.batch_id,
        int(run.ended_at.timestamp()),
        run.recipes.passed,
        run.recipes.failed,
        json.dumps(named, ensure_ascii=False) if named else "",
    )


def _run_of(row: Sequence[Any]) -> AttemptedRun:
    started_at, run_id, trial_at, batch_id, ended_at, passed, failed, named = row
    return AttemptedRun(
        _time(started_at),
        run_id,
        _time(trial_at),
        batch_id,
        _time(ended_at),
        RunRecipes(passed, failed, tuple(map(tuple, json.loads(named))) if named else ()),
    )


def _time(value: Any) -> datetime:
    """A time as the driver gives it: text or seconds since 1970 on SQLite."""
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    return time_of_text(value) if isinstance(value, str) else value.astimezone(UTC)
