"""Which failed results fail for the same reason. Source: docs/failure-groups.md.

A message is reduced to the line that names the cause, the variable parts of that line are masked,
and the masked line identifies the group.
"""

import re
from hashlib import blake2b
from typing import NamedTuple

from batch_dashboard.model.reasons.plain import plain_text

__all__ = [
    "MAX_LINE_LENGTH",
    "NO_ERROR_LINE",
    "OMISSION",
    "OMISSION_LINE",
    "Reason",
    "failure_group_id",
    "find_reason",
    "plain_text",
]

MASK = "*"

# The name of the group of messages that do not name a cause.
NO_ERROR_LINE = "no error line in the message"

# What replaces the middle of a long message, on a line of its own.
OMISSION = "[… {count:,} characters omitted …]"
OMISSION_LINE = re.compile(r"^\[… [\d,]+ characters omitted …\]$", re.MULTILINE)

# Longer lines say no more: what differs behind this is not looked at.
MAX_LINE_LENGTH = 1_000

TELLING_LINE = re.compile(
    r"^\W*(?:error|fatal|fail(?:ed|ure)?|panic|exception|traceback|abort(?:ed)?|cannot|unable)\b",
    re.IGNORECASE,
)

# What clients end a message with that they cut off.
CUT_OFF = ("...", "…")
LIST_ITEM = ("- ", "* ", "• ")

# Alternatives are tried in this order at each place of the line, so the wide ones come first. Each
# begins where its run of characters begins and never gives any back: the time grows with the
# length of the line alone, whatever a client sends.
_URLS = r"""(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://[^\s)\]>"'`]++"""
_QUOTED_NAMES = r"""
    (?<![\w'’])'[^'\n]{1,200}+'(?!\w) | "[^"\n]{1,200}+" | `[^`\n]{1,200}+` | “[^”\n]{1,200}+”
"""
_PATHS = r"""
      (?<!\w)(?:[a-z]:)?+[~.]{0,2}+[/\\][^\s:,;()\[\]"'`]++
    | (?<![\w.@+-])[\w.@+-]++(?:/[\w.@+-]++)++                    # names with slashes
"""
_NUMBERS = r"""
      \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b             # UUIDs
    | \b0x[0-9a-f]++                                             # addresses
    | \b(?=[a-f]*+\d)[0-9a-f]{7,}+\b                             # hex runs with a digit in them
    | \bv?\d++(?:\.\d++)++(?:[-+.]?[a-z0-9]++)*+                  # versions
    | \d++
"""


def _masked(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | re.VERBOSE)


MASKED = _masked(_URLS, _QUOTED_NAMES, _PATHS, _NUMBERS)
# The same of a line without a slash, in a third of the time.
MASKED_WITHOUT_SLASH = _masked(_QUOTED_NAMES, _NUMBERS)
SLASH = re.compile(r"[/\\]")
REPEATED_MASK = re.compile(r"\*(?:[\s,]*+\*)++")


def _telling_line(message: str) -> str:
    """The last line that begins with an error word, else the last line that is not blank.

    An item of a list right below belongs to it. Where the message was cut within the line, the
    unfinished word is masked; a line of that word alone gives way to the one above.
    """
    below = ""
    unfinished = message.rstrip().endswith(CUT_OFF)
    lines = [line for line in map(str.strip, message.splitlines()) if line]
    if unfinished and len(lines) > 1 and " " not in lines[-1]:
        lines.pop()
        unfinished = False
    for line in reversed(lines):
        if TELLING_LINE.match(line):
            if below.startswith(LIST_ITEM):
                line = f"{line} {below}"
            break
        below = line
    else:
        line = lines[-1] if lines else ""
    if unfinished and line.endswith(lines[-1]):
        line = f"{line.rpartition(' ')[0]} {MASK}".lstrip()
    return line[:MAX_LINE_LENGTH]


def _masked_line(message: str | None, recipe_name: str) -> str:
    """The telling line with everything masked that differs between occurrences.

    Empty for a result without a message.
    """
    if not message:
        return ""
    line = _telling_line(message)
    if recipe_name in line:
        line = re.sub(rf"(?<!\w){re.escape(recipe_name)}(?!\w)", MASK, line)
    masked = MASKED if SLASH.search(line) else MASKED_WITHOUT_SLASH
    return " ".join(REPEATED_MASK.sub(MASK, masked.sub(MASK, line)).split())


class Reason(NamedTuple):
    """Why a result failed, as far as its message says."""

    # The line that names the cause as people read it: without ANSI sequences and control
    # characters. Empty for no message; NO_ERROR_LINE where no line names a cause.
    line: str
    # What identifies the group: the line with its variable parts masked by "*".
    masked_line: str
    # The last line of a message that has no error line, else empty.
    detail: str
    # The line ends where the message was cut off, and its masked line with "*". It may be the
    # beginning of the line of another group.
    is_truncated: bool


def find_reason(message: str | None, recipe_name: str, truncated_at: int | None = None) -> Reason:
    """The reason that a message states.

    `truncated_at` is the length at which the client is known to cut its messages off.
    """
    if not message:
        return Reason("", "", "", is_truncated=False)
    text = plain_text(message)
    is_truncated = len(message) == truncated_at or text.rstrip().endswith(CUT_OFF)
    return Reason(_telling_line(text), _masked_line(text, recipe_name), "", is_truncated)


def failure_group_id(masked_line: str) -> int:
    """The number of a group, 0…2⁶³-1: the same on every machine and after every restart."""
    return int.from_bytes(blake2b(masked_line.encode(), digest_size=8).digest()) >> 1
