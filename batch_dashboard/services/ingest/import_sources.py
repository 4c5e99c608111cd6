"""Files from which batch runs can be imported, recognised by their content.

JSON payloads, SQL dumps and SQLite files; all except SQLite files can be compressed with gzip. A
source yields payloads as they would be posted, each with its place and position in the file; it
never keeps more than one run in memory.
"""

import gzip
import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batch_dashboard.errors import ImportFileError
from batch_dashboard.model.ingest.decoding import BOM, kind_of
from batch_dashboard.services.ingest.import_dumps import load_dump
from batch_dashboard.services.ingest.import_entries import BinaryFile, Source
from batch_dashboard.services.ingest.import_payloads import line_entries, value_entries
from batch_dashboard.services.ingest.import_tables import open_database, table_source

SQLITE_MAGIC = b"SQLite format 3\0"
GZIP_MAGIC = b"\x1f\x8b"
HEAD_BYTES = 64 * 1024
SQL_BEGINNING = re.compile(rb"--|/\*|(?:PRAGMA|BEGIN|CREATE|INSERT|DROP|SET)\b", re.IGNORECASE)


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a file of any known format.

    Raises ImportFileError if it cannot be read or its format is unknown.
    """
    try:
        with path.open("rb") as raw:
            magic = raw.read(len(SQLITE_MAGIC))
            raw.seek(0)
            if magic == SQLITE_MAGIC:
                with open_database(path) as database:
                    yield table_source(database)
                return
            packed = magic.startswith(GZIP_MAGIC)
            with gzip.open(raw) if packed else raw as file:
                yield from _text_source(path, file, raw)
    except OSError as error:
        raise ImportFileError(f"{path}: {error.strerror or error}") from None
    except (EOFError, sqlite3.DatabaseError) as error:
        raise ImportFileError(f"{path}: cannot be read completely: {error}") from None


def _text_source(path: Path, file: BinaryFile, raw: io.BufferedReader) -> Iterator[Source]:
    head = file.read(HEAD_BYTES)
    file.seek(len(BOM) if head.startswith(BOM) else 0)
    text = head.removeprefix(BOM).lstrip()
    length = path.stat().st_size
    if text.startswith(b"["):
        yield Source(length, "B", value_entries(file, raw.tell, in_array=True))
    elif text.startswith(b"{") or not text:
        yield Source(length, "B", line_entries(file, raw.tell))
    elif SQL_BEGINNING.match(text):
        with load_dump(file) as (database, problems):
            yield table_source(database, problems)
    else:
        kind = kind_of(head)
        found = f"looks like {kind[0]}; it is " if kind else ""
        raise ImportFileError(
            f"{path}: {found}neither NDJSON (one payload per line), nor a JSON array, nor a "
            "SQL dump (each in UTF-8), nor a SQLite file"
        )
