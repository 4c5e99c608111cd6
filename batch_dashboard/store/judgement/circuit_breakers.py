"""Changes of circuit breakers, updated with each upload and deletion."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    delete,
    func,
    insert,
    literal_column,
    select,
)

from batch_dashboard.model.judgement.circuit_breaker import (
    WINDOW_ATTEMPTS,
    AttemptedRun,
    BreakerState,
    Change,
    CircuitBreaker,
)
from batch_dashboard.store.ingest.bulk import run_statement
from batch_dashboard.store.schema import batch_runs, circuit_breaker_changes
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun
from batch_dashboard.store.times import time_of_text

_run = batch_runs.c
_change = circuit_breaker_changes.c
_COLUMNS = tuple(_change[name] for name in Change._fields)
# As the partial index says it.
ATTEMPTED = _run.passed + _run.failed > literal_column("0")

# Every upload sends these statements, so they bypass SQLAlchemy (store/ingest/bulk). The first
# condition on started_at is for the index: some versions do not use it for row values alone.
_RUNS = (
    "SELECT started_at, id, coalesce(completed_at, started_at), passed, failed FROM batch_runs"
    " WHERE ecosystem = ? AND passed + failed > 0"
)
_RUNS_BEFORE = (
    f"{_RUNS} AND started_at <= ? AND (started_at, id) < (?, ?)"
    f" ORDER BY started_at DESC, id DESC LIMIT {WINDOW_ATTEMPTS}"
)
_RUNS_FROM = (
    f"{_RUNS} AND started_at >= ? AND (started_at, id) >= (?, ?) ORDER BY started_at, id LIMIT ?"
)
_CHANGES = f"SELECT {', '.join(Change._fields)} FROM circuit_breaker_changes WHERE ecosystem = ?"
_CHANGE_BEFORE = (
    f"{_CHANGES} AND started_at <= ? AND (started_at, batch_run_id) < (?, ?)"
    " ORDER BY started_at DESC, batch_run_id DESC LIMIT 1"
)
_CHANGES_FROM = (
    f"{_CHANGES} AND started_at >= ? AND (started_at, batch_run_id) >= (?, ?)"
    " ORDER BY started_at, batch_run_id LIMIT ?"
)
# A late run usually affects only the runs of one window; otherwise the next pages are longer.
FIRST_PAGE = WINDOW_ATTEMPTS + 2
PAGE = 500
Place = tuple[datetime, int]
# Earlier than every possible run.
BEGINNING: Place = (datetime.min.replace(tzinfo=UTC), 0)


def add(connection: Connection, added: AddedRun) -> None:
    """Update the breaker for a run that was just stored; without attempts nothing changes."""
    run = added.run
    if run.passed + run.failed:
        _refresh(connection, run.ecosystem, run.started_at, run.id)


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Compute the changes after a run again, once the run is deleted."""
    yield
    _refresh(connection, run.ecosystem, run.started_at, run.id)


@contextmanager
def pruning_day(connection: Connection, ecosystem: str, _day: date) -> Iterator[None]:
    """Compute the changes of an ecosystem again from the oldest stored run."""
    yield
    _refresh(connection, ecosystem, *BEGINNING)


def _refresh(connection: Connection, ecosystem: str, started_at: datetime, run_id: int) -> None:
    """Compute the changes again from a run on, until they agree with the stored ones."""
    place = (started_at, run_id)
    breaker = _breaker_before(connection, ecosystem, place)
    kept = _iter_changes(connection, ecosystem, place)
    stored = next(kept, None)
    gone: list[Change] = []
    new: list[Change] = []
    for followed, run in enumerate(_iter_runs(connection, ecosystem, place)):
        while stored is not None and stored.place < run.place:
            gone.append(stored)
            stored = next(kept, None)
        change = breaker.follow(run)
        if change is not None:
            if change == stored:
                # After an equal change, all later ones are equal.
                break
            new.append(change)
        elif (
            followed >= WINDOW_ATTEMPTS
            and not (gone or new or breaker.is_open)
            and (stored is None or stored.place > run.place)
        ):
            # The same applies if nothing changed for as long as runs are remembered.
            break
    else:
        gone += [stored, *kept] if stored is not None else []
    for change in gone:
        _delete(connection, ecosystem, change)
    for change in new:
        _delete(connection, ecosystem, change)
    _insert(connection, ecosystem, new)


def rebuild(connection: Connection) -> None:
    """Compute all changes of every ecosystem again."""
    connection.execute(delete(circuit_breaker_changes))
    for ecosystem in connection.execute(select(_run.ecosystem).distinct()).scalars().all():
        _insert(connection, ecosystem, list(_simulated(connection, ecosystem)))


