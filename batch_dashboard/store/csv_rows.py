"""The rows of the CSV files, formatted by the database and fetched a page of lines at a time.

Python only passes the pages on: formatting a million rows itself would take it twice as long and
keep other requests waiting. Text is quoted, NULL is an empty cell. Source: docs/exports.md.
"""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from enum import Enum, auto
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    TextClause,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy import text as sql_text

from batch_dashboard.model.failures import new_since
from batch_dashboard.model.filters import RunFilter
from batch_dashboard.model.periods import Step
from batch_dashboard.model.prices import ListPrice
from batch_dashboard.model.spreadsheets import BLANKS, FORMULA_STARTS
from batch_dashboard.model.vocabulary import RUNNER_OS
from batch_dashboard.store import failure_group_list, recipe_list, spending_rules
from batch_dashboard.store.conditions import midnight, names_run, run_conditions
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import (
    DOUBLE,
    batch_runs,
    ecosystem_days,
    failure_groups,
    recipes,
)
from batch_dashboard.store.weeks import step_start

# The smaller of the two holds. The first page is small, so that the file begins at once.
PAGE_ROWS = 2_000
PAGE_BYTES = 512 * 1024
FIRST_PAGE_ROWS = 200


# Most texts begin with a letter: two comparisons tell that they are no formula.
FIRST_LETTER = "A"
FIRST_BEYOND_ASCII = "\x80"
# In the pattern of printf() a percent sign is doubled; this stands outside of it.
SQLITE_TIME_PATTERN = "%Y-%m-%dT%H:%M:%SZ"
TIME_PATTERN = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
# Doubles that show whether this SQLite's printf() is exact: it is not where the processor has no
# extended precision and the library is older than 3.43.
HARD_DOUBLES = (8.98, 0.1, 91 / 99, 2 / 3 * 1e-4, 123456.789012345678, 1e14 + 1 / 3, 1.1e15 / 7)
# Each end is found at once; asked for together, SQLite would look at every row.
BOUNDS = (
    "SELECT (SELECT min(id) FROM recipe_results{which}),"
    " (SELECT max(id) FROM recipe_results{which})"
)


class Kind(Enum):
    """What a column holds, and so how it is written."""

    INTEGER = auto()
    OPTIONAL_INTEGER = auto()
    NUMBER = auto()
    TEXT = auto()
    NAME = auto()  # a text that is never NULL
    WORD = auto()  # a text of a fixed vocabulary: it never needs escaping
    TIME = auto()
    DAY = auto()
    UNIX_TIME = auto()


INTEGER, OPTIONAL_INTEGER, NUMBER, TEXT, NAME, WORD, TIME, DAY, UNIX_TIME = Kind


class Cell(NamedTuple):
    """One column of a file: its name, the SQL expression it comes from, and its kind."""

    name: str
    expression: str
    kind: Kind


def cells_of(alias: str, **kinds: Kind) -> tuple[Cell, ...]:
    return tuple(Cell(name, f"{alias}.{name}", kind) for name, kind in kinds.items())


