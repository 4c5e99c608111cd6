"""Batch runs: the latest, pages of the list, one with its neighbours, and the ecosystems."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Tuple,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)

from batch_dashboard.model.batch_runs.records import BatchRun, EcosystemSpan
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.periods import DAY
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.store.lists.conditions import midnight, names_run, run_conditions
from batch_dashboard.store.lists.keyset import SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import RUN_ORDERS, batch_runs, ecosystem_days

MAX_ECOSYSTEMS = 1_000
# The number of runs in which `find_first_after` searches.
LOOKED_AT = 1_000
# Sorts after every other character.
_LAST_CHARACTER = "\U0010ffff"

_run = batch_runs.c
_day = ecosystem_days.c
# The condition of the partial index.
_WITH_PASS = _run.passed > literal_column("0")
_COLUMNS = tuple(batch_runs.c[name] for name in BatchRun._fields)
# The order of the index, so that a page is read and nothing is sorted.
_NEWEST_FIRST = (_run.started_at.desc(), _run.id.desc())
_OLDEST_FIRST = (_run.started_at, _run.id)


def _select_ecosystems() -> Select[Any]:
    names = select(func.min(_run.ecosystem).label("name")).cte("names", recursive=True)
    following = (
        select(func.min(_run.ecosystem)).where(_run.ecosystem > names.c.name).scalar_subquery()
    )
    names = names.union_all(select(following).where(names.c.name.is_not(None)))
    of_name = _run.ecosystem == names.c.name
    return (
        select(
            names.c.name,
            select(func.min(_run.started_at)).where(of_name).scalar_subquery(),
            select(func.max(_run.started_at)).where(of_name).scalar_subquery(),
            select(func.max(_run.started_at)).where(of_name, _WITH_PASS).scalar_subquery(),
        )
        .where(names.c.name.is_not(None))
        .limit(MAX_ECOSYSTEMS)
    )


# Built once, because every page sends it.
_ECOSYSTEMS = _select_ecosystems()


def fetch_ecosystems(connection: Connection) -> list[EcosystemSpan]:
    """Every ecosystem with its first and last run, by name.

    Jumps from name to name in the index, so the number of runs does not matter.
    """
    return [EcosystemSpan(*row) for row in connection.execute(_ECOSYSTEMS)]


def find_span(connection: Connection, ecosystem: str) -> EcosystemSpan | None:
    """One ecosystem with its first and last run, None if it never ran."""
    of_name = _run.ecosystem == ecosystem
    query = select(
        literal(ecosystem),
        select(func.min(_run.started_at)).where(of_name).scalar_subquery(),
        select(func.max(_run.started_at)).where(of_name).scalar_subquery(),
        select(func.max(_run.started_at)).where(of_name, _WITH_PASS).scalar_subquery(),
    )
    row = connection.execute(query).one()
    return None if row[1] is None else EcosystemSpan(*row)


def count_since_pass(connection: Connection, spans: Sequence[EcosystemSpan]) -> dict[str, int]:
    """The number of runs of each ecosystem that started after its last run with a pass.

    Whole days are read from the rollup, so the cost does not depend on how long ago that was.
    """
    counts: list[Any] = []
    for span in spans:
        last = span.last_passed_at
        days = select(func.coalesce(func.sum(_day.runs).cast(_day.runs.type), 0)).where(
            _day.ecosystem == span.ecosystem
        )
        total = days if last is None else days.where(_day.day > last.date())
        count: ColumnElement[int] = total.scalar_subquery()
        if last is not None:
            same_day = select(func.count()).where(
                _run.ecosystem == span.ecosystem,
                _run.started_at > last,
                _run.started_at < midnight(last.date() + DAY),
            )
            count = count + same_day.scalar_subquery()
        counts.append(select(literal(span.ecosystem), count))
    if not counts:
        return {}
    return {row[0]: row[1] for row in connection.execute(union_all(*counts))}


def find_last(
    connection: Connection, run_filter: RunFilter, text: str | None = None
) -> datetime | None:
    """The start of the last run that matches, with `text` in its batch id or commit, or None."""
    query = _chosen(run_filter).with_only_columns(_run.started_at)
    if text:
        query = query.where(names_run(text))
    return connection.execute(query.order_by(*_NEWEST_FIRST).limit(1)).scalar_one_or_none()


def fetch_latest(connection: Connection, run_filter: RunFilter, count: int) -> list[BatchRun]:
    """The latest runs that match, newest first."""
    query = _chosen(run_filter).order_by(*_NEWEST_FIRST).limit(count)
    return [BatchRun(*row) for row in connection.execute(query)]


def fetch_page(connection: Connection, query: ListQuery) -> Page[BatchRun]:
    """One page of the list of batch runs."""
    chosen = _chosen(query.filter)
    if query.text:
        chosen = chosen.where(names_run(query.text))
    return fetch_page_by_keys(connection, chosen, sort_keys(query.sort), query, BatchRun)


def sort_keys(sort: Sort) -> list[SortKey]:
    """The sort keys of the list of batch runs."""
    keys = [SortKey(_run.started_at, sort.descending), SortKey(_run.id, sort.descending)]
    if sort.column.name != "started_at":
        keys.insert(0, SortKey(RUN_ORDERS[sort.column.name], sort.descending))
    return keys


def fetch_beginning_with(
    connection: Connection, batch_id: str, commit_sha: str | None, count: int
) -> list[BatchRun]:
    """Runs whose batch id or commit begins with a text: up to `count` of each, the last by name.

    Each comes from an index in the order of that index, so the number of runs does not matter.
    """
    parts = [
        select(*_COLUMNS)
        .where(column >= text, column < text + _LAST_CHARACTER)
        .order_by(column.desc(), _run.id.desc())
        .limit(count)
        .subquery()
        for column, text in ((_run.batch_id, batch_id), (_run.commit_sha, commit_sha))
        if text
    ]
    rows = connection.execute(union_all(*(select(part) for part in parts)))
    return list({row.id: BatchRun(*row) for row in rows}.values())


def find(connection: Connection, batch_run_id: int) -> BatchRun | None:
    """The batch run with an id, None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(_run.id == batch_run_id)).one_or_none()
    return None if row is None else BatchRun(*row)


