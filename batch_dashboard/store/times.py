"""Times as texts: how they are written, and how stored ones are read."""

from datetime import UTC, datetime
from functools import lru_cache

# Stands for a stored text that is no time, so that one bad row breaks no page: what a clock shows
# that was never set.
UNREADABLE = datetime(1970, 1, 1, tzinfo=UTC)


def utc_text(time: datetime) -> str:
    """A time in UTC to the second: `2026-02-03T04:58:07Z`, the year always with four digits."""
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


@lru_cache(4_096)
def utc_text_of_unix(seconds: int) -> str:
    """The same of a time in seconds since 1970; many recipes have the same times."""
    return utc_text(datetime.fromtimestamp(seconds, UTC))


def time_of_text(text: str) -> datetime:
    """The time of a stored text, UNREADABLE where it is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return UNREADABLE
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
