"""What the reader of a page chose, and what the page can show of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import current_app, url_for

from batch_dashboard.model.filters import DEFAULT_LAST, LAST_DAYS, LAST_WORDS, RunFilter
from batch_dashboard.model.periods import DAY, Period, last_days
from batch_dashboard.model.records import EcosystemSpan
from batch_dashboard.store import batch_runs
from batch_dashboard.store.engine import Connection

# A last run older than this is said by every page on its own.
QUIET_DAYS = 7


@dataclass(frozen=True)
class Choice:
    """The filter as asked for, the one that is shown, and what to tell the reader about it."""

    now: datetime
    asked: RunFilter
    shown: RunFilter
    complaints: list[str]
    ecosystems: list[EcosystemSpan]

    @property
    def today(self) -> date:
        """The UTC day it is."""
        return self.now.date()

    @property
    def spans(self) -> list[EcosystemSpan]:
        """The ecosystems chosen."""
        wanted = self.asked.ecosystem
        return [span for span in self.ecosystems if wanted in (None, span.ecosystem)]

    @property
    def last_started_at(self) -> datetime | None:
        """When the last run of the chosen ecosystems started, None when there was none ever."""
        return max((span.last_started_at for span in self.spans), default=None)

    @property
    def fell_back(self) -> bool:
        """Whether another period is shown than asked for."""
        return self.asked != self.shown

    @property
    def quiet_days(self) -> int | None:
        """Days since the last run where that is over a week, else None."""
        last = self.last_started_at
        days = None if last is None else (self.today - last.date()).days
        return days if days is not None and days > QUIET_DAYS else None

    def with_last_data(self) -> "Choice":
        """The same choice over the last period of its length that holds a run."""
        last = self.last_started_at
        if last is None:
            return self
        closed, period = self.asked, self.asked.period
        if period.days is None and period.since is not None and period.since <= self.today:
            closed = replace(closed, period=Period(period.since, self.today + DAY))
        elif period.days is None:
            days = last_days(LAST_DAYS[DEFAULT_LAST], last.date())
            closed = replace(closed, period=days, last=None)
        return replace(self, shown=closed.ending_on(last.date()))

    @property
    def periods(self) -> list[tuple[str, str, bool]]:
        """The named periods to choose from: query string, words, whether it is the chosen one."""
        return [
            (
                urlencode(
                    self.asked.query(
                        last=None if name == DEFAULT_LAST else name, since=None, until=None
                    )
                ),
                words,
                self.asked.last == name,
            )
            for name, words in LAST_WORDS.items()
        ]


def choose(connection: Connection, args: Mapping[str, str]) -> Choice:
    """What a query string asks for, before anything is known about its data."""
    now = current_time()
    run_filter, complaints = RunFilter.parse(args, now.date())
    return Choice(now, run_filter, run_filter, complaints, batch_runs.fetch_ecosystems(connection))


def current_time() -> datetime:
    """Now, in UTC; the application's own clock where one is set."""
    clock: Callable[[], datetime] = current_app.extensions.get("clock", _system_time)
    return clock()


def csv_url(name: str, query: Mapping[str, Any]) -> str:
    """Where a CSV file of what is shown is."""
    return url_for("exports.download", name=name, **query)


def figure_json(figure: Mapping[str, Any]) -> str:
    """A figure as it stands in a page's script element."""
    # Inside a script element only `<` could end it; Plotly reads the escape as the character.
    return json.dumps(figure, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _system_time() -> datetime:
    return datetime.now(UTC)
