"""Shortening of long messages, and detection of truncated ones.

Source: docs/failure-groups.md, "Long and truncated messages".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.batch_runs.vocabulary import FAILED
from batch_dashboard.model.failures.failure_groups import (
    CUT_OFF,
    MASK,
    NO_ERROR_LINE,
    OMISSION,
    OMISSION_LINE,
    Reason,
    find_reason,
    reason_of_line,
)

MAX_MESSAGE_LENGTH = 10_000
# Of a longer message. The end has more room: most tools print the error last.
KEPT_HEAD = 2_000
KEPT_TAIL = 8_000
# Room for the line between the two, so that a message that was shortened is not shortened again.
MAX_SHORTENED_LENGTH = MAX_MESSAGE_LENGTH + 100

# A truncated line joins a whole one by so many characters of its masked form; fewer, such as
# `Error:`, are the beginning of lines with all kinds of reasons.
MIN_BEGINNING = 20

# In place of a recipe's name where it is not known whose message it is; no message holds it.
NO_RECIPE = "\0"

# Messages shorter than this are not looked at: nobody truncates at so little, and short messages
# often have one length by chance.
MIN_TRUNCATION = 100
# How many different messages must end at one length, and which share of all long ones.
MIN_TRUNCATED = 3
MIN_TRUNCATED_SHARE = 0.1
TAIL_COMPARED = 20
# A word with a digit in it: what differs between messages of one form.
NUMBERED_WORD = re.compile(r"\w*\d\w*")


@dataclass(frozen=True, slots=True)
class KeptMessages:
    """The messages of a batch run as they are stored, in their order."""

    error_message: list[str | None]
    # The line that names the cause, of a failure whose message was shortened.
    telling_line: list[str | None]
    truncated_at: int | None
    shortened: int
    warnings: list[str]


def keep_messages(
    messages: Sequence[str | None], recipe_names: Sequence[str], results: Sequence[str]
) -> KeptMessages:
    """The messages of a batch run, the long ones shortened after their reason was found."""
    truncated_at = find_truncation(messages)
    kept: list[str | None] = list(messages)
    lines: list[str | None] = [None] * len(messages)
    warnings = []
    if truncated_at is not None:
        warnings.append(
            f"messages arrive truncated at {truncated_at:,} characters, perhaps before the error; "
            "send the end of a log rather than its beginning, or all of it: "
            "what is too long is shortened here"
        )
    shortened = 0
    for index, message in enumerate(messages):
        if message is None or not is_long(message):
            continue
        shortened += 1
        kept[index] = shorten(message)
        if results[index] == FAILED:
            lines[index] = _telling_line(message, recipe_names[index], truncated_at)
        warnings.append(
            f"results[{index}].error_message has {len(message):,} characters; the first "
            f"{KEPT_HEAD:,} and the last {KEPT_TAIL:,} are kept"
        )
    return KeptMessages(kept, lines, truncated_at, shortened, warnings)


def is_long(message: str) -> bool:
    """Whether a message is longer than what is stored of it."""
    if len(message) <= MAX_MESSAGE_LENGTH:
        return False
    return len(message) > MAX_SHORTENED_LENGTH or not OMISSION_LINE.search(message)


def shorten(message: str) -> str:
    """The beginning and the end of a long message, and between them how much is missing."""
    omission = OMISSION.format(count=len(message) - KEPT_HEAD - KEPT_TAIL)
    return f"{message[:KEPT_HEAD]}\n{omission}\n{message[-KEPT_TAIL:]}"


def stored_reason(
    message: str | None, recipe_name: str, telling_line: str | None, truncated_at: int | None
) -> Reason:
    """The reason of a stored result; of a shortened message, from the line that was kept of it."""
    if telling_line is not None:
        return reason_of_line(telling_line, recipe_name)
    return find_reason(message, recipe_name, truncated_at)


def find_truncation(messages: Sequence[str | None]) -> int | None:
    """The length at which a client truncated the messages of a run; None if they seem complete.

    Whole messages have all kinds of lengths: that several different ones end at exactly the
    greatest length does not happen by chance. Messages of one form may have one length because
    only numbers differ, so the ends must differ in more than numbers.
    """
    long = {message for message in messages if message and len(message) >= MIN_TRUNCATION}
    longest = max(map(len, long), default=0)
    ends = [message[-TAIL_COMPARED:] for message in long if len(message) == longest]
    if len(ends) < max(MIN_TRUNCATED, MIN_TRUNCATED_SHARE * len(long)):
        return None
    forms = {NUMBERED_WORD.sub("", end) for end in ends}
    return longest if len(forms) >= MIN_TRUNCATED else None


def _telling_line(message: str, recipe_name: str, truncated_at: int | None) -> str | None:
    reason = find_reason(message, recipe_name, truncated_at)
    if not reason.line or reason.masked_line == NO_ERROR_LINE:
        return None
    is_marked = reason.line.endswith(CUT_OFF)
    return f"{reason.line}…" if reason.is_truncated and not is_marked else reason.line


def beginning_of(truncated_line: str) -> str | None:
    """The reliable beginning of a truncated masked line; None: it is too short."""
    beginning = truncated_line.rstrip(f"{MASK} ")
    return beginning if len(beginning) >= MIN_BEGINNING else None