BATCH_RUNS = cells_of(
    "b",
    id=INTEGER,
    batch_id=NAME,
    ecosystem=NAME,
    started_at=TIME,
    completed_at=TIME,
    total_recipes=INTEGER,
    passed=INTEGER,
    failed=INTEGER,
    skipped=INTEGER,
    success_rate=NUMBER,
    macos_minutes=NUMBER,
    linux_minutes=NUMBER,
    run_url=TEXT,
    commit_sha=TEXT,
    stored_at=TIME,
    result_count=INTEGER,
    run_attempt=INTEGER,
)
RECIPE_RESULTS = (
    *cells_of("r", id=INTEGER, batch_run_id=INTEGER),
    *cells_of("b", batch_id=NAME, started_at=TIME),
    *cells_of("r", recipe_name=NAME, ecosystem=NAME, result=WORD, error_category=TEXT),
    *cells_of("r", error_message=TEXT, duration_seconds=NUMBER, platform=TEXT),
    Cell("reason", "g.masked_line", TEXT),
)
# Sums hold 0 where nothing was reported, which is unknown and so an empty cell.
_MINUTES = (
    *cells_of("d", ecosystem=NAME, runs=INTEGER),
    *(
        Cell(
            f"{runner_os}_minutes",
            f"CASE WHEN d.{runner_os}_unknown_runs < d.runs THEN d.{runner_os}_minutes END",
            NUMBER,
        )
        for runner_os in RUNNER_OS
    ),
    *cells_of("d", macos_unknown_runs=INTEGER, linux_unknown_runs=INTEGER),
    *(
        Cell(
            f"{runner_os}_cost",
            f"CASE WHEN d.{runner_os}_unknown_runs < d.runs THEN d.{runner_os}_cost END",
            NUMBER,
        )
        for runner_os in RUNNER_OS
    ),
    Cell(
        "failed_seconds",
        "CASE WHEN d.failed = 0 OR d.failed_milliseconds > 0"
        " THEN CAST(d.failed_milliseconds AS double precision) / 1000 END",
        NUMBER,
    ),
)
_FAILURE_RATES = (
    *cells_of("d", ecosystem=NAME, passed=INTEGER, failed=INTEGER),
    Cell("attempts", "d.passed + d.failed", INTEGER),
    Cell("failure_rate", "d.failed / nullif(d.passed + d.failed + 0e0, 0)", NUMBER),
)
BY = tuple(step.value for step in Step)
BY_DAY = Step.DAY.value
_START = {by: Cell(by if by == BY_DAY else f"{by}_start", "d.day", DAY) for by in BY}
MINUTES = {by: (start, *_MINUTES) for by, start in _START.items()}
FAILURE_RATES = {by: (start, *_FAILURE_RATES) for by, start in _START.items()}


RECIPES = cells_of(
    "q",
    ecosystem=NAME,
    recipe_name=NAME,
    passed=INTEGER,
    failed=INTEGER,
    skipped=INTEGER,
    attempts=INTEGER,
    failure_rate=NUMBER,
    failure_streak=INTEGER,
    failing_since=UNIX_TIME,
    flakiness=NUMBER,
    failed_seconds=NUMBER,
    first_seen_at=UNIX_TIME,
    last_seen_at=UNIX_TIME,
    last_passed_at=UNIX_TIME,
    last_failed_at=UNIX_TIME,
    recent_attempts=WORD,
    last_reason=TEXT,
)
FAILURE_GROUPS = cells_of(
    "q",
    id=INTEGER,
    error_category=TEXT,
    masked_line=NAME,
    failed=INTEGER,
    first_seen_at=UNIX_TIME,
    last_seen_at=UNIX_TIME,
    is_new=INTEGER,
    failed_all_time=INTEGER,
    sample_message=TEXT,
)


def iter_batch_runs(
    store: Store, run_filter: RunFilter, text: str | None = None
) -> Generator[bytes]:
    """The lines of the batch runs that match, in the order of `id`; `text` is in their batch ids
    or commits.

    Pages of whole lines; a page can be empty. Raises StoreUnavailable, also half-way.
    """
    with _snapshot(store) as connection:
        page = sql_text(
            f"SELECT {_joined_lines(store, 'id')} FROM (SELECT {_line(connection, BATCH_RUNS)}"
            f" AS line, b.id AS id FROM batch_runs AS b WHERE {_chosen_runs(store)}"
            " ORDER BY b.id) AS page"
        )
        for runs in _groups_of_runs(connection, run_filter, text):
            yield _fetch(connection, page, runs=_list_of_ids(store, [run.id for run in runs]))


