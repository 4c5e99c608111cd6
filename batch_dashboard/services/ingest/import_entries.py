"""What a file to import holds, whatever its kind."""

import gzip
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

BinaryFile = gzip.GzipFile | io.BufferedReader


class Entry(NamedTuple):
    """One payload of a source, or the problem that stands in its place."""

    place: str
    payload: Any
    problem: str | None
    position: int  # bytes or rows of the source that are behind us
    warnings: tuple[str, ...] = ()  # of decoding it


class Source(NamedTuple):
    """An open source: how long it is, in which unit, and its entries."""

    length: int | None
    unit: str
    entries: Iterator[Entry]
    # Columns of tables that are no fields of a payload.
    ignored_columns: tuple[str, ...] = ()