def find_last_id(connection: Connection) -> int:
    """The id of the batch run that was stored last, 0 when there is none."""
    last: int | None = connection.execute(select(func.max(_run.id))).scalar_one()
    return last or 0


def find_first_after(connection: Connection, after: int, ecosystem: str | None) -> int | None:
    """The id of the first run stored after another one, of one ecosystem if it is given.

    Reads only the next LOOKED_AT runs, because a page asks repeatedly.
    """
    stored = (
        select(_run.id, _run.ecosystem)
        .where(_run.id > after)
        .order_by(_run.id)
        .limit(LOOKED_AT)
        .subquery()
    )
    query = select(func.min(stored.c.id))
    if ecosystem is not None:
        query = query.where(stored.c.ecosystem == ecosystem)
    first: int | None = connection.execute(query).scalar_one()
    return first


def find_neighbours(
    connection: Connection, batch_run: BatchRun
) -> tuple[BatchRun | None, BatchRun | None]:
    """The runs of the same ecosystem that started just before and just after one."""
    same = select(*_COLUMNS).where(_run.ecosystem == batch_run.ecosystem)
    key = tuple_(_run.started_at, _run.id)
    here = _key_of(batch_run.started_at, batch_run.id)
    earlier = same.where(key < here).order_by(*_NEWEST_FIRST).limit(1).subquery()
    later = same.where(key > here).order_by(*_OLDEST_FIRST).limit(1).subquery()
    both = select(earlier).union_all(select(later))
    found = [BatchRun(*row) for row in connection.execute(both)]
    own_key = (batch_run.started_at, batch_run.id)
    before = [run for run in found if (run.started_at, run.id) < own_key]
    after = [run for run in found if (run.started_at, run.id) > own_key]
    return (before[0] if before else None), (after[0] if after else None)


def _chosen(run_filter: RunFilter) -> Select[Any]:
    return select(*_COLUMNS).where(*run_conditions(run_filter, batch_runs))


def _key_of(started_at: datetime, batch_run_id: int) -> Tuple:
    return tuple_(literal(started_at, _run.started_at.type), literal(batch_run_id))