def iter_recipe_results(
    store: Store,
    run_filter: RunFilter,
    result: str | None = None,
    ecosystem: str | None = None,
) -> Generator[bytes]:
    """The lines of the recipe results of the runs that match, by `batch_run_id`, then `id`.

    `ecosystem` is that of the results; `run_filter.ecosystem` is that of the runs.

    Without a period and an ecosystem simply by `id`: the same order, as each run is stored with all
    its results before the next. Pages of whole lines; a page can be empty. Raises StoreUnavailable,
    also half-way.
    """
    with _snapshot(store) as connection:
        chosen = {"platform": run_filter.platform, "result": result, "ecosystem": ecosystem}
        values = {name: value for name, value in chosen.items() if value is not None}
        if not run_conditions(run_filter, batch_runs):
            window = _results_page(connection, store, values, "r.id > :after AND r.id <= :upto")
            yield from _id_windows(connection, window, BOUNDS.format(which=""), values)
            return
        of_many = _results_page(connection, store, values, _chosen_runs(store))
        of_one = _results_page(
            connection, store, values, "r.batch_run_id = :run AND r.id > :after AND r.id <= :upto"
        )
        for runs in _groups_of_runs(connection, run_filter, by_results=True):
            if len(runs) > 1:
                ids = _list_of_ids(store, [run.id for run in runs])
                yield _fetch(connection, of_many, runs=ids, **values)
                continue
            # One run can hold 100,000 results.
            yield from _id_windows(
                connection,
                of_one,
                BOUNDS.format(which=" WHERE batch_run_id = :run"),
                {**values, "run": runs[0].id},
            )


def iter_minutes(store: Store, run_filter: RunFilter, by: str = BY_DAY) -> Generator[bytes]:
    """The lines of `minutes.csv`, one per day (week, month, year) and ecosystem, oldest first."""
    return _iter_rollup(store, run_filter, by, MINUTES[by])


def iter_failure_rates(store: Store, run_filter: RunFilter, by: str = BY_DAY) -> Generator[bytes]:
    """The lines of `failure_rates.csv`, in the same order as those of `minutes.csv`."""
    return _iter_rollup(store, run_filter, by, FAILURE_RATES[by])


def iter_recipes(
    store: Store, run_filter: RunFilter, state: str | None, text: str | None
) -> Generator[bytes]:
    """The lines of the recipes that the list of recipes shows, by ecosystem and name."""
    table = recipes.c
    query = recipe_list.chosen(
        select(
            recipes,
            (table.passed + table.failed).label("attempts"),
            recipe_list.FAILURE_RATE.label("failure_rate"),
            recipe_list.FLAKINESS.label("flakiness"),
            case(
                (
                    or_(table.failed == 0, table.failed_milliseconds > 0),
                    cast(table.failed_milliseconds, DOUBLE) / 1000,
                )
            ).label("failed_seconds"),
            recipe_list.LAST_REASON.label("last_reason"),
        ),
        run_filter,
        state,
        text,
    )
    return iter_query(store, query.subquery("q"), RECIPES, ("ecosystem", "recipe_name"))


def iter_failure_groups(
    store: Store, run_filter: RunFilter, category: str | None, text: str | None, today: date
) -> Generator[bytes]:
    """The lines of the failure groups that their list shows, by `id`."""
    chosen = failure_group_list.select_groups(run_filter, category, text, store.is_sqlite)
    table = failure_groups.c
    query = chosen.query.with_only_columns(
        *(column for column in table if column.name != "failed"),
        chosen.failed.label("failed"),
        table.failed.label("failed_all_time"),
        case((table.first_seen_at >= midnight(new_since(today)), 1), else_=0).label("is_new"),
    )
    return iter_query(store, query.subquery("q"), FAILURE_GROUPS, ("id",))


def iter_query(
    store: Store, rows: Subquery, cells: Sequence[Cell], order: Sequence[str]
) -> Generator[bytes]:
    with _snapshot(store) as connection:
        lines: Select[Any] = (
            select(literal_column(_line(connection, cells)))
            .select_from(rows)
            .order_by(*(rows.c[name] for name in order))
        )
        yield from _pages(connection, lines)


def _pages(connection: Connection, lines: Select[Any]) -> Iterator[bytes]:
    options = {"stream_results": True, "yield_per": PAGE_ROWS}
    with connection.execute(lines, execution_options=options) as rows:
        for page in rows.scalars().partitions():
            yield "".join(page).encode()


