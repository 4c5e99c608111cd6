"""The filter of batch runs: parsed from a URL, formatted for one, and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.lists.periods import DAY, Period, last_days
from batch_dashboard.model.text.wording import CONTROL_CHARACTER, not_one_of

LAST_DAYS = {"7d": 7, "30d": 30, "90d": 90, "1y": 365}
LAST_WORDS = {
    "7d": "last 7 days",
    "30d": "last 30 days",
    "90d": "last 90 days",
    "1y": "last year",
    "all": "all time",
}
DEFAULT_LAST = "90d"

MAX_NAME_LENGTH = 200


@dataclass(frozen=True)
class RunFilter:
    """The selection of batch runs for a page, a figure or a file.

    `last` is the named choice that gave the period, None when `since` and `until` gave it.
    """

    period: Period
    last: str | None = None
    ecosystem: str | None = None
    platform: str | None = None

    @classmethod
    def parse(cls, args: Mapping[str, str], today: date) -> tuple["RunFilter", list[str]]:
        """The filter of a query string, and a sentence for each part that could not be used.

        An invalid part falls back to its default: a page reports this, an export rejects it.
        """
        complaints: list[str] = []
        ecosystem = _name(args, "ecosystem", complaints)
        platform = _name(args, "platform", complaints)
        last = args.get("last", "").strip()
        since = _day(args, "since", complaints)
        until = _day(args, "until", complaints)
        if last and (since or until):
            complaints.append("“last” cannot be combined with “since” or “until”.")
            last = ""
        if since and until and since >= until:
            complaints.append(
                f"“since” ({since}) must be before “until” ({until}), which is not included."
            )
            since = until = None
        if last and last != "all" and last not in LAST_DAYS:
            complaints.append(not_one_of("last", LAST_WORDS, last))
            last = ""
        if since or until:
            return cls(Period(since, until), None, ecosystem, platform), complaints
        chosen = last or DEFAULT_LAST
        return cls(_named_period(chosen, today), chosen, ecosystem, platform), complaints

    def ending_on(self, day: date) -> "RunFilter":
        """The same choice over a period of the same length whose last day is `day`."""
        days = self.period.days
        if days is None:
            return self
        return replace(self, period=last_days(days, day), last=None)

    def query(self, **changes: str | None) -> dict[str, str]:
        """The query string's parts that give this filter again, defaults left out.

        `changes` replace parts by name; None takes one out.
        """
        parts: dict[str, str | None] = {
            "last": None if self.last == DEFAULT_LAST else self.last,
            "ecosystem": self.ecosystem,
            "platform": self.platform,
        }
        if self.last is None:
            parts["since"] = str(self.period.since) if self.period.since else None
            parts["until"] = str(self.period.until) if self.period.until else None
        parts.update(changes)
        return {name: value for name, value in parts.items() if value}

    @property
    def period_in_words(self) -> str:
        """`last 90 days`, or `2026-01-01 to 2026-01-31` with both days in it."""
        if self.last:
            return LAST_WORDS[self.last]
        since, last_day = self.period.since, self.period.last_day
        if since and last_day:
            return f"{since} to {last_day}"
        return f"since {since}" if since else f"up to {last_day}"

    @property
    def in_words(self) -> str:
        """The whole choice in words: `last 90 days, homebrew`."""
        words = [self.period_in_words, self.ecosystem or "all ecosystems"]
        if self.platform:
            words.append(self.platform)
        return ", ".join(words)


EVERYTHING = RunFilter(Period(None, None), "all")


def _named_period(last: str, today: date) -> Period:
    return Period(None, None) if last == "all" else last_days(LAST_DAYS[last], today)


def _name(args: Mapping[str, str], name: str, complaints: list[str]) -> str | None:
    text = nfc(args.get(name, ""))
    if len(text) > MAX_NAME_LENGTH or CONTROL_CHARACTER.search(text):
        complaints.append(f"“{name}” must be at most {MAX_NAME_LENGTH} characters on one line.")
        return None
    return text or None


def _day(args: Mapping[str, str], name: str, complaints: list[str]) -> date | None:
    text = args.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if len(text) != len("2026-01-31"):
            raise ValueError(text)
        # A day on either side must exist for arithmetic.
        _ = day - DAY, day + DAY
    except (ValueError, OverflowError):
        complaints.append(f"“{name}” must be a UTC day such as 2026-01-31, not “{text[:40]}”.")
        return None
    return day
