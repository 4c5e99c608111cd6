"""Payloads in a JSON file: one per line, one after another, or in an array."""

import io
import json
import re
from collections.abc import Callable, Iterator

from batch_dashboard.errors import ImportFileError, PayloadError
from batch_dashboard.model.ingest.decoding import Decoded, decode_json, decode_next
from batch_dashboard.services.ingest.import_entries import BinaryFile, Entry

# The limit of one payload; a file can have any length.
MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
CHUNK_CHARACTERS = 256 * 1024
WHITE_SPACE = re.compile(r"[ \t\r\n]*")
# An error this close to the end of the buffer can disappear when more is read.
MAX_TOKEN_LENGTH = 16

Position = Callable[[], int]


def line_entries(file: BinaryFile, position: Position) -> Iterator[Entry]:
    """Payloads, one per line; an invalid line is reported, and the others are returned.

    A file whose first line is only the beginning of a payload (pretty-printed JSON) is read as
    payloads one after another.
    """
    start = file.tell()
    first = next((line for line in _lines(file) if line.strip()), b"")
    file.seek(start)
    if first and _is_cut(first):
        yield from value_entries(file, position)
        return
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            decoded = decode_json(line)
        except PayloadError as error:
            yield Entry(f"line {number}", None, str(error), position())
        else:
            warnings = tuple(decoded.warnings)
            yield Entry(f"line {number}", decoded.value, None, position(), warnings)


def value_entries(
    file: BinaryFile, position: Position, *, in_array: bool = False
) -> Iterator[Entry]:
    """Payloads one after another on any number of lines, or the elements of one array.

    At most one payload of 64 MiB is in memory. Raises ImportFileError if the file is not JSON.
    """
    text = _Text(io.TextIOWrapper(file, encoding="utf-8", newline=""))
    number = 0
    try:
        if in_array:
            text.take("[")
        while text.peek() not in ("", "]"):
            number += 1
            place = f"payload {number}"
            try:
                decoded = text.next_value()
            except ImportFileError as error:
                raise ImportFileError(f"{place}: {error}") from None
            if isinstance(decoded, PayloadError):
                yield Entry(place, None, str(decoded), position())
            else:
                yield Entry(place, decoded.value, None, position(), tuple(decoded.warnings))
            if in_array and text.peek() != "]":
                text.take(",")
        if in_array:
            text.take("]")
        if text.peek():
            raise ImportFileError(f"after payload {number}: there is more than one array")
    except UnicodeDecodeError:
        raise ImportFileError(f"not UTF-8, in or after payload {number + 1}") from None
    finally:
        text.file.detach()


class _Text:
    """A long text that is read as far as needed."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self.file = file
        self.buffer = ""
        self.place = 0

    def peek(self) -> str:
        """The next character that is not white space, "" at the end."""
        while True:
            self.place = _beyond_blanks(self.buffer, self.place)
            if self.place < len(self.buffer):
                return self.buffer[self.place]
            self.buffer, self.place = self.file.read(CHUNK_CHARACTERS), 0
            if not self.buffer:
                return ""

    def take(self, character: str) -> None:
        """Skip an expected character. Raises ImportFileError if another one is found."""
        found = self.peek()
        if found != character:
            raise ImportFileError(
                f"expected “{character}”, not {f'“{found}”' if found else 'the end'}"
            )
        self.place += 1

    def next_value(self) -> Decoded | PayloadError:
        """The value at this position. Raises ImportFileError if it is incomplete."""
        while True:
            try:
                decoded, self.place = decode_next(self.buffer, self.place)
                return decoded
            except RecursionError:
                raise ImportFileError("a payload is nested too deeply") from None
            except json.JSONDecodeError as error:
                in_the_middle = error.pos < len(self.buffer) - MAX_TOKEN_LENGTH
                if in_the_middle and not error.msg.startswith("Unterminated"):
                    raise ImportFileError(f"not JSON: {error.msg}") from None
                # Doubles the buffer, so that a long value is not parsed many times.
                self.buffer = self.buffer[self.place :]
                self.place = 0
                more = self.file.read(max(CHUNK_CHARACTERS, len(self.buffer)))
                if not more:
                    raise ImportFileError(f"not JSON: {error.msg}") from None
                if len(self.buffer) > MAX_PAYLOAD_BYTES:
                    raise ImportFileError(
                        f"no payload ends within {MAX_PAYLOAD_BYTES:,} characters"
                    ) from None
                self.buffer += more


def _beyond_blanks(text: str, start: int) -> int:
    found = WHITE_SPACE.match(text, start)
    return found.end() if found else start


def _lines(file: BinaryFile) -> Iterator[bytes]:
    number = 0
    while line := file.readline(MAX_PAYLOAD_BYTES):
        number += 1
        if len(line) == MAX_PAYLOAD_BYTES and not line.endswith(b"\n"):
            raise ImportFileError(f"line {number} is over {MAX_PAYLOAD_BYTES:,} bytes")
        yield line


def _is_cut(line: bytes) -> bool:
    """Whether a line is JSON that continues on the next line."""
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return error.pos >= len(error.doc.rstrip())
    except (ValueError, RecursionError):
        pass
    return False