def _iter_rollup(
    store: Store, run_filter: RunFilter, by: str, cells: Sequence[Cell]
) -> Generator[bytes]:
    table = ecosystem_days.c
    start = step_start(Step(by), table.day).label("day")
    counts = [c for c in table if c.name not in ("day", "ecosystem")]
    with _snapshot(store) as connection:
        prices = spending_rules.fetch_prices(connection)
        sums = (
            select(
                start,
                table.ecosystem,
                *(func.sum(c).cast(c.type).label(c.name) for c in counts),
                *(_cost(runner_os, prices).label(f"{runner_os}_cost") for runner_os in RUNNER_OS),
            )
            .where(*run_conditions(run_filter, ecosystem_days))
            .group_by(start, table.ecosystem)
            .subquery("d")
        )
        lines: Select[Any] = (
            select(literal_column(_line(connection, cells)))
            .select_from(sums)
            .order_by(sums.c.day, sums.c.ecosystem)
        )
        yield from _pages(connection, lines)


def _cost(runner_os: str, prices: Sequence[ListPrice]) -> ColumnElement[float]:
    """The known minutes of some days, each at the list price of its day."""
    # The first price holds for all days before it, too.
    first, *later = prices
    price = case(
        *((ecosystem_days.c.day >= row.since, row.of(runner_os)) for row in reversed(later)),
        else_=first.of(runner_os),
    )
    return func.sum(ecosystem_days.c[f"{runner_os}_minutes"] * cast(price, DOUBLE))


@contextmanager
def _snapshot(store: Store) -> Iterator[Connection]:
    """A connection of its own that sees one moment of the database, however long the file takes."""
    with store.read() as connection:
        if store.is_sqlite:
            driver: Any = connection.connection.driver_connection
            driver.create_function("shortest_number", 1, _shortest_number, deterministic=True)
        else:
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def _groups_of_runs(
    connection: Connection,
    run_filter: RunFilter,
    text: str | None = None,
    *,
    by_results: bool = False,
) -> Iterator[list[Any]]:
    """The runs that match, by ascending id, grouped to a page each; a large run is alone."""
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
            # The count only sizes the page: results removed since make it smaller, never wrong.
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
    """Pages of neighbouring ids: each is found by the primary key, whatever else is asked for."""
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


def _results_page(
    connection: Connection, store: Store, values: dict[str, Any], which: str
) -> TextClause:
    conditions = " AND ".join([which, *(f"r.{name} = :{name}" for name in values)])
    order = "b.id, r.id" if "b.id" in which else "r.id"
    if not store.is_sqlite:
        tables = "recipe_results AS r JOIN batch_runs AS b"
    # SQLite keeps to the order of a CROSS JOIN, so a page never begins at the wrong table.
    elif "b.id" in which:
        tables = "batch_runs AS b CROSS JOIN recipe_results AS r"
    else:
        tables = "recipe_results AS r CROSS JOIN batch_runs AS b"
    return sql_text(
        f"SELECT {_joined_lines(store, 'run_id, id')}"
        f" FROM (SELECT {_line(connection, RECIPE_RESULTS)} AS line, b.id AS run_id, r.id AS id"
        f" FROM {tables} ON b.id = r.batch_run_id"
        " LEFT JOIN failure_groups AS g ON g.id = r.failure_group_id"
        f" WHERE {conditions} ORDER BY {order}) AS page"
    )


def _chosen_runs(store: Store) -> str:
    if store.is_sqlite:
        return "b.id IN (SELECT value FROM json_each(:runs))"
    return "b.id = ANY(CAST(:runs AS bigint[]))"


def _list_of_ids(store: Store, ids: list[int]) -> Any:
    return json.dumps(ids) if store.is_sqlite else ids


def _joined_lines(store: Store, order: str) -> str:
    if store.is_sqlite:
        # It takes the lines in the order of the subquery. Bytes spare Python decoding them.
        return "CAST(group_concat(line, '') AS BLOB)"
    return f"string_agg(line, '' ORDER BY {order})"


