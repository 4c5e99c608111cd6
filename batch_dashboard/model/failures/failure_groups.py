"""Grouping of failed results with the same reason. Source: docs/failure-groups.md.

A message is reduced to the line that names the cause, the variable parts of that line are masked,
and the masked line identifies the group.
"""

import re
from hashlib import blake2b
from typing import NamedTuple

from batch_dashboard.model.failures.reasons.continuation import MAX_LINE_LENGTH
from batch_dashboard.model.failures.reasons.masking import MASK, mask
from batch_dashboard.model.failures.reasons.plain import plain_text
from batch_dashboard.model.failures.reasons.telling import (
    OMISSION,
    OMISSION_LINE,
    find_telling_line,
)

__all__ = [
    "CUT_OFF",
    "MASK",
    "MAX_LINE_LENGTH",
    "NO_ERROR_LINE",
    "OMISSION",
    "OMISSION_LINE",
    "Reason",
    "failure_group_id",
    "find_reason",
    "plain_text",
    "reason_of_line",
]

# The name of the group of messages that do not name a cause.
NO_ERROR_LINE = "no error line in the message"

# How clients end a message that they cut off.
CUT_OFF = ("...", "…")
# A quoted name that was cut off.
_OPEN_QUOTE = re.compile(r"(?:^|(?<=[\s(=:]))['\"`‘“][^'\"`’”]*$")


class Reason(NamedTuple):
    """The reason of a failed result, as its message states it."""

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


_NO_MESSAGE = Reason("", "", "", is_truncated=False)


def find_reason(message: str | None, recipe_name: str, truncated_at: int | None = None) -> Reason:
    """The reason that a message states.

    `truncated_at` is the length at which the client is known to cut its messages off.
    """
    text = plain_text(message).rstrip() if message else ""
    if not text:
        return _NO_MESSAGE
    is_cut = len(message or "") == truncated_at or text.endswith(CUT_OFF)
    telling = find_telling_line(text, is_cut=is_cut)
    reason = telling and _reason(telling.text, recipe_name, is_truncated=telling.is_cut)
    if reason:
        return reason
    last_line = text[text.rfind("\n") + 1 :].strip()[:MAX_LINE_LENGTH]
    return Reason(NO_ERROR_LINE, NO_ERROR_LINE, last_line, is_truncated=False)


def reason_of_line(line: str, recipe_name: str) -> Reason:
    """The reason whose line was kept of an earlier message; last line: "…" if it is truncated."""
    is_truncated = line.endswith(CUT_OFF)
    reason = _reason(line[:MAX_LINE_LENGTH], recipe_name, is_truncated=is_truncated)
    return reason or _NO_MESSAGE


def failure_group_id(masked_line: str) -> int:
    """The number of a group, 0…2⁶³-1: the same on every machine and after every restart."""
    return int.from_bytes(blake2b(masked_line.encode(), digest_size=8).digest()) >> 1


def _reason(line: str, recipe_name: str, *, is_truncated: bool) -> Reason | None:
    """The reason in a line; None if the line is only an unfinished word."""
    if not is_truncated:
        return Reason(line, mask(line, recipe_name), "", is_truncated=False)
    # The last word is unfinished, and so may be a quoted name.
    whole = _OPEN_QUOTE.sub("", line.rpartition(" ")[0]).strip()
    if not whole:
        return None
    return Reason(line, mask(f"{whole} {MASK}", recipe_name), "", is_truncated=True)
