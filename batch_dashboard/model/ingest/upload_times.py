"""The times that a client sends: how they are read, and which are possible.

Source: docs/ingest-api.md.
"""

import re
from datetime import UTC, datetime, timedelta

from batch_dashboard.errors import Problem
from batch_dashboard.model.ingest.complaints import shown
from batch_dashboard.model.text.wording import duration

# A clock that was never set shows an earlier time.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# A time further ahead of now is rejected.
MAX_CLOCK_ERROR = timedelta(days=1)
# A time further ahead of now is accepted with a warning.
USUAL_CLOCK_ERROR = timedelta(minutes=5)

# `date +%z` writes the offset as +0000, PostgreSQL as +00, git with a space before it.
RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(?:\.\d+)?"
    r"(?:[Zz]| ?([+-]\d{2})(?::?(\d{2}))?)?",
    re.ASCII,
)
# Every third character of 2026-01-31T08:30:00Z, from the first hyphen on.
USUAL_MARKS = "--T::Z"


def parse_time(text: str) -> datetime:
    """The UTC time of an RFC 3339 text, to the whole second; without an offset it is UTC already.

    Raises ValueError for anything else. A leap second counts as the second before it.
    """
    if len(text) == 20 and text[4::3] == USUAL_MARKS and text[17:19] != "60":
        # Python reads the usual form several times faster than the pattern below.
        return datetime.fromisoformat(text)
    match = RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day, hour_minute, second, offset_hours, offset_minutes = match.groups()
    second = "59" if second == "60" else second
    if offset_hours is None:
        return datetime.fromisoformat(f"{day}T{hour_minute}:{second}+00:00")
    offset = f"{offset_hours}:{offset_minutes or '00'}"
    try:
        return datetime.fromisoformat(f"{day}T{hour_minute}:{second}{offset}").astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def check_time(name: str, text: str, now: datetime) -> datetime | Problem:
    """The UTC time that the field `name` holds, or what is wrong with it."""
    try:
        time = parse_time(text)
    except ValueError:
        wanted = "must be an RFC 3339 time such as 2026-01-31T08:30:00Z"
        return Problem(name, f"{name} {wanted}, not {shown(text)}")
    if time < EARLIEST:
        return Problem(
            name,
            f"{name} must not be before {EARLIEST:%Y-%m-%d}, not {shown(text)}: "
            "the clock of the client is not set",
        )
    if time > now + MAX_CLOCK_ERROR:
        return Problem(
            name,
            f"{name} is over a day ahead of now ({now:%Y-%m-%dT%H:%MZ}): {shown(text)}",
        )
    return time


def ahead_warning(name: str, time: datetime, now: datetime) -> str | None:
    """A warning when a time is further ahead of now than clocks usually differ."""
    if time <= now + USUAL_CLOCK_ERROR:
        return None
    ahead = duration((time - now).total_seconds())
    return (
        f"{name} is {ahead} ahead of now ({now:%Y-%m-%dT%H:%MZ}); "
        "a time without an offset is read as UTC"
    )
