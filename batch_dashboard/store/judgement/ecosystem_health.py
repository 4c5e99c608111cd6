"""The facts by which ecosystems are judged. Their cost does not grow with the history."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, select, union_all

from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.judgement.ecosystem_health import (
    LOOKED_BACK_DAYS,
    MAX_COUNTED,
    RECENT_RUNS,
    FailingRuns,
    PipelineFacts,
    RecentRun,
)
from batch_dashboard.model.judgement.slo import NONE, WINDOWS, Attempts, DayAttempts, WindowRuns
from batch_dashboard.model.judgement.targets import default_rule
from batch_dashboard.model.lists.periods import Period, last_days
from batch_dashboard.store.judgement import circuit_breakers, ecosystem_rules
from batch_dashboard.store.judgement.circuit_breakers import ATTEMPTED
from batch_dashboard.store.judgement.uncounted_failures import (
    UncountedFailures,
    by_day,
    fetch_uncounted,
    without,
)
from batch_dashboard.store.lists.conditions import midnight, period_conditions
from batch_dashboard.store.schema import batch_runs, ecosystem_days

_run = batch_runs.c
_day = ecosystem_days.c
# SQLite allows 500 parts of a compound statement; each ecosystem needs two.
ECOSYSTEMS_AT_ONCE = 100

T = TypeVar("T")


def fetch_facts(
    connection: Connection, spans: Sequence[EcosystemSpan], now: datetime
) -> list[PipelineFacts]:
    """The facts about each of some ecosystems, in their order."""
    only = spans[0].ecosystem if len(spans) == 1 else None
    recent = _fetch_recent(connection, spans)
    failing = _fetch_failing(connection, spans)
    period = last_days(LOOKED_BACK_DAYS, now.date())
    since = midnight(period.since) if period.since else None
    uncounted = fetch_uncounted(connection, since, only, now.date())
    days = _without(_fetch_days(connection, period, only), uncounted)
    windows = _fetch_windows(connection, now, only, uncounted)
    breakers = circuit_breakers.fetch_last(connection, only)
    rules = ecosystem_rules.fetch_rules(connection)
    pauses = ecosystem_rules.fetch_pauses(connection)
    nothing = [WindowRuns(0, NONE)] * len(WINDOWS)
    return [
        PipelineFacts(
            span,
            recent.get(span.ecosystem, []),
            failing.get(span.ecosystem, FailingRuns(0, None, None)),
            days.get(span.ecosystem, {}),
            windows.get(span.ecosystem, nothing),
            breakers.get(span.ecosystem),
            rules.get(span.ecosystem, default_rule(span.ecosystem)),
            pauses.get(span.ecosystem),
        )
        for span in spans
    ]


def fetch_days(
    connection: Connection, period: Period, ecosystem: str | None, today: date
) -> dict[str, DayAttempts]:
    """The attempts of each ecosystem by day, without the failures that do not count on a day.

    Days without attempts are absent.
    """
    since = midnight(period.since) if period.since else None
    uncounted = fetch_uncounted(connection, since, ecosystem, today)
    return _without(_fetch_days(connection, period, ecosystem), uncounted)


def _without(
    days: dict[str, dict[date, Attempts]], uncounted: Iterable[UncountedFailures]
) -> dict[str, DayAttempts]:
    for (ecosystem, day), failures in by_day(uncounted).items():
        of_ecosystem = days.get(ecosystem, {})
        if day in of_ecosystem:
            of_ecosystem[day] = without(of_ecosystem[day], failures)
            if not of_ecosystem[day].total:
                del of_ecosystem[day]
    return dict(days)


def _fetch_days(
    connection: Connection, period: Period, ecosystem: str | None
) -> dict[str, dict[date, Attempts]]:
    query = select(_day.ecosystem, _day.day, _day.passed, _day.failed).where(
        *period_conditions(period, ecosystem_days), _day.passed + _day.failed > 0
    )
    if ecosystem is not None:
        query = query.where(_day.ecosystem == ecosystem)
    found: dict[str, dict[date, Attempts]] = defaultdict(dict)
    for name, day, passed, failed in connection.execute(query):
        found[name][day] = Attempts(passed, failed)
    return dict(found)


def _fetch_recent(
    connection: Connection, spans: Iterable[EcosystemSpan]
) -> dict[str, list[RecentRun]]:
    found: dict[str, list[RecentRun]] = defaultdict(list)
    for part in _parts(spans):
        latest = [
            select(
                select(
                    _run.ecosystem,
                    _run.started_at,
                    (_run.passed + _run.failed + _run.skipped == 0).label("is_empty"),
                )
                .where(_run.ecosystem == span.ecosystem)
                .order_by(_run.started_at.desc(), _run.id.desc())
                .limit(RECENT_RUNS)
                .subquery()
            )
            for span in part
        ]
        for name, started_at, is_empty in connection.execute(union_all(*latest)):
            found[name].append(RecentRun(started_at, bool(is_empty)))
    for runs in found.values():
        runs.sort(key=lambda run: run.started_at, reverse=True)
    return dict(found)


def _fetch_failing(
    connection: Connection, spans: Iterable[EcosystemSpan]
) -> dict[str, FailingRuns]:
    found: dict[str, FailingRuns] = {}
    for part in _parts(spans):
        counts = []
        for span in part:
            since_pass: list[ColumnElement[bool]] = [_run.ecosystem == span.ecosystem, ATTEMPTED]
            if span.last_passed_at is not None:
                since_pass.append(_run.started_at > span.last_passed_at)
            # Runs that started in the same second as the last pass count as before it.
            first = (
                select(_run.started_at)
                .where(*since_pass)
                .order_by(_run.started_at)
                .limit(MAX_COUNTED)
                .subquery()
            )
            counts.append(
                select(
                    literal(span.ecosystem),
                    func.count(),
                    func.min(first.c.started_at, type_=_run.started_at.type),
                    select(func.max(_run.started_at)).where(*since_pass).scalar_subquery(),
                ).select_from(first)
            )
        for name, runs, since, last in connection.execute(union_all(*counts)):
            found[name] = FailingRuns(runs, since, last)
    return found


def _fetch_windows(
    connection: Connection,
    now: datetime,
    ecosystem: str | None,
    uncounted: Sequence[UncountedFailures],
) -> dict[str, list[WindowRuns]]:
    def within(length: timedelta) -> ColumnElement[bool]:
        return _run.started_at > now - length

    longest = max(window.length for window in WINDOWS)
    sums: list[ColumnElement[Any]] = []
    for window in WINDOWS:
        for value in (literal(1), _run.passed, _run.failed):
            taken = case((within(window.length), value), else_=0)
            sums.append(func.sum(taken).cast(_run.passed.type))
    query = (
        select(_run.ecosystem, *sums)
        .where(and_(within(longest), _run.started_at <= now), ATTEMPTED)
        .group_by(_run.ecosystem)
    )
    if ecosystem is not None:
        query = query.where(_run.ecosystem == ecosystem)
    return {
        name: [
            WindowRuns(
                counts[3 * place],
                without(
                    Attempts(counts[3 * place + 1], counts[3 * place + 2]),
                    [
                        run
                        for run in uncounted
                        if run.ecosystem == name and now - window.length < run.started_at <= now
                    ],
                ),
            )
            for place, window in enumerate(WINDOWS)
        ]
        for name, *counts in connection.execute(query)
    }


def _parts(items: Iterable[T]) -> Iterator[list[T]]:
    waiting = iter(items)
    while part := list(islice(waiting, ECOSYSTEMS_AT_ONCE)):
        yield part
