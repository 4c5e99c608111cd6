"""The line of a message that names the cause."""

import re
from functools import lru_cache
from typing import NamedTuple, TypeVar

from batch_dashboard.model.failures.reasons.continuation import (
    MAX_CONTINUATION,
    MAX_LINE_LENGTH,
    completed_text,
    opened_text,
)
from batch_dashboard.model.failures.reasons.kinds import Kind, Opens, has_clue, kind_of, read_line
from batch_dashboard.model.failures.reasons.prefixes import strip_prefix

# The separate line that replaces the middle of a long message.
OMISSION = "[… {count:,} characters omitted …]"
OMISSION_LINE = re.compile(r"^\[… [\d,]+ characters omitted …\]$", re.MULTILINE)
_OMITTED = " characters omitted …]"

# Of the lines of a message, and of those with clues, the first and the last are read. How many
# grows with the length of the message; the lines of usual logs are so long that all are read.
_MIN_LINES, _CHARACTERS_PER_LINE = 300, 25
_MIN_CLUES, _CHARACTERS_PER_CLUE = 48, 200

# Of messages up to this length the telling line is remembered; they take up to 8 MB in all.
_MAX_REMEMBERED = 2_000

# By how many characters at its end a line is recognised in a text.
_END = 20
# The maximum distance between an error and the lines that complete it.
_MAX_BELOW = 10
# Errors with at most this many lines between them belong together; the first is the cause.
_CLUSTER_GAP = 3
# How far down a traceback is followed to its exception.
_MAX_TRACEBACK = 200

# How a line begins in which pytest explains an assertion; the first of several names it.
_PYTEST = "E  "
_RETRY = re.compile(r"\bretry(?:ing)?\b", re.IGNORECASE)

_Item = TypeVar("_Item")


class Telling(NamedTuple):
    """A line that names a cause, and its position."""

    number: int
    kind: Kind
    text: str  # without its prefix, with the lines below it that belong to it
    is_cut: bool = False  # ends where the message was cut off


def find_telling_line(text: str, *, is_cut: bool) -> Telling | None:
    """The line that names the cause; None if no line does.

    `is_cut` tells that the message was cut off in its last line. A line that was cut off is chosen
    only where no complete line names a cause.
    """
    # Recipes that are tried again fail with the same messages.
    find = remembered_telling_line if len(text) <= _MAX_REMEMBERED else _find_telling_line
    return find(text, is_cut)


def _find_telling_line(text: str, is_cut: bool) -> Telling | None:
    lines = text.split("\n")
    if len(text) > MAX_LINE_LENGTH:
        lines = _first_and_last(lines, max(_MIN_LINES, len(text) // _CHARACTERS_PER_LINE))
        if max(map(len, lines)) > MAX_LINE_LENGTH:
            lines = [line[:MAX_LINE_LENGTH] for line in lines]
    cut = _cut_lines(lines, text, is_cut=is_cut)
    numbers = [number for number, clue in enumerate(map(has_clue, lines)) if clue]
    limit = max(_MIN_CLUES, len(text) // _CHARACTERS_PER_CLUE)
    found = _find_errors(lines, _first_and_last(numbers, limit), is_tried_again="etry" in text)
    if not found:
        return None
    if not cut:
        return _choose(found, lines)
    complete = [error for error in found if not _ends_in(cut, lines, error)]
    if any(error.kind >= Kind.WEAK for error in complete):
        found = complete
    chosen = _choose(found, lines)
    return chosen._replace(is_cut=_ends_in(cut, lines, chosen))


remembered_telling_line = lru_cache(maxsize=1_024)(_find_telling_line)


def _first_and_last(items: list[_Item], limit: int) -> list[_Item]:
    """The items; of more than `limit`, a quarter from the beginning and the rest from the end."""
    return items if len(items) <= limit else items[: limit // 4] + items[-(limit * 3 // 4) :]


def _cut_lines(lines: list[str], text: str, *, is_cut: bool) -> list[int]:
    """The numbers of lines that were cut off at their end.

    What stands behind an omission has lost its beginning, up to the end of the line: it is emptied.
    """
    cut = [len(lines) - 1] if is_cut else []
    if _OMITTED in text:
        for number in range(1, len(lines) - 1):
            if OMISSION_LINE.fullmatch(lines[number]):
                cut.append(number - 1)
                lines[number + 1] = ""
    return cut


def _ends_in(cut: list[int], lines: list[str], error: Telling) -> bool:
    """Whether the text of an error ends with the end of a line that was cut off."""
    return any(
        0 <= number - error.number <= MAX_CONTINUATION
        and error.text.endswith(strip_prefix(lines[number])[0][-_END:])
        for number in cut
    )


def _find_errors(lines: list[str], numbers: list[int], *, is_tried_again: bool) -> list[Telling]:
    found = []
    for number in numbers:
        line = lines[number]
        kind, text, is_marked, opens = read_line(line)
        if opens is Opens.TRACEBACK:
            found += _exception_of(lines, number)
            continue
        if opens is not Opens.NOTHING:
            below = lines[number + 1 : number + 1 + MAX_CONTINUATION]
            text = opened_text(text, opens, below)
            kind = kind_of(text, is_marked=is_marked or opens is Opens.TEXT)
            if kind is Kind.NOISE and opens is Opens.TEXT:
                kind = Kind.ERROR
            elif kind is not Kind.WRAPPER and opens is Opens.CAUSES:
                kind = max(kind, Kind.EXCEPTION)
        if kind < Kind.STAGE:
            continue
        if is_marked and line.startswith(_PYTEST):
            if number and lines[number - 1].startswith(_PYTEST):
                continue
            kind = max(kind, Kind.EXCEPTION)
        elif line.lstrip()[:10].lower() == "caused by:":
            kind = max(kind, Kind.EXCEPTION)
        # What was tried again did not end the build.
        if is_tried_again and any(
            "etry" in near and _RETRY.search(near) for near in lines[number : number + 2]
        ):
            kind = Kind.VAGUE
        found.append(Telling(number, kind, text.removeprefix("note: ")))
    return found


def _exception_of(lines: list[str], number: int) -> list[Telling]:
    """The exception below a traceback: the first line that is not indented more than its title."""
    title = lines[number]
    margin = title[: title.find("Traceback")]
    for below in range(number + 1, min(len(lines), number + _MAX_TRACEBACK)):
        line = lines[below]
        if line.startswith(margin) and line[len(margin) : len(margin) + 1].strip():
            text, _ = strip_prefix(line)
            is_cause = kind_of(text, is_marked=True) >= Kind.VAGUE
            return [Telling(below, Kind.EXCEPTION, text)] if is_cause else []
    return []


def _choose(found: list[Telling], lines: list[str]) -> Telling:
    """The error that is the cause of the others, completed."""
    chosen = found[0] if len(found) == 1 else _cause_among(found)
    below = lines[chosen.number + 1 : chosen.number + 1 + _MAX_BELOW]
    if not below:
        return chosen
    return chosen._replace(text=completed_text(chosen.text, chosen.kind, below))


def _cause_among(found: list[Telling]) -> Telling:
    """The error of the largest kind that is the cause of the others.

    A compiler reports the cause first. Of exceptions that caused each other the innermost is
    printed last. Of other errors those at the end ended the build; the first of them is the cause.
    """
    best = max([error.kind for error in found])
    equals = [error for error in found if error.kind is best]
    chosen = equals[0] if best >= Kind.DEFINITE else equals[-1]
    if best < Kind.EXCEPTION:
        for error in reversed(equals):
            if chosen.number - error.number > _CLUSTER_GAP + 1:
                break
            chosen = error
    return chosen
