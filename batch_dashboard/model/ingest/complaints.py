"""Sentences that state what is wrong with a field of a payload, and what is allowed."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from batch_dashboard.errors import Problem
from batch_dashboard.model.text.wording import CONTROL_CHARACTER

MAX_SHOWN_LENGTH = 40


def problems_of(error: ValidationError, array: str = "", first_index: int = 0) -> Iterator[Problem]:
    """Each problem with its path; of a slice of an array, with the index in the whole array."""
    for details in error.errors(include_url=False):
        place = [str(part) for part in details["loc"]]
        if array:
            place[0] = f"{array}[{first_index + int(place[0])}]"
        path = ".".join(place)
        yield Problem(path, f"{path} {_complaint(details)}")


def _complaint(details: ErrorDetails) -> str:
    """The error of a field and what is allowed, to follow its path in a sentence."""
    kind, value, limits = details["type"], details["input"], details.get("ctx", {})
    required = kind == "missing" or (value is None and kind != "string_pattern_mismatch")
    if required or (kind in ("string_too_short", "literal_error") and value == ""):
        return "is required"
    match kind:
        case "string_too_long":
            return f"must be at most {limits['max_length']} characters, not {len(value)}"
        case "string_pattern_mismatch":
            return f"must not contain {_control_character(value)}"
        case "string_type" | "string_unicode":
            return f"must be text, not {_found(value)}"
        case "literal_error":
            return f"must be {limits['expected']}, not {shown(value)}"
        case "int_type" | "int_from_float":
            return f"must be a whole number, not {_found(value)}"
        case "float_type":
            return f"must be a number, not {_found(value)}"
        case "greater_than_equal":
            return f"must be at least {_number(limits['ge'])}, not {_number(value)}"
        case "less_than_equal":
            return f"must be at most {_number(limits['le'])}, not {_number(value)}"
        case "finite_number":
            return f"must be a finite number, not {value}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"must be an object, not {named_kind(value)}"
    return details["msg"]


def _control_character(text: str) -> str:
    """The first forbidden character of a text, and its position."""
    if "\0" in text:
        return f"NUL (U+0000), found at character {text.index(chr(0)) + 1:,}"
    found = CONTROL_CHARACTER.search(text)
    if found is None:
        return "control characters"
    return f"control characters, such as U+{ord(found[0]):04X} at character {found.start() + 1:,}"


def _found(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return f"text {shown(value)}" if isinstance(value, str) else named_kind(value)


def _number(value: float) -> str:
    if abs(value) < 1e15 and value == int(value):
        return f"{int(value):,}"
    text = repr(value)
    return text if len(text) <= MAX_SHOWN_LENGTH else f"{text[:MAX_SHOWN_LENGTH]}…"


def named_kind(value: Any) -> str:
    """The JSON name of a value's type."""
    if value is None:
        return "null"
    names = {bool: "true or false", str: "text", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")


def shown(value: Any) -> str:
    """A value in quotation marks, shortened."""
    text = value if isinstance(value, str) else repr(value)
    return f"“{text[:MAX_SHOWN_LENGTH]}{'…' if len(text) > MAX_SHOWN_LENGTH else ''}”"
