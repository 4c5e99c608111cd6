"""Reading a SQL dump: only statements that fill the known tables with literal values.

Each statement runs in a separate database with an authorizer that allows it to create one of these
tables or to insert into it, but not to read, nor to call a function except those that dumps use for
line breaks. Time and memory are therefore bounded by the length of the dump.
"""

import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from batch_dashboard.errors import ImportFileError
from batch_dashboard.services.ingest.import_entries import BinaryFile, Entry
from batch_dashboard.services.ingest.import_tables import TABLES

MAX_STATEMENT_BYTES = 64 * 1024 * 1024
MAX_PROBLEMS = 1_000
# Steps of SQLite's virtual machine: a value takes two or three, a row a few tens.
STEPS_AT_ONCE = 1_000
STEPS_A_CHARACTER = 10
MAX_EXPRESSION_DEPTH = 20

KEPT_STATEMENT = re.compile(
    r"\s*(?:CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?|INSERT\s+(?:OR\s+\w+\s+)?INTO\s+)"
    rf"""["'`\[]?(?:{"|".join(TABLES)})\b""",
    re.IGNORECASE,
)
# The beginning or end of a text, a name or a comment.
MARK = re.compile(r"""['"`]|--|/\*|\*/""")
COMMENT, COMMENT_END = "/*", "*/"

# The tables to which CREATE TABLE writes.
CATALOGUE = {"sqlite_master", "sqlite_sequence"}
ALLOWED = {
    sqlite3.SQLITE_CREATE_TABLE: {*TABLES, *CATALOGUE},
    # An index for a UNIQUE constraint of the table.
    sqlite3.SQLITE_CREATE_INDEX: None,
    sqlite3.SQLITE_INSERT: {*TABLES, *CATALOGUE},
    sqlite3.SQLITE_UPDATE: CATALOGUE,
    sqlite3.SQLITE_READ: CATALOGUE,
    # VALUES with many rows is one; without tables and functions it can select nothing.
    sqlite3.SQLITE_SELECT: None,
    sqlite3.SQLITE_TRANSACTION: None,
}
FUNCTIONS = {"replace", "char", "unistr"}
LINE_BREAKS = {"\\n": "\n", "\\r": "\r"}
UNICODE_ESCAPE = re.compile(r"\\(?:\\|u([0-9a-fA-F]{4}))")


@contextmanager
def load_dump(file: BinaryFile) -> Iterator[tuple[sqlite3.Connection, list[Entry]]]:
    """A database with the rows of the dump, and the statements that could not be executed.

    Raises ImportFileError if a statement is too long or slow, or too many cannot be executed.
    """
    problems: list[Entry] = []
    with (
        tempfile.TemporaryDirectory(prefix="batch-dashboard-") as folder,
        closing(sqlite3.connect(Path(folder) / "dump.db", isolation_level=None)) as database,
    ):
        # A statement that fails is rolled back; new pages need no journal, so it stays small.
        database.execute("PRAGMA journal_mode = MEMORY")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        guard = _Guard(database)
        for number, statement in statements(file):
            if not KEPT_STATEMENT.match(statement):
                continue
            problem = guard.run(number, statement)
            if problem is not None:
                problems.append(Entry(f"line {number}", None, problem, 0))
            if len(problems) > MAX_PROBLEMS:
                raise ImportFileError(
                    f"over {MAX_PROBLEMS:,} statements cannot be run; "
                    f"the last one, in line {number}: {problem}"
                )
        guard.remove()
        database.execute("COMMIT")
        yield database, problems


def statements(file: BinaryFile) -> Iterator[tuple[int, str]]:
    """Each SQL statement with the number of its first line; statements end at line ends.

    Raises ImportFileError for one that is too long.
    """
    begun, size, inside = 1, 0, ""
    parts: list[str] = []
    number = 0
    while line := file.readline(MAX_STATEMENT_BYTES):
        number += 1
        if not parts:
            begun, size = number, 0
        size += len(line)
        if size > MAX_STATEMENT_BYTES:
            raise ImportFileError(
                f"the statement of line {begun} is over {MAX_STATEMENT_BYTES:,} bytes"
            )
        text = line.decode("utf-8", "replace")
        parts.append(text)
        inside = _inside(text, inside)
        if not inside and text.rstrip().endswith(";"):
            yield begun, "".join(parts)
            parts = []
    if parts:
        yield begun, "".join(parts)


def _inside(line: str, inside: str) -> str:
    """The construct that is open at the end of a line: a quotation, a comment or nothing.

    `inside` is the construct that is open at its beginning.
    """
    if not (inside or '"' in line or "`" in line or "--" in line or COMMENT in line):
        return "'" if line.count("'") % 2 else ""
    for match in MARK.finditer(line):
        mark = match[0]
        if inside:
            # A doubled quotation mark ends a text and starts another.
            if mark == (COMMENT_END if inside == COMMENT else inside):
                inside = ""
        elif mark == "--":
            return ""
        elif mark != COMMENT_END:
            inside = mark
    return inside


class _Guard:
    """Executes untrusted statements."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._steps_left = 0
        self._refused = ""
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * MAX_STATEMENT_BYTES)
        database.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, MAX_EXPRESSION_DEPTH)
        # Replaces SQLite's own function, whose result can be longer than its arguments.
        database.create_function("replace", 3, _line_breaks, deterministic=True)
        database.create_function("char", 1, _character, deterministic=True)
        database.create_function("unistr", 1, _unescaped, deterministic=True)
        database.set_authorizer(self._authorize)
        database.set_progress_handler(self._count_steps, STEPS_AT_ONCE)

    def remove(self) -> None:
        """Remove the restrictions from the connection."""
        self._database.set_authorizer(None)
        self._database.set_progress_handler(None, 0)

    def run(self, number: int, statement: str) -> str | None:
        """Execute the statement of a line; returns the error, None if there is none.

        Raises ImportFileError if it takes too long; this also rolls back earlier statements.
        """
        self._steps_left = STEPS_AT_ONCE + STEPS_A_CHARACTER * len(statement)
        self._refused = ""
        try:
            self._database.execute(statement)
        except sqlite3.Error as error:
            if self._steps_left < 0:
                raise ImportFileError(
                    f"the statement of line {number} is too complex: "
                    "only literal values are allowed"
                ) from None
            if self._refused:
                return f"{self._refused}, but only literal values are allowed"
            return str(error)
        return None

    def _authorize(self, action: int, first: str | None, second: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_FUNCTION:
            if second in FUNCTIONS:
                return sqlite3.SQLITE_OK
            self._refused = f"it calls {second}()"
        elif action in ALLOWED:
            names = ALLOWED[action]
            if names is None or first in names:
                return sqlite3.SQLITE_OK
            self._refused = f"it reads or changes {first}"
        else:
            self._refused = "it does more than create or fill a table"
        return sqlite3.SQLITE_DENY

    def _count_steps(self) -> bool:
        self._steps_left -= STEPS_AT_ONCE
        return self._steps_left < 0


def _line_breaks(text: str, escape: str, character: str) -> str:
    """`replace(text, '\\n', char(10))`, as dumps write multi-line texts."""
    if LINE_BREAKS.get(escape) != character:
        raise ValueError(escape)
    return text.replace(escape, character)


def _character(number: int) -> str:
    if number not in (10, 13):
        raise ValueError(number)
    return chr(number)


def _unescaped(text: str) -> str:
    return UNICODE_ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else "\\", text)
