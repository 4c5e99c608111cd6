"""From sums as queries return them to what a chart, its sentence and its table show."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple, Protocol
from zlib import crc32

from batch_dashboard.model.periods import DAY, WEEK, Period, monday
from batch_dashboard.model.records import EcosystemSpan, RunSums

MAX_SERIES = 8
OTHER = "other"
# Up to this many days a chart shows days, above it weeks.
MAX_DAYS_BY_DAY = 31


class Steps(NamedTuple):
    """The equal steps a chart goes through: the first day of each, oldest first, without gaps."""

    starts: list[date]
    length: timedelta

    @property
    def word(self) -> str:
        """What one step is called."""
        return "week" if self.length == WEEK else "day"


class RatePoint(NamedTuple):
    """Attempts of one step; none at all leaves a gap."""

    passed: int
    failed: int


class CountSeries(NamedTuple):
    """How often something of one name happened over time, or the sum of the smallest ones."""

    name: str
    is_other: bool
    counts: list[int]  # one for each step
    total: int


class RateSeries(NamedTuple):
    """One ecosystem over time, or the sum of the smallest ones."""

    ecosystem: str
    is_other: bool
    points: list[RatePoint | None]  # one for each step; None: nothing was attempted
    passed: int
    failed: int


class HasStart(Protocol):
    """A sum over the time that begins with a day."""

    @property
    def start(self) -> date: ...


def steps(sums: Sequence[HasStart], period: Period, length: timedelta) -> Steps:
    """The steps of a period; where it is open, from the first sum to the last."""
    if not sums:
        return Steps([], length)
    first = period.since or sums[0].start
    last = period.last_day or sums[-1].start
    if length == WEEK:
        first, last = monday(first), monday(last)
    # A chart of a century would show nothing: an empty side beyond the data is left out.
    if (last - first) // length > 600:
        first, last = max(first, sums[0].start), min(last, sums[-1].start)
    count = (last - first) // length + 1
    return Steps([first + index * length for index in range(count)], length)


def by_start(sums: Iterable[RunSums]) -> dict[date, RunSums]:
    """The sums of all ecosystems together, by first day."""
    groups: dict[date, list[RunSums]] = defaultdict(list)
    for row in sums:
        groups[row.start].append(row)
    return {start: RunSums.total(start, "", rows) for start, rows in groups.items()}


def by_week(sums: Iterable[RunSums]) -> dict[date, RunSums]:
    """Days or weeks summed to weeks, all ecosystems together, by Monday."""
    groups: dict[date, list[RunSums]] = defaultdict(list)
    for row in sums:
        groups[monday(row.start)].append(row)
    return {start: RunSums.total(start, "", rows) for start, rows in groups.items()}


def by_ecosystem(sums: Iterable[RunSums]) -> list[RunSums]:
    """The sums of a whole period by ecosystem, most attempts first, then by name."""
    groups: dict[str, list[RunSums]] = defaultdict(list)
    for row in sums:
        groups[row.ecosystem].append(row)
    totals = [RunSums.total(rows[0].start, name, rows) for name, rows in groups.items()]
    return sorted(totals, key=lambda row: (-row.attempts, -row.runs, row.ecosystem))


def rate_series(sums: Sequence[RunSums], starts: Sequence[date]) -> list[RateSeries]:
    """Passed and failed per ecosystem and step: those with most attempts, the rest as other.

    Eight lines in all, so of nine ecosystems two are summed. Without attempts there is no line.
    """
    ranked = [row.ecosystem for row in by_ecosystem(sums) if row.attempts]
    # No more than eight lines in all.
    count = MAX_SERIES if len(ranked) <= MAX_SERIES else MAX_SERIES - 1
    named, rest = ranked[:count], set(ranked[count:])
    cells: dict[str, dict[date, RatePoint]] = defaultdict(dict)
    others: dict[date, RatePoint] = {}
    for row in sums:
        if not row.attempts:
            continue
        line = others if row.ecosystem in rest else cells[row.ecosystem]
        before = line.get(row.start, RatePoint(0, 0))
        line[row.start] = RatePoint(before.passed + row.passed, before.failed + row.failed)
    series = [_series(name, False, cells[name], starts) for name in named]
    if rest:
        series.append(_series(f"{OTHER} ({len(rest)})", True, others, starts))
    return series


def count_series(
    sums: Iterable[tuple[date, str, int]], starts: Sequence[date]
) -> list[CountSeries]:
    """Counts per name and step, most frequent first; the rest as other, eight in all."""
    cells: dict[str, Counter[date]] = defaultdict(Counter)
    for start, name, count in sums:
        cells[name][start] += count
    ranked = sorted(cells, key=lambda name: (-cells[name].total(), name))
    shown = MAX_SERIES if len(ranked) <= MAX_SERIES else MAX_SERIES - 1
    series = [_counts(name, False, cells[name], starts) for name in ranked[:shown]]
    if rest := ranked[shown:]:
        other = sum((cells[name] for name in rest), Counter[date]())
        series.append(_counts(f"{OTHER} ({len(rest)})", True, other, starts))
    return series


def _counts(
    name: str, is_other: bool, counts: Counter[date], starts: Sequence[date]
) -> CountSeries:
    return CountSeries(name, is_other, [counts[start] for start in starts], counts.total())


def colour_slots(ecosystems: Iterable[EcosystemSpan]) -> dict[str, int]:
    """Which colour each ecosystem has; older ones choose first, so each keeps its own."""
    ordered = sorted(ecosystems, key=lambda span: (span.first_started_at, span.ecosystem))
    return name_slots(span.ecosystem for span in ordered)


def name_slots(names: Iterable[str]) -> dict[str, int]:
    """Which colour each name has: 0…7 for the first eight, on from 8 once they are taken.

    A name asks for the colour its letters give; taken, it gets the next free one. So one keeps its
    colour on every page and as others come.
    """
    slots: dict[str, int] = {}
    taken: set[int] = set()
    for name in names:
        lap, used = divmod(len(slots), MAX_SERIES)
        if not used:
            taken.clear()
        slot = crc32(name.encode()) % MAX_SERIES
        while slot in taken:
            slot = (slot + 1) % MAX_SERIES
        taken.add(slot)
        slots[name] = lap * MAX_SERIES + slot
    return slots


def length_of_steps(period: Period) -> timedelta:
    """Days for a period of up to a month, weeks for a longer or open one."""
    return DAY if period.days is not None and period.days <= MAX_DAYS_BY_DAY else WEEK


def _series(
    name: str, is_other: bool, line: dict[date, RatePoint], starts: Sequence[date]
) -> RateSeries:
    points = [line.get(start) for start in starts]
    return RateSeries(
        name,
        is_other,
        points,
        sum(point.passed for point in line.values()),
        sum(point.failed for point in line.values()),
    )
