"""Numbers and times in words, the same on every page. Unknown is never shown as 0."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from unicodedata import combining

NARROW_SPACE = "\u202f"
NO_RATE = "–"
UNKNOWN = "unknown"
DAY_SECONDS = 86_400
# Names up to this length are never cut; of longer ones this much of the end is always shown.
MAX_WHOLE_LENGTH = 20
END_LENGTH = 10
# A zero-width joiner and the selectors of a sign's variant.
JOINING = "\u200d\ufe0e\ufe0f"


# Characters that names of clients cannot contain; they can contain all others.
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def count(value: int) -> str:
    """`12,345`."""
    return f"{value:,}"


def not_one_of(name: str, allowed: Iterable[str], value: str) -> str:
    """The error for an invalid part of an address that allows only a few words."""
    return f"“{name}” must be one of {', '.join(allowed)}, not “{value[:40]}”."


def in_two(name: str) -> tuple[str, str]:
    """The beginning of a name, and the end that distinguishes it from similar names.

    A short name has no beginning. Marks and joined signs stay with the letter they belong to.
    """
    if len(name) <= MAX_WHOLE_LENGTH:
        return "", name
    cut = len(name) - END_LENGTH
    while cut and (combining(name[cut]) or name[cut] in JOINING or name[cut - 1] in JOINING):
        cut -= 1
    return name[:cut], name[cut:]


def shortened(name: str, longest: int) -> str:
    """A name of at most `longest` characters: what is too much is left out in the middle."""
    if len(name) <= longest:
        return name
    return f"{name[: longest - END_LENGTH - 1]}…{name[-END_LENGTH:]}"


def plural(value: int, word: str) -> str:
    """`1 run`, `12 runs`."""
    return f"{value:,} {word if value == 1 else word + 's'}"


def sentence(text: str) -> str:
    """A message as a sentence of a page: `it is gone` becomes `It is gone.`"""
    end = "" if text.endswith((".", "!", "?")) or not text else "."
    return text[:1].upper() + text[1:] + end


def percent(rate: float | None) -> str:
    """`45.7 %` of 0.457, `–` of no rate. Only all is 100 %, only nothing 0 %."""
    if rate is None:
        return NO_RATE
    if rate in (0, 1):
        return f"{rate * 100:.0f}{NARROW_SPACE}%"
    # A budget can be overspent; what falls short of all of it is not rounded up to it.
    most = 99.9 if rate < 1 else rate * 100
    return f"{min(max(rate * 100, 0.1), most):.1f}{NARROW_SPACE}%"


def interval(low: float, high: float) -> str:
    """`40.1–51.3 %` of two rates 0…1."""
    return f"{low * 100:.1f}–{high * 100:.1f}{NARROW_SPACE}%"


def minutes(value: float | None) -> str:
    """Minutes with as many decimals as help: `1,234`, `56.7`, `0.07`; `unknown` of None."""
    if value is None:
        return UNKNOWN
    if value == 0 or value >= 100:
        return f"{value:,.0f}"
    if value < 0.01:
        return "< 0.01"
    return f"{value:,.1f}" if value >= 1 else f"{value:.2f}"


def whole_minutes(value: float) -> str:
    """Minutes that are forecast, so no more exact than `1,234`; `less than 1` of a small part."""
    return "less than 1" if 0 < value < 1 else f"{value:,.0f}"


def dollars(value: float) -> str:
    """`$63.18`; under a cent `< $0.01`."""
    return "< $0.01" if 0 < value < 0.01 else f"${value:,.2f}"


def duration(seconds: float | None) -> str:
    """`4 h 12 min`, `3 min 20 s`, `8.4 s`; `unknown` of None."""
    if seconds is None:
        return UNKNOWN
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3_600} h {whole % 3_600 // 60} min"
    return f"{whole // 86_400:,} d {whole % 86_400 // 3_600} h"


def relative(time: datetime, now: datetime) -> str:
    """`3 h ago`, `in 2 min`; from a day on the difference of the UTC days, `152 days ago`.

    So an age always agrees with the two dates it lies between.
    """
    seconds = (now - time).total_seconds()
    size = abs(seconds)
    if size < 45:
        return "just now"
    if size >= DAY_SECONDS:
        amount = plural(abs((now.date() - time.date()).days), "day")
    elif size >= 3_600:
        amount = f"{int(size // 3_600)} h"
    else:
        amount = f"{max(1, int(size // 60))} min"
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


def weekday(day: date) -> str:
    """`Saturday 28 November`."""
    return f"{day:%A} {day.day} {day:%B}"