def _line(connection: Connection, cells: Sequence[Cell]) -> str:
    """An SQL expression that makes a row of the file, with its line end."""
    if connection.dialect.name == "sqlite":
        exact = _prints_doubles_exactly(connection)
        parts = [_sqlite_cell(cell, exact) for cell in cells]
        pattern = ",".join(pattern for pattern, _ in parts)
        return f"printf('{pattern}\r\n', {', '.join(values for _, values in parts)})"
    values = ", ',', ".join(map(_postgresql_cell, cells))
    return f"concat({values}, '\r\n')"


def _sqlite_cell(cell: Cell, exact: bool) -> tuple[str, str]:
    """What printf() needs for a cell: its part of the pattern and the values that go there."""
    value = cell.expression
    # In brackets, GLOB wants "-" first.
    starts = "-" + FORMULA_STARTS.replace("-", "")
    formula = (
        f"({value} < '{FIRST_LETTER}' OR {value} >= '{FIRST_BEYOND_ASCII}')"
        f" AND ltrim({value}, '{BLANKS}') GLOB '[{starts}]*'"
    )
    match cell.kind:
        case Kind.INTEGER:
            return "%d", value
        case Kind.WORD:
            return '"%s"', value
        case Kind.UNIX_TIME:
            return "%s", f"strftime('{SQLITE_TIME_PATTERN}', {value}, 'unixepoch')"
        case Kind.NAME:
            # %w doubles quotation marks.
            return '"%s%w"', f"iif({formula}, '''', ''), {value}"
        case Kind.TEXT:
            quoted = f"""iif({formula}, '"''', '"') || replace({value}, '"', '""') || '"'"""
            # Most messages and categories are NULL: no function is called for them.
            return "%s", f"CASE WHEN {value} NOTNULL THEN {quoted} END"
        case Kind.NUMBER:
            return "%s", _sqlite_number(value) if exact else f"shortest_number({value})"
    return "%s", value


def _sqlite_number(value: str) -> str:
    # Up to six decimals 15 digits are exact, which a division of whole numbers proves. Else 17
    # are, within the range where printf() itself is precise.
    return (
        f"CASE WHEN {value} IS NULL THEN NULL"
        f" WHEN {value} BETWEEN 0 AND 1e9"
        f" AND CAST({value} * 1e6 + 0.5 AS INTEGER) / 1e6 = {value}"
        f" THEN printf('%!.15g', {value})"
        f" WHEN {value} BETWEEN 1e-4 AND 1e15 THEN printf('%!.17g', {value})"
        f" ELSE shortest_number({value}) END"
    )


def _postgresql_cell(cell: Cell) -> str:
    value = cell.expression
    if cell.kind in (TEXT, NAME):
        starts = ", ".join(f"'{start}'" for start in FORMULA_STARTS)
        formula = (
            f"({value} < '{FIRST_LETTER}' COLLATE \"C\""
            f" OR {value} >= '{FIRST_BEYOND_ASCII}' COLLATE \"C\")"
            f" AND left(ltrim({value}, '{BLANKS}'), 1) IN ({starts})"
        )
        guard = f"CASE WHEN {formula} THEN '\"''' ELSE '\"' END"
        return f"({guard} || replace({value}, '\"', '\"\"') || '\"')"
    if cell.kind == WORD:
        return f"('\"' || {value} || '\"')"
    if cell.kind == TIME:
        return f"to_char({value} AT TIME ZONE 'UTC', '{TIME_PATTERN}')"
    if cell.kind == UNIX_TIME:
        return f"to_char(to_timestamp({value}) AT TIME ZONE 'UTC', '{TIME_PATTERN}')"
    if cell.kind == DAY:
        return f"to_char({value}, 'YYYY-MM-DD')"
    return value


def _prints_doubles_exactly(connection: Connection) -> bool:
    printed = sql_text("SELECT printf('%!.17g', :double)")
    return all(
        float(connection.execute(printed, {"double": double}).scalar_one()) == double
        for double in HARD_DOUBLES
    )


def _shortest_number(value: float | None) -> str | None:
    return None if value is None else repr(float(value))
