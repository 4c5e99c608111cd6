"""Payloads in the tables of a SQLite file, or of a SQL dump that was read into one."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from batch_dashboard.errors import ImportFileError
from batch_dashboard.model.payload import RESULT_FIELDS, RUN_FIELDS
from batch_dashboard.model.upload_times import EARLIEST
from batch_dashboard.services.import_entries import Entry, Source

TABLES = ("batch_runs", "recipe_results")
TIMES = ("started_at", "completed_at")
# Computed from the counts here; older endpoints stored a share, a percentage or anything else.
NOT_READ = {"success_rate"}
# Ours, and how the tables refer to each other.
KEYS = {"id", "batch_run_id"}
MILLISECONDS_FROM = int(EARLIEST.timestamp()) * 1_000


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """A SQLite file, for reading only."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        # What a file brings along runs no code of ours.
        database.execute("PRAGMA trusted_schema = OFF")
        yield database


def table_source(database: sqlite3.Connection, problems: Sequence[Entry] = ()) -> Source:
    """The batch runs of a database; `problems` come first. Raises ImportFileError."""
    # Other programs may have written texts that are not UTF-8.
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    columns = {table: _columns(database, table) for table in TABLES}
    missing = [table for table in TABLES if not columns[table]]
    if missing:
        raise ImportFileError(f"there is no table {' and no table '.join(missing)}")
    run_names = [name for name in columns["batch_runs"] if name in RUN_FIELDS - NOT_READ]
    result_names = [name for name in columns["recipe_results"] if name in RESULT_FIELDS]
    ignored = [name for name in columns["batch_runs"] if name not in {*run_names, *KEYS, *NOT_READ}]
    ignored += [
        f"results[].{name}"
        for name in columns["recipe_results"]
        if name not in {*result_names, *KEYS}
    ]
    [[runs]] = database.execute("SELECT count(*) FROM batch_runs")
    entries = _entries(database, run_names, result_names, problems)
    return Source(runs, "runs", entries, tuple(ignored))


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table; of a view, which could compute for ever, none."""
    is_table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if not database.execute(is_table, (table,)).fetchone():
        return []
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def _entries(
    database: sqlite3.Connection,
    run_names: Sequence[str],
    result_names: Sequence[str],
    problems: Sequence[Entry],
) -> Iterator[Entry]:
    yield from problems
    runs = database.execute(
        f"SELECT {', '.join(['id', *run_names])} FROM batch_runs ORDER BY id"  # noqa: S608
    )
    # As a number, whatever type the column has, to go through both tables side by side.
    run_id_of = "CAST(batch_run_id AS INTEGER)"
    results = groupby(
        database.execute(
            f"SELECT {', '.join([run_id_of, *result_names])} FROM recipe_results"  # noqa: S608
            f" ORDER BY {run_id_of}, id"
        ),
        key=itemgetter(0),
    )
    group = next(results, None)
    for position, (run_id, *values) in enumerate(runs, start=1):
        # Results of runs that are not there cannot be stored: tell of them and go on.
        while group is not None and (group[0] is None or group[0] < run_id):
            yield _orphans(group, position)
            group = next(results, None)
        entries: list[dict[str, Any]] = []
        if group is not None and group[0] == run_id:
            entries = [_present(result_names, row[1:]) for row in group[1]]
            group = next(results, None)
        payload = _present(run_names, values)
        for name in TIMES:
            if name in payload:
                payload[name] = _time(payload[name])
        payload["results"] = entries
        yield Entry(f"batch_runs id {run_id}", payload, None, position)
    while group is not None:
        yield _orphans(group, 0)
        group = next(results, None)


def _orphans(group: tuple[Any, Iterator[Any]], position: int) -> Entry:
    problem = f"{sum(1 for _ in group[1]):,} results belong to no batch run"
    return Entry(f"batch_run_id {group[0]}", None, problem, position)


def _present(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """The fields that have a value, as a client would send them."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _time(value: Any) -> str:
    """A time as a client would send it; a number, or its digits, is in seconds since 1970.

    One that is too large for seconds is in milliseconds.
    """
    text = str(value)
    try:
        seconds = float(text)
        if seconds >= MILLISECONDS_FROM:
            seconds /= 1_000
        time = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return text
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
