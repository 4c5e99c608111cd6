"""Payloads from the tables of a SQLite file, or of a SQL dump that was loaded into one."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from batch_dashboard.errors import ImportFileError
from batch_dashboard.model.ingest.payload import RESULT_FIELDS, RUN_FIELDS
from batch_dashboard.model.ingest.upload_times import EARLIEST
from batch_dashboard.model.spending.ci_jobs import JOB_FIELDS
from batch_dashboard.services.ingest.import_entries import Entry, Source

# The tables whose rows belong to a batch run, each with the field of the payload.
PAYLOAD_FIELDS = {"recipe_results": "results", "ci_jobs": "jobs"}
TABLES = ("batch_runs", *PAYLOAD_FIELDS)
# Tables that files of earlier versions and of other programs lack.
OPTIONAL_TABLES = {"ci_jobs"}
TIMES = {"queued_at", "started_at", "completed_at"}
# Computed from the counts; older endpoints stored a share, a percentage or other values.
NOT_READ = {"success_rate"}
# Ids, and references between the tables.
KEYS = {"id", "batch_run_id"}
MILLISECONDS_FROM = int(EARLIEST.timestamp()) * 1_000


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file for reading only."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        # Triggers and views in the file must not call functions of this process.
        database.execute("PRAGMA trusted_schema = OFF")
        yield database


def table_source(database: sqlite3.Connection, problems: Sequence[Entry] = ()) -> Source:
    """The batch runs of a database; `problems` come first. Raises ImportFileError."""
    # Other programs can have written texts that are not UTF-8.
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    columns = {table: _columns(database, table) for table in TABLES}
    missing = [table for table in TABLES if not columns[table] and table not in OPTIONAL_TABLES]
    if missing:
        raise ImportFileError(f"there is no table {' and no table '.join(missing)}")
    run_names = [name for name in columns["batch_runs"] if name in RUN_FIELDS - NOT_READ]
    ignored = [name for name in columns["batch_runs"] if name not in {*run_names, *KEYS, *NOT_READ}]
    children = {}
    for table, known in (("recipe_results", RESULT_FIELDS), ("ci_jobs", JOB_FIELDS)):
        if columns[table]:
            children[table] = [name for name in columns[table] if name in known]
            ignored += [
                f"{PAYLOAD_FIELDS[table]}[].{name}"
                for name in columns[table]
                if name not in {*children[table], *KEYS}
            ]
    [[runs]] = database.execute("SELECT count(*) FROM batch_runs")
    entries = _entries(database, run_names, children, problems)
    return Source(runs, "runs", entries, tuple(ignored))


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table; none of a view, because it could compute without end."""
    is_table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if not database.execute(is_table, (table,)).fetchone():
        return []
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def _entries(
    database: sqlite3.Connection,
    run_names: Sequence[str],
    children: Mapping[str, Sequence[str]],
    problems: Sequence[Entry],
) -> Iterator[Entry]:
    yield from problems
    runs = database.execute(
        f"SELECT {', '.join(['id', *run_names])} FROM batch_runs ORDER BY id"  # noqa: S608
    )
    parts = [_RowsOfRuns(database, table, names) for table, names in children.items()]
    for position, (run_id, *values) in enumerate(runs, start=1):
        payload = _present(run_names, values)
        for rows in parts:
            # Rows without their run cannot be stored, and are reported.
            yield from rows.orphans(run_id, position)
            payload[rows.field] = rows.of_run(run_id)
        for fields in (payload, *payload.get("jobs", [])):
            for name in TIMES & fields.keys():
                fields[name] = _time(fields[name])
        yield Entry(f"batch_runs id {run_id}", payload, None, position)
    for rows in parts:
        yield from rows.orphans(None, 0)


class _RowsOfRuns:
    """The rows of a table by batch run, read together with the runs in the order of ids."""

    def __init__(self, database: sqlite3.Connection, table: str, names: Sequence[str]) -> None:
        self.field = PAYLOAD_FIELDS[table]
        self._names = names
        # Converted to a number, whatever the column type, to read the tables in parallel.
        run_id = "CAST(batch_run_id AS INTEGER)"
        rows = database.execute(
            f"SELECT {', '.join([run_id, *names])} FROM {table}"  # noqa: S608
            f" ORDER BY {run_id}, id"
        )
        self._groups = groupby(rows, key=itemgetter(0))
        self._group = next(self._groups, None)

    def orphans(self, run_id: int | None, position: int) -> Iterator[Entry]:
        """The number of rows that belong to no run before this one; None: to no run at all."""
        while self._group is not None:
            owner, rows = self._group
            if run_id is not None and owner is not None and owner >= run_id:
                return
            problem = f"{sum(1 for _ in rows):,} {self.field} belong to no batch run"
            yield Entry(f"batch_run_id {owner}", None, problem, position)
            self._group = next(self._groups, None)

    def of_run(self, run_id: int) -> list[dict[str, Any]]:
        """The rows of this run as a client would send them."""
        if self._group is None or self._group[0] != run_id:
            return []
        found = [_present(self._names, row[1:]) for row in self._group[1]]
        self._group = next(self._groups, None)
        return found


def _present(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """The fields that have a value, as a client would send them."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _time(value: Any) -> str:
    """A time as a client would send it; a number or its digits are seconds since 1970.

    A number that is too large for seconds is taken as milliseconds.
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
