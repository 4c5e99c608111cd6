"""The line of a message that names the cause."""

import re
from typing import NamedTuple, TypeVar

from batch_dashboard.model.reasons.kinds import Kind, has_clue, kind_of, read_line
from batch_dashboard.model.reasons.prefixes import strip_prefix
from batch_dashboard.model.reasons.signs import STATUS

# What replaces the middle of a long message, on a line of its own.
OMISSION = "[… {count:,} characters omitted …]"
OMISSION_LINE = re.compile(r"^\[… [\d,]+ characters omitted …\]$", re.MULTILINE)
_OMITTED = " characters omitted …]"
# By how many characters at its end a line is recognised in a text.
_END = 20

# Longer lines are cut: what follows would not tell causes apart.
MAX_LINE_LENGTH = 500

# Of the lines of a message, and of those with clues, the first and the last are read. How many
# grows with the length of the message; the lines of usual logs are so long that all are read.
_MIN_LINES, _CHARACTERS_PER_LINE = 300, 25
_MIN_CLUES, _CHARACTERS_PER_CLUE = 48, 200

# Errors with at most so many lines between them belong together; the first of them is the cause.
_CLUSTER_GAP = 3
# How many lines below the telling line may complete it.
_MAX_CONTINUATION = 4
_MAX_PARAGRAPH = 6
# How far down a traceback is followed to its exception.
_MAX_TRACEBACK = 200

_REFERENCED = ", referenced from:"  # by a symbol that the linker of macOS does not find
_NPM_CODE = "code E"
_TRACEBACK = "Traceback (most recent"
# An error whose text stands below its code or its place.
_CODE_ALONE = re.compile(
    r"(?:error|warning): ?(?:\[[\w-]+\])+$|^\S+\d: error:$|^\[[\w.\\]+\]$|\binstance of '[^']*'$"
    r"|:\d+: failure$",
    re.IGNORECASE,
)
# A title above the text of an error.
_HEADER = re.compile(
    r"(?:error message|failure message|message|reason|details|what went wrong)\W*$", re.IGNORECASE
)
_LIST_ITEM = re.compile(r"\s*(?:[-*•·●◦]|\d+[.)])\s+\S")
_LIST_TITLE = re.compile(r"\s*\w+ \d+:?$")
_NUMBERED = re.compile(r"\s+\d+: ")
# A line in which pytest explains an assertion; the first of several names it.
_PYTEST = re.compile(r"E  +\S")
# What an assertion expected and what it got.
_VALUE = re.compile(
    r"\s*(?:left|right|expected|actual|received|got|want|have|but was)\b.{0,20}?[:=]", re.IGNORECASE
)


_Item = TypeVar("_Item")


class Telling(NamedTuple):
    """A line that names a cause, and where it stands."""

    number: int
    kind: Kind
    text: str  # without its prefix, completed by lines below it
    is_cut: bool = False  # ends where the message was cut off


