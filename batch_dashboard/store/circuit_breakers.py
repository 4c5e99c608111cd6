"""The circuit breakers' changes, kept as the runs come, late ones and deletions included."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)

from batch_dashboard.model.circuit_breaker import (
    OPEN,
    WINDOW_ATTEMPTS,
    AttemptedRun,
    Change,
    CircuitBreaker,
)
from batch_dashboard.store.bulk import run_statement
from batch_dashboard.store.schema import batch_runs, circuit_breaker_changes

_run = batch_runs.c
_change = circuit_breaker_changes.c
_COLUMNS = tuple(_change[name] for name in Change._fields)
# As the partial index says it.
ATTEMPTED = _run.passed + _run.failed > literal_column("0")
# One run more than a window holds: the one just stored is among them.
_LATEST_RUNS = (
    "SELECT started_at, id, coalesce(completed_at, started_at), passed, failed FROM batch_runs"  # noqa: S608
    " WHERE ecosystem = ? AND passed + failed > 0"
    f" ORDER BY started_at DESC, id DESC LIMIT {WINDOW_ATTEMPTS + 1}"
)
_LATEST_CHANGE = (
    f"SELECT {', '.join(Change._fields)} FROM circuit_breaker_changes"  # noqa: S608
    " WHERE ecosystem = ? ORDER BY started_at DESC, batch_run_id DESC LIMIT 1"
)
PAGE = 500


def add_run(connection: Connection, ecosystem: str, run: AttemptedRun) -> None:
    """Take a run just stored into account; one without attempts says nothing."""
    if not run.passed + run.failed:
        return
    # Of every upload, so without SQLAlchemy (store/bulk).
    latest, *before = [
        AttemptedRun(_time(row[0]), row[1], _time(row[2]), row[3], row[4])
        for row in run_statement(connection, _LATEST_RUNS, ecosystem)
    ]
    if latest.id != run.id:
        refresh(connection, ecosystem, run.started_at, run.id)
        return
    breaker = _resumed(
        [
            Change(_time(row[0]), row[1], row[2], _time(row[3]), row[4])
            for row in run_statement(connection, _LATEST_CHANGE, ecosystem)
        ],
        before,
    )
    change = breaker.follow(run)
    if change is not None:
        _insert(connection, ecosystem, [change])


def refresh(connection: Connection, ecosystem: str, started_at: datetime, run_id: int) -> None:
    """Follow the runs again from a place on, until nothing can differ from what is kept."""
    place = (started_at, run_id)
    breaker = _breaker_before(connection, ecosystem, place)
    kept = _fetch_changes(connection, ecosystem, place)
    gone: list[Change] = []
    new: list[Change] = []
    index = followed = 0
    for run in _iter_runs(connection, ecosystem, place):
        while index < len(kept) and kept[index].place < run.place:
            gone.append(kept[index])
            index += 1
        change = breaker.follow(run)
        followed += 1
        stored = kept[index] if index < len(kept) and kept[index].place == run.place else None
        if change == stored:
            # From an equal change on everything is equal; without any, once the window is new.
            if change is not None or (
                followed > WINDOW_ATTEMPTS and not gone and not new and not breaker.is_open
            ):
                index += stored is not None
                break
            continue
        if change is not None:
            new.append(change)
    else:
        gone += kept[index:]
    for change in gone:
        _delete(connection, ecosystem, change)
    for change in new:
        _delete(connection, ecosystem, change)
    _insert(connection, ecosystem, new)


def rebuild(connection: Connection) -> None:
    """Follow every run of every ecosystem again."""
    connection.execute(delete(circuit_breaker_changes))
    for ecosystem in connection.execute(select(_run.ecosystem).distinct()).scalars().all():
        _insert(connection, ecosystem, list(_simulated(connection, ecosystem)))


def count_drift(connection: Connection) -> int:
    """How many changes are missing, wrong or too many."""
    names = connection.execute(select(_run.ecosystem).union(select(_change.ecosystem))).scalars()
    return sum(
        len(set(_fetch_changes(connection, name, None)) ^ set(_simulated(connection, name)))
        for name in names.all()
    )


def fetch_last(connection: Connection, ecosystem: str | None = None) -> dict[str, Change]:
    """The last change of each ecosystem that ever had one, or of one."""
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
    for run in _iter_runs(connection, ecosystem, None):
        change = breaker.follow(run)
        if change is not None:
            yield change


def _breaker_before(
    connection: Connection, ecosystem: str, place: tuple[datetime, int]
) -> CircuitBreaker:
    """The breaker as the runs before a place left it."""
    last = (
        select(*_COLUMNS)
        .where(
            _change.ecosystem == ecosystem,
            _change.started_at <= place[0],
            or_(_change.started_at < place[0], _change.batch_run_id < place[1]),
        )
        .order_by(_change.started_at.desc(), _change.batch_run_id.desc())
        .limit(1)
    )
    before = (
        _runs()
        .where(
            _run.ecosystem == ecosystem,
            _run.started_at <= place[0],
            or_(_run.started_at < place[0], _run.id < place[1]),
        )
        .order_by(_run.started_at.desc(), _run.id.desc())
        .limit(WINDOW_ATTEMPTS)
    )
    return _resumed(
        [Change(*row) for row in connection.execute(last)],
        [AttemptedRun(*row) for row in connection.execute(before)],
    )


def _resumed(last: Sequence[Change], newest_first: Sequence[AttemptedRun]) -> CircuitBreaker:
    """The breaker after its last change, if any, and the runs since."""
    change = last[0] if last else None
    breaker = CircuitBreaker(change)
    if change is None or change.state != OPEN:
        since = [run for run in newest_first if change is None or run.place >= change.place]
        breaker.resume(reversed(since))
    return breaker


def _time(value: Any) -> datetime:
    """A time as the driver gives it: text or seconds since 1970 on SQLite."""
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


def _iter_runs(
    connection: Connection, ecosystem: str, place: tuple[datetime, int] | None
) -> Iterator[AttemptedRun]:
    """The runs of an ecosystem in their order, from a place on."""
    included = True
    while True:
        query = _runs().where(_run.ecosystem == ecosystem)
        if place is not None:
            key = tuple_(_run.started_at, _run.id)
            here = tuple_(literal(place[0], _run.started_at.type), literal(place[1]))
            query = query.where(
                _run.started_at >= place[0], key >= here if included else key > here
            )
        query = query.order_by(_run.started_at, _run.id).limit(PAGE)
        page = [AttemptedRun(*row) for row in connection.execute(query)]
        yield from page
        if len(page) < PAGE:
            return
        place, included = page[-1].place, False


def _runs() -> Select[Any]:
    return select(
        _run.started_at,
        _run.id,
        func.coalesce(_run.completed_at, _run.started_at, type_=_run.started_at.type),
        _run.passed,
        _run.failed,
    ).where(ATTEMPTED)


def _fetch_changes(
    connection: Connection, ecosystem: str, place: tuple[datetime, int] | None
) -> list[Change]:
    query = select(*_COLUMNS).where(_change.ecosystem == ecosystem)
    if place is not None:
        query = query.where(
            _change.started_at >= place[0],
            or_(_change.started_at > place[0], _change.batch_run_id >= place[1]),
        )
    query = query.order_by(_change.started_at, _change.batch_run_id)
    return [Change(*row) for row in connection.execute(query)]


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
