"""Changes of circuit breakers, updated with each upload and deletion."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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

from batch_dashboard.model.ingest.summaries import RecipeKey
from batch_dashboard.model.judgement.circuit_breaker import (
    REMEMBERED_TRIALS,
    Change,
    CircuitBreaker,
    changes_of,
    decides,
    may_fail_too_often,
    may_open,
)
from batch_dashboard.model.judgement.trials import AttemptedRun, Place, recipes_of_run
from batch_dashboard.store.ingest.bulk import run_statement
from batch_dashboard.store.judgement import breaker_runs
from batch_dashboard.store.judgement.breaker_runs import BEGINNING, Span
from batch_dashboard.store.plan import streaks
from batch_dashboard.store.schema import batch_runs, circuit_breaker_changes, circuit_breaker_runs
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun

_run = batch_runs.c
_change = circuit_breaker_changes.c
_COLUMNS = tuple(_change[name] for name in Change._fields)
# The condition of the partial index.
ATTEMPTED = _run.passed + _run.failed > literal_column("0")

# Every upload sends these statements, so they bypass SQLAlchemy (store/ingest/bulk). The first
# condition on started_at is for the index: some versions do not use it for row values alone.
_CHANGES = f"SELECT {', '.join(Change._fields)} FROM circuit_breaker_changes WHERE ecosystem = ?"
_LAST_CHANGE = f"{_CHANGES} ORDER BY started_at DESC, batch_run_id DESC LIMIT 1"
_CHANGE_BEFORE = (
    f"{_CHANGES} AND started_at < ? ORDER BY started_at DESC, batch_run_id DESC LIMIT 1"
)
_CHANGES_FROM = (
    f"{_CHANGES} AND started_at >= ? AND (started_at, batch_run_id) >= (?, ?)"
    " ORDER BY started_at, batch_run_id LIMIT ?"
)
_RECIPES = "SELECT DISTINCT ecosystem, recipe_name FROM recipe_results WHERE batch_run_id = ?"
FIRST_PAGE = 12
PAGE = 500


def add(connection: Connection, added: AddedRun) -> None:
    """Take a run that is stored now into account, and what it changes for later runs."""
    if not added.is_newest:
        recount(connection, added.summary.recipes, {added.run.id})
        return
    late = streaks.find_late(connection, added.run.id, added.run.started_at)
    if late:
        recount(connection, late, {added.run.id})
    elif added.run.passed + added.run.failed:
        _add_newest(connection, added)


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Follow the runs again without one that is deleted."""
    recipes = [(ecosystem, name) for ecosystem, name in run_statement(connection, _RECIPES, run.id)]
    yield
    span = breaker_runs.remove(connection, run.ecosystem, run.id, run.started_at)
    _refresh(connection, run.ecosystem, span)
    recount(connection, recipes)


def _add_newest(connection: Connection, added: AddedRun) -> None:
    """Take a run into account that is the newest of all its recipes."""
    ecosystem, run = added.run.ecosystem, _attempted(added)
    around = breaker_runs.look(connection, ecosystem, run)
    if around.is_before_others or around.is_of_known_trial:
        _refresh(connection, ecosystem, breaker_runs.put(connection, ecosystem, run))
        return
    breaker_runs.append(connection, ecosystem, run)
    if around.half_open_at is not None:
        may_change = decides(run, _time(around.half_open_at))
    else:
        may_change = may_open(run) and _fails_too_often(connection, ecosystem)
    if may_change:
        time = int(run.started_at.timestamp())
        _refresh(connection, ecosystem, Span(time, time))


def _fails_too_often(connection: Connection, ecosystem: str) -> bool:
    """Whether the last runs since a closed breaker closed may open it."""
    last = breaker_runs.fetch_last(connection, ecosystem)
    rows = run_statement(connection, _LAST_CHANGE, ecosystem)
    closed = _change_of(rows[0]).place if rows else None
    return may_fail_too_often(
        [run for run in last if closed is None or (run.started_at, run.id) >= closed]
    )


def _attempted(added: AddedRun) -> AttemptedRun:
    """What a run says to the circuit breaker of its ecosystem."""
    run, summary = added.run, added.summary
    recipes = recipes_of_run(
        run.ecosystem,
        summary.recipes.keys(),
        summary.others,
        Counter(summary.known_failures.values()),
        (run.passed, run.failed),
    )
    ended_at = run.completed_at or run.started_at
    return AttemptedRun(run.started_at, run.id, run.started_at, run.batch_id, ended_at, recipes)


def recount(
    connection: Connection, recipes: Iterable[RecipeKey], run_ids: Iterable[int] = ()
) -> None:
    """Follow the attempts of recipes again, and the runs of which that changes what they say.

    `run_ids` are more runs to take into account as their results are now.
    """
    spans: dict[str, Span] = {}
    for run_id in streaks.recount(connection, recipes).union(run_ids):
        found = breaker_runs.find(connection, run_id)
        if found is not None:
            ecosystem, run = found
            span = breaker_runs.put(connection, ecosystem, run)
            spans[ecosystem] = spans.get(ecosystem, span).and_span(span)
    for ecosystem, span in spans.items():
        _refresh(connection, ecosystem, span)