def count_drift(connection: Connection) -> dict[str, int]:
    """The number of changes that are missing, wrong or superfluous."""
    names = connection.execute(select(_run.ecosystem).union(select(_change.ecosystem))).scalars()
    differences = sum(
        len(set(_iter_changes(connection, name, BEGINNING)) ^ set(_simulated(connection, name)))
        for name in names.all()
    )
    return {"circuit_breaker_changes": differences}


def fetch_last(connection: Connection, ecosystem: str | None = None) -> dict[str, Change]:
    """The last change of each ecosystem that has one, or of one ecosystem."""
    latest = select(_change.ecosystem, func.max(_change.started_at).label("started_at")).group_by(
        _change.ecosystem
    )
    if ecosystem is not None:
        latest = latest.where(_change.ecosystem == ecosystem)
    of = latest.subquery()
    query = (
        select(_change.ecosystem, *_COLUMNS)
        .join(of, (of.c.ecosystem == _change.ecosystem) & (of.c.started_at == _change.started_at))
        .order_by(_change.started_at, _change.batch_run_id)
    )
    return {row[0]: Change(*row[1:]) for row in connection.execute(query)}


def fetch_history(
    connection: Connection, ecosystem: str, until: datetime, count: int
) -> list[Change]:
    """Up to `count` changes whose runs started before a time, newest first."""
    query = (
        select(*_COLUMNS)
        .where(_change.ecosystem == ecosystem, _change.started_at < until)
        .order_by(_change.started_at.desc(), _change.batch_run_id.desc())
        .limit(count)
    )
    return [Change(*row) for row in connection.execute(query)]


def _simulated(connection: Connection, ecosystem: str) -> Iterator[Change]:
    breaker = CircuitBreaker()
    for run in _iter_runs(connection, ecosystem, BEGINNING):
        change = breaker.follow(run)
        if change is not None:
            yield change


def _breaker_before(connection: Connection, ecosystem: str, place: Place) -> CircuitBreaker:
    """The breaker after the runs before a cursor."""
    unix = int(place[0].timestamp())
    last = run_statement(connection, _CHANGE_BEFORE, ecosystem, unix, unix, place[1])
    before = run_statement(connection, _RUNS_BEFORE, ecosystem, place[0], *place)
    change = _change_of(last[0]) if last else None
    breaker = CircuitBreaker(change)
    if change is None or change.state != BreakerState.OPEN:
        runs = map(_run_of, reversed(before))
        breaker.resume(run for run in runs if change is None or run.place >= change.place)
    return breaker


def _time(value: Any) -> datetime:
    """Convert a time from the driver: on SQLite text, or seconds since 1970."""
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    return time_of_text(value) if isinstance(value, str) else value.astimezone(UTC)


def _iter_runs(connection: Connection, ecosystem: str, place: Place) -> Iterator[AttemptedRun]:
    """The runs of an ecosystem in their order, from a cursor on."""
    length = FIRST_PAGE
    started_at, run_id = place
    while True:
        page = run_statement(
            connection, _RUNS_FROM, ecosystem, started_at, started_at, run_id, length
        )
        yield from map(_run_of, page)
        if len(page) < length:
            return
        # As stored: a time that cannot be parsed would lead back to earlier runs.
        started_at, run_id, length = page[-1][0], page[-1][1] + 1, PAGE


def _iter_changes(connection: Connection, ecosystem: str, place: Place) -> Iterator[Change]:
    """The stored changes of an ecosystem in their order, from a cursor on."""
    length = FIRST_PAGE
    while True:
        unix = int(place[0].timestamp())
        page = run_statement(connection, _CHANGES_FROM, ecosystem, unix, unix, place[1], length)
        changes = list(map(_change_of, page))
        yield from changes
        if len(changes) < length:
            return
        place, length = (changes[-1].started_at, changes[-1].batch_run_id + 1), PAGE


def _run_of(row: Sequence[Any]) -> AttemptedRun:
    return AttemptedRun(_time(row[0]), row[1], _time(row[2]), row[3], row[4])


def _change_of(row: Sequence[Any]) -> Change:
    return Change(_time(row[0]), row[1], row[2], _time(row[3]), row[4])


def _delete(connection: Connection, ecosystem: str, change: Change) -> None:
    connection.execute(
        delete(circuit_breaker_changes).where(
            _change.ecosystem == ecosystem,
            _change.started_at == change.started_at,
            _change.batch_run_id == change.batch_run_id,
        )
    )


def _insert(connection: Connection, ecosystem: str, changes: Sequence[Change]) -> None:
    if changes:
        connection.execute(
            insert(circuit_breaker_changes),
            [{"ecosystem": ecosystem, **change._asdict()} for change in changes],
        )