def find_telling_line(text: str, *, is_cut: bool) -> Telling | None:
    """The line that names the cause; None if no line does.

    `is_cut` tells that the message was cut off in its last line. A line that was cut off is chosen
    only where no complete line names a cause.
    """
    lines = text.split("\n")
    if len(text) > MAX_LINE_LENGTH:
        lines = _first_and_last(lines, max(_MIN_LINES, len(text) // _CHARACTERS_PER_LINE))
        lines = [line[:MAX_LINE_LENGTH] for line in lines]
    cut = _cut_lines(lines, text, is_cut=is_cut)
    numbers = [number for number, clue in enumerate(map(has_clue, lines)) if clue]
    limit = max(_MIN_CLUES, len(text) // _CHARACTERS_PER_CLUE)
    found = _find_errors(lines, _first_and_last(numbers, limit))
    if cut:
        found = [error._replace(is_cut=_ends_in(cut, lines, error)) for error in found]
        complete = [error for error in found if not error.is_cut]
        if any(error.kind >= Kind.WEAK for error in complete):
            found = complete
    if not found:
        return None
    chosen = _choose(found)
    completed = chosen._replace(text=_completed(lines, chosen))
    return completed._replace(is_cut=bool(cut) and _ends_in(cut, lines, completed))


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
        0 <= number - error.number <= _MAX_CONTINUATION + 1
        and error.text.endswith(strip_prefix(lines[number])[0][-_END:])
        for number in cut
    )


def _first_and_last(items: list[_Item], limit: int) -> list[_Item]:
    """The items; of more than `limit`, a quarter from the beginning and the rest from the end."""
    return items if len(items) <= limit else items[: limit // 4] + items[-(limit * 3 // 4) :]


def _find_errors(lines: list[str], numbers: list[int]) -> list[Telling]:
    found = []
    for number in numbers:
        kind, text, is_marked = read_line(lines[number])
        if text.startswith(_TRACEBACK):
            found += _exception_of(lines, number)
            continue
        is_cause = text[:9].lower() == "caused by"
        if _HEADER.match(text):
            text = _innermost(lines[number + 1 : number + 3])
            kind = kind_of(text, is_marked=True) or Kind.ERROR
        elif _CODE_ALONE.search(text) and number + 1 < len(lines):
            text = f"{text} {strip_prefix(lines[number + 1])[0]}"[:MAX_LINE_LENGTH].rstrip()
            kind = kind_of(text, is_marked=is_marked)
        elif text.endswith(":") and not text.startswith("CMake Error at"):
            text = _announced(lines, number, text, is_cause=is_cause)
            kind = kind_of(text, is_marked=is_marked)
        if kind is Kind.WRAPPER or (kind is Kind.NOISE and not is_cause):
            continue
        if is_cause:
            kind = max(kind, Kind.EXCEPTION)
        elif is_marked and text.startswith(_NPM_CODE):
            kind = Kind.EXCEPTION
        elif is_marked and _PYTEST.match(lines[number]):
            if number and _PYTEST.match(lines[number - 1]):
                continue
            kind = max(kind, Kind.EXCEPTION)
        found.append(Telling(number, kind, text.removeprefix("note: ")))
    return found


def _announced(lines: list[str], number: int, text: str, *, is_cause: bool) -> str:
    """A line that ends with a colon, with what it announces: the next line that is not blank."""
    below = lines[number + 1 : number + 2 + _MAX_CONTINUATION]
    if is_cause:
        return _innermost(below) or text
    for line in below:
        if _VALUE.match(line):
            break
        announced = strip_prefix(line)[0]
        text = f"{text} {announced}".rstrip()
        if announced and not (text.endswith(":") and text.startswith("Error in")):
            break
    return text[:MAX_LINE_LENGTH].removesuffix(_REFERENCED)


def _innermost(below: list[str]) -> str:
    """The last of numbered causes, or the first line that is not blank."""
    text = ""
    for line in below:
        if text and not _NUMBERED.match(line):
            break
        text = strip_prefix(line)[0] or text
    return re.sub(r"^\d+: +", "", text)


def _exception_of(lines: list[str], number: int) -> list[Telling]:
    """The exception below a traceback: the first line that is not indented more than its title."""
    title = lines[number]
    margin = title[: title.find(_TRACEBACK)]
    for below in range(number + 1, min(len(lines), number + _MAX_TRACEBACK)):
        line = lines[below]
        if line.startswith(margin) and line[len(margin) : len(margin) + 1].strip():
            text, _ = strip_prefix(line)
            if kind_of(text, is_marked=True) in (Kind.NOISE, Kind.WRAPPER):
                return []
            return [Telling(below, Kind.EXCEPTION, text)]
    return []


def _choose(found: list[Telling]) -> Telling:
    """The error of the largest kind that is the cause of the others.

    A compiler reports the cause first. Of exceptions that caused each other the innermost is
    printed last. Of other errors those at the end ended the build; the first of them is the cause.
    """
    best = max(error.kind for error in found)
    equals = [error for error in found if error.kind is best]
    if best is Kind.DEFINITE:
        return equals[0]
    chosen = equals[-1]
    if best is Kind.EXCEPTION:
        return chosen
    for error in reversed(equals):
        if chosen.number - error.number > _CLUSTER_GAP + 1:
            break
        chosen = error
    return chosen


def _completed(lines: list[str], chosen: Telling) -> str:
    """The telling line with the lines below it that belong to it."""
    text = chosen.text
    below = lines[chosen.number + 1 : chosen.number + 1 + _MAX_CONTINUATION]
    if not below:
        return text
    if text.startswith("CMake Error at"):
        text = f"{text} {_paragraph(lines, chosen.number + 1)}".rstrip()
    elif text.startswith(_NPM_CODE):
        text = _explained(text.removeprefix("code "), lines, chosen.number)
    elif chosen.kind < Kind.EXCEPTION and not STATUS.search(text.lower()):
        text = _with_list_item(text, below)
    if _VALUE.match(text) or "assert" in text.lower() or "panicked" in text:
        values = [line.strip() for line in below if _VALUE.match(line) and line.strip() not in text]
        text = " ".join([text, *values[:2]])
    return text[:MAX_LINE_LENGTH]


def _paragraph(lines: list[str], number: int) -> str:
    words: list[str] = []
    for line in lines[number : number + _MAX_PARAGRAPH]:
        if not line.strip() or line.startswith("Call Stack"):
            break
        words += line.split()
    return " ".join(words)


def _with_list_item(text: str, below: list[str]) -> str:
    """The line with the first item of the list below it, which may have a title of its own."""
    for line in below:
        words = " ".join(line.split())
        if _LIST_ITEM.match(line):
            return text if words[2:] in text else f"{text} {words}"
        if words not in text and not _LIST_TITLE.match(line):
            break
    return text


def _explained(code: str, lines: list[str], number: int) -> str:
    """npm's code of an error with the first line that explains it."""
    for below in lines[number + 1 : number + 2 + 2 * _MAX_CONTINUATION]:
        text, is_marked = strip_prefix(below)
        if is_marked and kind_of(text, is_marked=True) is not Kind.NOISE:
            return f"{code}: {text.removeprefix(code).lstrip()}"
    return code
