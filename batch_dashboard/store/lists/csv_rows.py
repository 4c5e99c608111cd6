"""The rows of the CSV files, formatted by the database and fetched a page of lines at a time.

Python only forwards the pages. If it formatted a million rows itself, this would take twice as long
and block other requests. Text is quoted, NULL is an empty cell. Source: docs/exports.md.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, TextClause, literal_column, select
from sqlalchemy import text as sql_text

from batch_dashboard.model.catalogue import BATCH_RUNS, RECIPE_RESULTS
from batch_dashboard.model.catalogue.fields import Resource
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.engine import Store
from batch_dashboard.store.lists.conditions import names_run, run_conditions
from batch_dashboard.store.lists.csv_cells import cells_at, cells_of
from batch_dashboard.store.lists.resource_queries import SELECT
from batch_dashboard.store.schema import batch_runs

# The smaller limit applies. The first page is small, so that the download starts at once.
PAGE_ROWS = 2_000
PAGE_BYTES = 512 * 1024
FIRST_PAGE_ROWS = 200
# Two queries, because SQLite would read every row to find both ends in one.
BOUNDS = (
    "SELECT (SELECT min(id) FROM recipe_results{which}),"
    " (SELECT max(id) FROM recipe_results{which})"
)
# The expressions of fields that are not columns of recipe_results.
_OF_RESULTS = {
    "batch_id": "b.batch_id",
    "started_at": "b.started_at",
    "reason": "g.masked_line",
    "failure_class": "coalesce(r.failure_class, g.failure_class)",
}


def iter_rows(store: Store, resource: Resource, query: ListQuery, today: date) -> Generator[bytes]:
    """The lines of the CSV file of a resource that is stored as rows, in the order of the file.

    Yields pages of whole lines; a page can be empty. Raises StoreUnavailable, also after some.
    """
    if resource is BATCH_RUNS:
        return _iter_batch_runs(store, query)
    is_of_all = query.batch_run is None and query.recipe_name is None
    if resource is RECIPE_RESULTS and is_of_all:
        return _iter_recipe_results(store, query)
    return _iter_selected(store, resource, query, today)


def _iter_selected(
    store: Store, resource: Resource, query: ListQuery, today: date
) -> Generator[bytes]:
    with _snapshot(store) as connection:
        rows = SELECT[resource.name](connection, query, today).subquery("q")
        cells = cells_of(resource.fields, rows.c, "q")
        lines: Select[Any] = (
            select(literal_column(dialect_of(connection).csv.line(connection, cells)))
            .select_from(rows)
            .order_by(*(rows.c[name] for name in _order(resource, query)))
        )
        options = {"stream_results": True, "yield_per": PAGE_ROWS}
        with connection.execute(lines, execution_options=options) as found:
            for page in found.scalars().partitions():
                yield "".join(page).encode()


def _order(resource: Resource, query: ListQuery) -> tuple[str, ...]:
    if resource is RECIPE_RESULTS:
        return ("batch_run_id", "id") if query.batch_run is not None else ("started_at", "id")
    return resource.file_key or resource.key


def _iter_batch_runs(store: Store, query: ListQuery) -> Generator[bytes]:
    """By `id`."""
    with _snapshot(store) as connection:
        cells = cells_of(BATCH_RUNS.fields, batch_runs.c, "b")
        csv = dialect_of(connection).csv
        page = sql_text(
            f"SELECT {csv.joined_lines('id')} FROM (SELECT {csv.line(connection, cells)} AS line,"
            f" b.id AS id FROM batch_runs AS b WHERE {csv.is_among('b.id', 'runs')}"
            " ORDER BY b.id) AS page"
        )
        for runs in _groups_of_runs(connection, query.filter, query.text):
            yield _fetch(connection, page, runs=csv.ids([run.id for run in runs]))


def _iter_recipe_results(store: Store, query: ListQuery) -> Generator[bytes]:
    """By `batch_run_id`, then `id`.

    Without a period and an ecosystem it reads by `id`. This is the same order, because each run is
    stored with all its results before the next run.
    """
    run_filter = query.filter
    with _snapshot(store) as connection:
        chosen = {
            "platform": run_filter.platform,
            "result": query.result,
            "ecosystem": query.result_ecosystem,
        }
        values = {name: value for name, value in chosen.items() if value is not None}
        if not run_conditions(run_filter, batch_runs):
            window = _results_page(connection, values, "r.id > :after AND r.id <= :upto")
            yield from _id_windows(connection, window, BOUNDS.format(which=""), values)
            return
        csv = dialect_of(connection).csv
        of_many = _results_page(connection, values, csv.is_among("b.id", "runs"))
        of_one = _results_page(
            connection, values, "r.batch_run_id = :run AND r.id > :after AND r.id <= :upto"
        )
        for runs in _groups_of_runs(connection, run_filter, by_results=True):
            if len(runs) > 1:
                ids = csv.ids([run.id for run in runs])
                yield _fetch(connection, of_many, runs=ids, **values)
                continue
            # One run can have 100,000 results.
            yield from _id_windows(
                connection,
                of_one,
                BOUNDS.format(which=" WHERE batch_run_id = :run"),
                {**values, "run": runs[0].id},
            )


@contextmanager
def _snapshot(store: Store) -> Iterator[Connection]:
    """A separate connection with a snapshot of the database for the whole download."""
    with store.read() as connection:
        dialect_of(connection).csv.begin_snapshot(connection)
        with connection.begin():
            yield connection


def _groups_of_runs(
    connection: Connection,
    run_filter: RunFilter,
    text: str | None = None,
    *,
    by_results: bool = False,
) -> Iterator[list[Any]]:
    """The runs that match, by ascending id, in groups of about one page; a large run is alone."""
    chosen: Select[Any] = (
        select(batch_runs.c.id, batch_runs.c.result_count)
        .where(*run_conditions(run_filter, batch_runs))
        .order_by(batch_runs.c.id)
    )
    if text:
        chosen = chosen.where(names_run(text))
    options = {"stream_results": True, "yield_per": PAGE_ROWS}
    group: list[Any] = []
    held, limit = 0, FIRST_PAGE_ROWS
    with connection.execute(chosen, execution_options=options) as runs:
        for run in runs:
            # The count only decides the size of the page; deletions meanwhile make it smaller.
            rows = max(1, run.result_count) if by_results else 1
            if group and held + rows > limit:
                yield group
                group, held, limit = [], 0, PAGE_ROWS
            group.append(run)
            held += rows
    if group:
        yield group


def _id_windows(
    connection: Connection, page: TextClause, bounds: str, values: dict[str, Any]
) -> Iterator[bytes]:
    """Pages of neighbouring ids, each found by the primary key whatever the filter is."""
    known = {name: value for name, value in values.items() if f":{name}" in bounds}
    first, last = connection.execute(sql_text(bounds), known).one()
    if first is None:
        return
    after, rows = first - 1, FIRST_PAGE_ROWS
    while after < last:
        upto = after + rows
        lines = _fetch(connection, page, after=after, upto=upto, **values)
        yield lines
        after = upto
        rows = max(50, min(PAGE_ROWS, PAGE_BYTES * rows // max(len(lines), 1)))


def _fetch(connection: Connection, page: TextClause, **values: Any) -> bytes:
    lines = connection.execute(page, values).scalar()
    return lines.encode() if isinstance(lines, str) else lines or b""


def _results_page(connection: Connection, values: dict[str, Any], which: str) -> TextClause:
    csv = dialect_of(connection).csv
    conditions = " AND ".join([which, *(f"r.{name} = :{name}" for name in values)])
    tables, order = ["recipe_results AS r", "batch_runs AS b"], "r.id"
    if "b.id" in which:
        tables.reverse()
        order = "b.id, r.id"
    cells = cells_at(RECIPE_RESULTS.fields, _OF_RESULTS, "r")
    return sql_text(
        f"SELECT {csv.joined_lines('run_id, id')}"
        f" FROM (SELECT {csv.line(connection, cells)} AS line, b.id AS run_id, r.id AS id"
        f" FROM {csv.joined_tables(*tables)} ON b.id = r.batch_run_id"
        " LEFT JOIN failure_groups AS g ON g.id = r.failure_group_id"
        f" WHERE {conditions} ORDER BY {order}) AS page"
    )
