"""From the bytes of a body or a file to a JSON value.

What RFC 8259 leaves undefined is rejected, or repaired with a warning. Source: docs/ingest-api.md.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple, NoReturn

import orjson
from jiter import from_json

from batch_dashboard.errors import PayloadError, Problem
from batch_dashboard.model.ingest.complaints import shown

BOM = b"\xef\xbb\xbf"
REPLACEMENT = "\ufffd"
HALF_PAIR = re.compile("[\ud800-\udfff]")
MAX_REPAIRS_NAMED = 100
# Python reads no longer ones, because the time it takes grows with the square of their length.
MAX_INTEGER_DIGITS = 4_000

UNICODE = "send UTF-8"
PACKED = "send JSON, plain or with Content-Encoding: gzip"
# What a body that is no JSON begins with, what that is, and what would be right.
SIGNATURES = (
    (b"\xff\xfe\x00\x00", "UTF-32", UNICODE),
    (b"\x00\x00\xfe\xff", "UTF-32", UNICODE),
    (b"\xff\xfe", "UTF-16", UNICODE),
    (b"\xfe\xff", "UTF-16", UNICODE),
    (b"\x1f\x8b", "gzip", "Content-Encoding: gzip is missing"),
    (b"\x28\xb5\x2f\xfd", "zstd", PACKED),
    (b"BZh", "bzip2", PACKED),
    (b"\xfd7zXZ\x00", "xz", PACKED),
    (b"PK\x03\x04", "a ZIP archive", PACKED),
    (b"--", "multipart/form-data", "send the JSON as the body itself"),
    (b"<", "HTML or XML", "send JSON"),
    (b"%7B", "URL-encoded JSON", "send the JSON as it is"),
)
FORM = re.compile(rb"[\w.+%\[\]-]{1,100}=")


class Decoded(NamedTuple):
    """The value of a JSON text, and a warning for each text in it that was repaired."""

    value: Any
    warnings: list[str]


def decode_json(body: bytes) -> Decoded:
    """The value of a JSON text in UTF-8, with or without a byte order mark.

    Half of a surrogate pair becomes U+FFFD. Raises PayloadError for anything that is not JSON, a
    key given twice, NaN and Infinity.
    """
    try:
        # Takes half the time of the other, which knows what is wrong where this one refuses.
        return Decoded(from_json(body, catch_duplicate_keys=True, allow_inf_nan=False), [])
    except ValueError:
        pass
    try:
        value = _parsed(body.decode("utf-8-sig" if body.startswith(BOM) else "utf-8"))
        # Only an escape can bring half of a pair into text that is UTF-8.
        if b"\\ud" in body or b"\\uD" in body:
            return _without_half_pairs(value)
        return Decoded(value, [])
    except RecursionError:
        message = "nested too deeply"
    except UnicodeDecodeError as error:
        message = _guess(body) or f"not UTF-8 at byte {error.start}"
    except ValueError as error:
        message = _guess(body) or _complaint(error, body)
    raise PayloadError([Problem("", f"invalid JSON: {message}")])


def decode_next(text: str, start: int) -> tuple[Decoded | PayloadError, int]:
    """The JSON value that begins at `start`, or what is wrong with it, and where it ends.

    Raises ValueError where the text ends before the value, or it is no JSON at all, and
    RecursionError where it is nested too deeply.
    """
    _value, end = json.JSONDecoder(parse_int=_integer).raw_decode(text, start)
    try:
        return decode_json(text[start:end].encode(errors="surrogatepass")), end
    except PayloadError as error:
        return error, end


def kind_of(head: bytes) -> tuple[str, str] | None:
    """The apparent format of bytes that are not JSON, and what is right; None: unknown."""
    for signature, name, advice in SIGNATURES:
        if head.startswith(signature):
            found = "" if signature.isascii() else f" (it begins with {head[:2].hex(' ').upper()})"
            return f"{name}{found}", advice
    # RFC 4627, section 3: where the zero bytes are among the first four.
    match [byte != 0 for byte in head[:4]]:
        case [True, False, False, False] | [False, False, False, True]:
            return "UTF-32", UNICODE
        case [True, False, True, False] | [False, True, False, True]:
            return "UTF-16", UNICODE
    return None


def _guess(body: bytes) -> str | None:
    head = body[:200].lstrip() if body[:1].isspace() and body[1:2] != b"\x00" else body[:200]
    kind = kind_of(head)
    if kind is None and FORM.match(head):
        kind = "a form (application/x-www-form-urlencoded)", "send the JSON as the body itself"
    return None if kind is None else f"the body looks like {kind[0]}; {kind[1]}"


def _complaint(error: ValueError, body: bytes) -> str:
    if not body.strip():
        return "the body is empty"
    if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
        return f"{error}; send one payload at a time"
    return str(error)


def _parsed(text: str) -> Any:
    hooks: dict[str, Any] = {"object_pairs_hook": _unique_keys, "parse_constant": _no_constant}
    try:
        return json.loads(text, **hooks)
    except ValueError as error:
        if not str(error).startswith("Exceeds the limit"):
            raise
    return json.loads(text, parse_int=_integer, **hooks)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else float(digits)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"the key {shown(twice)} is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _without_half_pairs(value: Any) -> Decoded:
    warnings: list[str] = []
    try:
        orjson.dumps(value)
    except TypeError:
        # It refuses half pairs, and a few other things.
        value = _repaired(value, "", warnings)
    return Decoded(value, warnings)


def _repaired(value: Any, path: str, warnings: list[str]) -> Any:
    if isinstance(value, str):
        return _repaired_text(value, path or "the payload", warnings)
    if isinstance(value, list):
        return [_repaired(item, f"{path}[{index}]", warnings) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        name = _repaired_text(key, f"a key in {path or 'the payload'}", warnings)
        found[name] = _repaired(item, f"{path}.{name}" if path else name, warnings)
    return found


def _repaired_text(text: str, place: str, warnings: list[str]) -> str:
    half = HALF_PAIR.search(text)
    if half is None:
        return text
    if len(warnings) < MAX_REPAIRS_NAMED:
        warnings.append(
            f"{place[:200]} contains half of a surrogate pair (\\u{ord(half[0]):04x}), "
            "replaced by U+FFFD"
        )
    return HALF_PAIR.sub(REPLACEMENT, text)


def canonical(payload: Any) -> bytes:
    """A decoded JSON value written in one way, whatever its key order and spacing were.

    Raises PayloadError when it is nested too deeply.
    """
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        pass
    try:
        # Integers that do not fit 64 bits, which only unknown fields can hold.
        return orjson.dumps(_with_short_integers(payload), option=orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError):
        raise PayloadError([Problem("", "invalid JSON: nested too deeply")]) from None


def _with_short_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_short_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_short_integers(item) for item in value]
    if isinstance(value, int) and value.bit_length() > 63:
        return hex(value)
    return value
