"""The contents of a file to import, independent of its format."""

import gzip
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

BinaryFile = gzip.GzipFile | io.BufferedReader


class Entry(NamedTuple):
    """One payload of a source, or the problem in its place."""

    place: str
    payload: Any
    problem: str | None
    position: int  # bytes or rows of the source that are read
    warnings: tuple[str, ...] = ()  # warnings of its decoding


class Source(NamedTuple):
    """An open source: its length with the unit, and its entries."""

    length: int | None
    unit: str
    entries: Iterator[Entry]
    # Columns of tables that are not fields of a payload.
    ignored_columns: tuple[str, ...] = ()
