"""Lines below an error that belong to it."""

import re

from batch_dashboard.model.failures.reasons.kinds import Kind, Opens, kind_of
from batch_dashboard.model.failures.reasons.prefixes import strip_prefix
from batch_dashboard.model.failures.reasons.signs import NPM_CODE, STATUS

# Longer lines are cut, because the rest does not distinguish causes.
MAX_LINE_LENGTH = 500

# How many lines below an error may belong to it.
MAX_CONTINUATION = 5
_MAX_PARAGRAPH = 6
_MAX_TITLE_WORDS = 3

# Titles above what a command printed.
_STREAMS = ("stdout:", "stderr:")
# Before the users of a symbol that the linker of macOS does not find.
_REFERENCED = ", referenced from:"

_LIST_ITEM = re.compile(r"\s*(?:[-*•·●◦]|\d+[.)])\s+\S")
_LIST_TITLE = re.compile(r"\s*\w+ \d+:?$")
_NUMBERED = re.compile(r"\s+\d+: ")
# What an assertion expected and what it got.
_VALUE = re.compile(
    r"\s*(?:left|right|expected|actual|received|got|want|have|but was)\b.{0,20}?[:=]", re.IGNORECASE
)


def opened_text(text: str, opens: Opens, below: list[str]) -> str:
    """The text of an error that continues below its first line."""
    if opens in (Opens.CAUSES, Opens.TEXT):
        return _innermost(below) or text
    if opens is Opens.CODE:
        return f"{text} {strip_prefix(below[0])[0] if below else ''}"[:MAX_LINE_LENGTH].rstrip()
    for line in below:
        if _VALUE.match(line):
            break
        announced = strip_prefix(line)[0]
        if not announced or announced in _STREAMS:
            continue
        text = f"{text} {announced}"
        if not (text.endswith(":") and text.startswith("Error in")):
            break
    return text[:MAX_LINE_LENGTH].rstrip().removesuffix(_REFERENCED)


def completed_text(text: str, kind: Kind, below: list[str]) -> str:
    """The text of the error that was chosen, with what completes it."""
    if text.startswith("CMake Error at"):
        text = f"{text} {_paragraph(below)}".rstrip()
    elif text.startswith(NPM_CODE):
        text = _explained(text.removeprefix("code "), below)
    elif kind < Kind.EXCEPTION and not STATUS.search(text.lower()):
        text = _with_list_item(text, below)
    if "ssert" in text or "panicked" in text or _VALUE.match(text):
        values = [line.strip() for line in below if _VALUE.match(line)]
        text = " ".join([text, *[value for value in values if value not in text][:2]])
    return text[:MAX_LINE_LENGTH]


def _innermost(below: list[str]) -> str:
    """The last of numbered causes, or the first line that is not blank."""
    text = ""
    for line in below:
        if text and not _NUMBERED.match(line):
            break
        text = strip_prefix(line)[0] or text
    return re.sub(r"^\d+: +", "", text)


def _paragraph(below: list[str]) -> str:
    words: list[str] = []
    for line in below[:_MAX_PARAGRAPH]:
        text = strip_prefix(f"{line} ")[0]
        if not text or text.startswith(("Call Stack", "-- ")):
            break
        words += text.split()
    return " ".join(words)


def _with_list_item(text: str, below: list[str]) -> str:
    """The line with the first item of the list below it, which can have a title."""
    for line in below[:MAX_CONTINUATION]:
        words = " ".join(line.split())
        if _LIST_ITEM.match(line):
            is_title = words.endswith(":") and len(words.split()) <= _MAX_TITLE_WORDS
            return text if is_title or words[2:] in text else f"{text} {words}"
        if words not in text and not _LIST_TITLE.match(line):
            break
    return text


def _explained(code: str, below: list[str]) -> str:
    """npm's code of an error with the first line that explains it."""
    for line in below:
        text, is_marked = strip_prefix(line)
        if is_marked and kind_of(text, is_marked=True) is not Kind.NOISE:
            return f"{code}: {text.removeprefix(code).lstrip()}"
    return code
