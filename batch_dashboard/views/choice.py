"""The selection of the reader of a page, and the data that the page can show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request, url_for

from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.lists.filters import DEFAULT_LAST, LAST_DAYS, LAST_WORDS, RunFilter
from batch_dashboard.model.lists.periods import DAY, Period, Step, last_days
from batch_dashboard.model.lists.series import fitting_step
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.engine import Connection
from batch_dashboard.views.context import current_time

# Every page names a last run that is older than this.
QUIET_DAYS = 7
BATCH_RUN = "batch run"

T = TypeVar("T")
# Finds the last moment with data for a filter, whatever its period; None: there is none.
FindLast = Callable[[RunFilter], datetime | None]


@dataclass(frozen=True)
class Choice:
    """The requested filter, the shown filter, and the difference for the reader.

    `missing` names what the period asked for does not hold, None where it holds it; `last_at` is
    then when there was one, None: never.
    """

    now: datetime
    asked: RunFilter
    shown: RunFilter
    complaints: list[str]
    ecosystems: list[EcosystemSpan]
    path: str  # where the page is, without its query
    is_of_one: bool = False  # the ecosystem is in the path, so never in the query
    missing: str | None = None
    last_at: datetime | None = None

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
        """The start of the last run of the selected ecosystems, None if there is none."""
        return max((span.last_started_at for span in self.spans), default=None)

    @property
    def data(self) -> Period:
        """The days from the first run of the chosen ecosystems to the last; open without any."""
        spans = self.spans
        if not spans:
            return Period(None, None)
        first = min(span.first_started_at for span in spans).date()
        last = max(span.last_started_at for span in spans).date()
        return Period(first, last + DAY)

    @property
    def step(self) -> Step:
        """The step of the charts for the shown period."""
        return fitting_step(self.shown.period, self.data)

    @property
    def fell_back(self) -> bool:
        """Whether a different period than the requested one is shown."""
        return self.asked != self.shown

    @property
    def is_nowhere(self) -> bool:
        """Whether no period contains the requested data."""
        return self.missing is not None and self.last_at is None

    @property
    def quiet_days(self) -> int | None:
        """Days since the last run if more than a week, otherwise None."""
        last = self.last_started_at
        days = None if last is None else (self.today - last.date()).days
        return days if days is not None and days > QUIET_DAYS else None

    def with_data(
        self,
        fetch: Callable[["Choice"], T],
        find_last: FindLast | None = None,
        missing: str = BATCH_RUN,
    ) -> tuple["Choice", T]:
        """The choice over a period with data, and what `fetch` finds there.

        Where `fetch` finds nothing (a false value) in the period asked for, the period is moved
        back so that it ends with the last data there is: the last batch run, or what `find_last`
        finds for the same filter over all time. Without any the choice stays, and says so.
        """
        found = fetch(self)
        if found:
            return self, found
        always = replace(self.asked, period=Period(None, None), last="all")
        last_at = find_last(always) if find_last else self.last_started_at
        empty = replace(self, missing=missing, last_at=last_at)
        if last_at is None:
            return empty, found
        moved = empty._ending_with(last_at)
        return moved, fetch(moved)

    def over_data(self, find_last: FindLast, missing: str) -> "Choice":
        """The same, of data that nothing but its last moment has to be known of."""
        return self.with_data(lambda chosen: find_last(chosen.shown), find_last, missing)[0]

    def _ending_with(self, last: datetime) -> "Choice":
        closed, period = self.asked, self.asked.period
        if period.days is None and period.since is not None and period.since <= self.today:
            closed = replace(closed, period=Period(period.since, self.today + DAY))
        elif period.days is None:
            days = last_days(LAST_DAYS[DEFAULT_LAST], last.date())
            closed = replace(closed, period=days, last=None)
        return replace(self, shown=closed.ending_on(last.date()))

    @property
    def query(self) -> dict[str, str]:
        """The parts of a query string that show this again on the same page."""
        return self._query(self.shown)

    @property
    def asked_query(self) -> dict[str, str]:
        """The same for the requested filter, without days."""
        return self._query(self.asked, since=None, until=None)

    def periods(self, keep: Mapping[str, str]) -> list[tuple[str, str, bool]]:
        """The named periods to choose from: address, words, whether it is the chosen one."""
        found = []
        for name, words in LAST_WORDS.items():
            last = None if name == DEFAULT_LAST else name
            query = {**self._query(self.asked, last=last, since=None, until=None), **keep}
            url = f"{self.path}?{urlencode(query)}" if query else self.path
            found.append((url, words, self.asked.last == name))
        return found

    def _query(self, run_filter: RunFilter, **changes: str | None) -> dict[str, str]:
        if self.is_of_one:
            changes["ecosystem"] = None
        return run_filter.query(**changes)


def choose(connection: Connection, args: Mapping[str, str], ecosystem: str | None = None) -> Choice:
    """The selection of a query string, without fetching its data.

    `ecosystem` is the ecosystem in the path of the page, if there is one.
    """
    now = current_time()
    run_filter, complaints = RunFilter.parse(args, now.date())
    if ecosystem is not None:
        run_filter = replace(run_filter, ecosystem=ecosystem)
    return Choice(
        now,
        run_filter,
        run_filter,
        complaints,
        batch_runs.fetch_ecosystems(connection),
        url_for(str(request.endpoint), **(request.view_args or {})),
        is_of_one=ecosystem is not None,
    )


def csv_url(name: str, query: Mapping[str, Any]) -> str:
    """The address of a CSV file with the shown data."""
    return url_for("exports.download", name=name, **query)