def recount_groups(connection: Connection, failure_group_ids: Iterable[int]) -> None:
    """Take into account that failure groups are of another class now."""
    recount(connection, streaks.fetch_in_groups(connection, failure_group_ids))


@contextmanager
def pruning_day(connection: Connection, ecosystem: str, day: date) -> Iterator[None]:
    """Follow the runs of an ecosystem again from the oldest one that is left."""
    yield
    span = breaker_runs.remove_day(connection, ecosystem, day)
    _refresh(connection, ecosystem, span)


def _refresh(connection: Connection, ecosystem: str, span: Span) -> None:
    """Follow the trials of a span again, and on until nothing can differ from what is kept."""
    breaker = _breaker_before(connection, ecosystem, span.since)
    kept = _iter_changes(connection, ecosystem, (datetime.fromtimestamp(span.since, UTC), 0))
    stored = next(kept, None)
    gone: list[Change] = []
    new: list[Change] = []
    quiet = 0
    for trial in breaker_runs.iter_trials(connection, ecosystem, span.since):
        is_behind = int(trial.started_at.timestamp()) > span.until
        quiet += is_behind
        while stored is not None and stored.place < trial.place:
            gone.append(stored)
            stored = next(kept, None)
        change = breaker.follow(trial)
        if change is not None and change == stored:
            if is_behind:
                # Everything after an equal change is equal.
                break
            stored = next(kept, None)
        elif change is not None:
            new.append(change)
        elif (
            quiet > REMEMBERED_TRIALS
            and not (gone or new or breaker.is_open)
            and (stored is None or stored.place > trial.place)
        ):
            # So it is where nothing changed as long as a trial is remembered.
            break
    else:
        gone += [stored, *kept] if stored is not None else []
    for change in gone:
        _delete(connection, ecosystem, change)
    for change in new:
        _delete(connection, ecosystem, change)
    _insert(connection, ecosystem, new)


def rebuild(connection: Connection) -> None:
    """Look at every attempt and every run of every ecosystem again."""
    streaks.rebuild(connection)
    for ecosystem in _ecosystems(connection):
        breaker_runs.rebuild(connection, ecosystem)
    _rebuild_changes(connection)


def upgrade(connection: Connection) -> None:
    """Follow the runs of every ecosystem again; look at their results only if none did before."""
    if connection.execute(select(circuit_breaker_runs.c.batch_run_id).limit(1)).first():
        _rebuild_changes(connection)
    else:
        rebuild(connection)


def _rebuild_changes(connection: Connection) -> None:
    connection.execute(delete(circuit_breaker_changes))
    for ecosystem in _ecosystems(connection):
        _insert(connection, ecosystem, _simulated(connection, ecosystem))


def count_drift(connection: Connection) -> dict[str, int]:
    """How many rows are missing, wrong or too many, by table."""
    beginning = (datetime.fromtimestamp(BEGINNING, UTC), 0)
    streaks_and_marks = streaks.count_drift(connection)
    runs = changes = 0
    for name in _ecosystems(connection):
        runs += breaker_runs.count_drift(connection, name)
        kept = set(_iter_changes(connection, name, beginning))
        changes += len(kept.symmetric_difference(_simulated(connection, name)))
    return {
        "recipe_streaks": streaks_and_marks,
        "circuit_breaker_runs": runs,
        "circuit_breaker_changes": changes,
    }


def _ecosystems(connection: Connection) -> Sequence[str]:
    """Every ecosystem that has runs, or had some."""
    names = select(_run.ecosystem).union(
        select(circuit_breaker_runs.c.ecosystem), select(_change.ecosystem)
    )
    return connection.execute(names).scalars().all()


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


def _simulated(connection: Connection, ecosystem: str) -> list[Change]:
    return changes_of(breaker_runs.iter_trials(connection, ecosystem, BEGINNING))


def _breaker_before(connection: Connection, ecosystem: str, since: int) -> CircuitBreaker:
    """The breaker as the trials that began before a time left it."""
    last = run_statement(connection, _CHANGE_BEFORE, ecosystem, since)
    before = breaker_runs.fetch_trials_before(connection, ecosystem, since, REMEMBERED_TRIALS)
    return CircuitBreaker(_change_of(last[0]) if last else None, before)


def _time(value: int | None) -> Any:
    return None if value is None else datetime.fromtimestamp(value, UTC)


def _iter_changes(connection: Connection, ecosystem: str, place: Place) -> Iterator[Change]:
    """The changes kept of an ecosystem in their order, from a place on."""
    length = FIRST_PAGE
    while True:
        unix = int(place[0].timestamp())
        page = run_statement(connection, _CHANGES_FROM, ecosystem, unix, unix, place[1], length)
        changes = list(map(_change_of, page))
        yield from changes
        if len(changes) < length:
            return
        place, length = (changes[-1].started_at, changes[-1].batch_run_id + 1), PAGE


def _change_of(row: Sequence[Any]) -> Change:
    started_at, run_id, state, at, reason, wait_seconds, half_open_at = row
    return Change(
        _time(started_at), run_id, state, _time(at), reason, wait_seconds, _time(half_open_at)
    )


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
