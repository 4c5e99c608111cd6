"""Files that batch runs can be imported from: payloads a line, SQL dumps, SQLite files.

A source yields payloads as they would be posted, each with the place it came from and how far
into the file it is; it never holds more than one run in memory.
"""

import gzip
import io
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from batch_dashboard.errors import ImportFileError, PayloadError
from batch_dashboard.model.decoding import decode_json
from batch_dashboard.model.payload import RESULT_FIELDS, RUN_FIELDS

MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_STATEMENT_LINES = 100_000
SQLITE_MAGIC = b"SQLite format 3\0"
GZIP_MAGIC = b"\x1f\x8b"
TABLES = ("batch_runs", "recipe_results")
SQL_BEGINNING = re.compile(r"--|/\*|(?:PRAGMA|BEGIN|CREATE|INSERT|DROP|SET)\b", re.IGNORECASE)
KEPT_STATEMENT = re.compile(
    r"\s*(?:CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?|INSERT\s+(?:OR\s+\w+\s+)?INTO\s+)"
    r"""["'`\[]?(?:batch_runs|recipe_results)\b""",
    re.IGNORECASE,
)


BinaryFile = gzip.GzipFile | io.BufferedReader


class Entry(NamedTuple):
    """One payload of a source, or the problem that stands in its place."""

    place: str
    payload: Any
    problem: str | None
    position: int  # bytes or rows of the source that are behind us


class Source(NamedTuple):
    """An open source: how long it is, in which unit, and its entries."""

    length: int | None
    unit: str
    entries: Iterator[Entry]


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a file of any known kind, told by its content.

    Raises ImportFileError when it cannot be read or is of no known kind.
    """
    try:
        with path.open("rb") as raw:
            head = raw.read(len(SQLITE_MAGIC))
            raw.seek(0)
            if head == SQLITE_MAGIC:
                with _open_database(path) as database:
                    yield _database_source(database)
                return
            packed = head.startswith(GZIP_MAGIC)
            with gzip.open(raw) if packed else raw as file:
                position = raw.tell if packed else file.tell
                first = _first_text(file)
                if first.startswith("{") or not first:
                    yield Source(path.stat().st_size, "B", _line_entries(file, position))
                elif _looks_like_sql(first):
                    with _load_dump(file) as (database, problems):
                        yield _database_source(database, problems)
                else:
                    raise ImportFileError(
                        f"{path}: neither payloads one a line, nor a SQL dump, nor a SQLite file"
                    )
    except OSError as error:
        raise ImportFileError(f"{path}: {error.strerror or error}") from None
    except (EOFError, sqlite3.DatabaseError) as error:
        raise ImportFileError(f"{path}: cannot be read to its end: {error}") from None


def _first_text(file: BinaryFile) -> str:
    head = file.read(64 * 1024)
    file.seek(0)
    return head.decode("utf-8", "replace").lstrip()


def _looks_like_sql(text: str) -> bool:
    return SQL_BEGINNING.match(text) is not None


def _line_entries(file: BinaryFile, position: Any) -> Iterator[Entry]:
    number = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        place = f"line {number}"
        if not line.strip():
            continue
        if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
            raise ImportFileError(f"{place} is over {MAX_LINE_BYTES:,} bytes")
        try:
            yield Entry(place, decode_json(line).value, None, position())
        except PayloadError as error:
            yield Entry(place, None, str(error), position())


@contextmanager
def _open_database(path: Path) -> Iterator[sqlite3.Connection]:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        yield database


@contextmanager
def _load_dump(file: BinaryFile) -> Iterator[tuple[sqlite3.Connection, list[str]]]:
    """Run the dump's statements about the two tables in a database of their own."""
    problems: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="batch-dashboard-") as folder,
        closing(sqlite3.connect(Path(folder) / "dump.db", isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        for number, statement in _statements(file):
            if not KEPT_STATEMENT.match(statement):
                continue
            try:
                database.execute(statement)
            except sqlite3.Error as error:
                problems.append(f"line {number}: {error}")
        database.execute("COMMIT")
        yield database, problems


def _statements(file: BinaryFile) -> Iterator[tuple[int, str]]:
    """Each SQL statement with the number of the line it begins on."""
    begun = 1
    lines: list[str] = []
    for number, line in enumerate(file, start=1):
        if not lines:
            begun = number
        lines.append(line.decode("utf-8", "replace"))
        statement = "".join(lines)
        if line.rstrip().endswith(b";") and sqlite3.complete_statement(statement):
            yield begun, statement
            lines = []
        elif len(lines) > MAX_STATEMENT_LINES:
            raise ImportFileError(f"line {begun}: this statement does not end")
    if "".join(lines).strip():
        yield begun, "".join(lines)


def _database_source(database: sqlite3.Connection, problems: list[str] | None = None) -> Source:
    columns = {table: _columns(database, table) for table in TABLES}
    missing = [table for table in TABLES if not columns[table]]
    if missing:
        raise ImportFileError(f"there is no table {' and no table '.join(missing)}")
    runs = database.execute("SELECT count(*) FROM batch_runs").fetchone()[0]
    return Source(runs, "runs", _database_entries(database, columns, problems or []))


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def _database_entries(
    database: sqlite3.Connection, columns: dict[str, list[str]], problems: list[str]
) -> Iterator[Entry]:
    for problem in problems:
        place, _, text = problem.partition(": ")
        yield Entry(place, None, text, 0)
    run_names = [name for name in columns["batch_runs"] if name in RUN_FIELDS]
    result_names = [name for name in columns["recipe_results"] if name in RESULT_FIELDS]
    runs = database.execute(f"SELECT id, {', '.join(run_names)} FROM batch_runs ORDER BY id")  # noqa: S608
    results = groupby(
        database.execute(
            f"SELECT batch_run_id, {', '.join(result_names)} FROM recipe_results"  # noqa: S608
            " ORDER BY batch_run_id, id"
        ),
        key=itemgetter(0),
    )
    group = next(results, None)
    for position, (run_id, *values) in enumerate(runs, start=1):
        # Results of runs that are not there cannot be stored: tell of them and go on.
        while group is not None and (group[0] is None or group[0] < run_id):
            orphans = sum(1 for _ in group[1])
            problem = f"{orphans:,} results belong to no batch run"
            yield Entry(f"batch_run_id {group[0]}", None, problem, position)
            group = next(results, None)
        entries: list[dict[str, Any]] = []
        if group is not None and group[0] == run_id:
            entries = [_present(result_names, row[1:]) for row in group[1]]
            group = next(results, None)
        payload = _present(run_names, values)
        payload["results"] = entries
        yield Entry(f"batch_runs id {run_id}", payload, None, position)
    while group is not None:
        problem = f"{sum(1 for _ in group[1]):,} results belong to no batch run"
        yield Entry(f"batch_run_id {group[0]}", None, problem, 0)
        group = next(results, None)


def _present(names: list[str], values: Any) -> dict[str, Any]:
    """The fields that have a value, as a client would send them."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}
