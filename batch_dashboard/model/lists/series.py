"""From sums as queries return them to what a chart, its sentence and its table show."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple, Protocol
from zlib import crc32

from batch_dashboard.model.batch_runs.records import EcosystemSpan, RunSums
from batch_dashboard.model.lists.periods import DAY, Period, Step
from batch_dashboard.model.text.wording import plural

MAX_SERIES = 8
OTHER = "other"
# Up to this many days a chart shows days; up to a year weeks, where months are an option.
MAX_DAYS_BY_DAY = 31
MAX_DAYS_BY_WEEK = 366
# More buckets than this are neither read in a chart nor in its table: longer buckets are shown.
MAX_BUCKETS = 110
LONGER = {Step.DAY: Step.WEEK, Step.WEEK: Step.MONTH, Step.MONTH: Step.YEAR}


class Buckets(NamedTuple):
    """The buckets of a chart: the first day of each, oldest first, without gaps."""

    starts: list[date]
    step: Step
    period: Period = Period(None, None)  # what was chosen: it may hold a part of a bucket only
    today: date | None = None  # the day that is not over yet; None: every bucket is over

    @property
    def word(self) -> str:
        """The name of one bucket."""
        return self.step.value

    @property
    def head(self) -> str:
        """The head of a column that holds the first day of each bucket: `day`, or `week from`."""
        return self.word if self.step is Step.DAY else f"{self.word} from"

    def days(self, start: date) -> Period:
        """The days of one bucket that are within the period."""
        since, until = self.period.since, self.period.until
        end = self.step.later(start)
        if self.today is not None and start <= self.today:
            end = min(end, self.today + DAY)
        return Period(max(start, since or start), min(end, until or end))

    def in_words(self, start: date) -> str:
        """The days of one bucket: `2026-11-02 to 2026-11-08`, or `2026-11-02`, perhaps `so far`."""
        days = self.days(start)
        span = str(days.since) if days.days == 1 else f"{days.since} to {days.last_day}"
        return f"{span}, so far" if self._is_current(days) else span

    def _is_current(self, days: Period) -> bool:
        """Whether the days of a bucket end with today, so that more is to come."""
        return days.last_day == self.today is not None

    def part_in_words(self, start: date) -> str | None:
        """`3 days so far` for the current bucket, `4 of 7 days` for a cut one, otherwise None."""
        end = self.step.later(start)
        since, until = self.period.since, self.period.until
        # Each bar of a chart asks this, and most buckets are whole and over.
        if (
            (since is None or since <= start)
            and (until is None or end <= until)
            and (self.today is None or end <= self.today)
        ):
            return None
        whole, days = Period(start, end), self.days(start)
        if self._is_current(days):
            return "so far" if self.step is Step.DAY else f"{plural(days.days or 0, 'day')} so far"
        return None if days == whole else f"{days.days} of {whole.days} days"


class RatePoint(NamedTuple):
    """Attempts of one bucket; none at all leaves a gap."""

    passed: int
    failed: int


class CountSeries(NamedTuple):
    """Counts over time for one name, or the sum of the smallest series."""

    name: str
    is_other: bool
    counts: list[int]  # one for each bucket
    total: int


class RateSeries(NamedTuple):
    """One ecosystem over time, or the sum of the smallest ones."""

    ecosystem: str
    is_other: bool
    points: list[RatePoint | None]  # one for each bucket; None: nothing was attempted
    passed: int
    failed: int


class HasStart(Protocol):
    """A sum over the time that begins with a day."""

    @property
    def start(self) -> date: ...


class SumSeries(NamedTuple):
    """The sums of one ecosystem over time, or of the smallest ones together."""

    ecosystem: str
    is_other: bool
    sums: dict[date, RunSums]  # by the first day of each bucket; without a run: absent


def buckets(
    sums: Sequence[HasStart], period: Period, step: Step, today: date | None = None
) -> Buckets:
    """The buckets of a period; where it is open, from the first sum to the last.

    There are 110 at most; `fitting_step` gives a bucket with which that is the whole period.
    """
    if not sums:
        return Buckets([], step, period, today)
    earliest, latest = step.start_of(sums[0].start), step.start_of(sums[-1].start)
    first = earliest if period.since is None else step.start_of(period.since)
    last = latest if period.last_day is None else step.start_of(period.last_day)
    # A chart of a century would show nothing: an empty side beyond the data is left out.
    if step.between(first, last) >= MAX_BUCKETS:
        first, last = max(first, earliest), min(last, latest)
    count = step.between(first, last) + 1
    if count > MAX_BUCKETS:
        first, count = step.later(last, 1 - MAX_BUCKETS), MAX_BUCKETS
    return Buckets([step.later(first, index) for index in range(count)], step, period, today)


def in_steps(sums: Iterable[RunSums], step: Step) -> dict[date, list[RunSums]]:
    """Sums of shorter buckets, by the first day of the bucket they fall in."""
    groups: dict[date, list[RunSums]] = defaultdict(list)
    for row in sums:
        groups[step.start_of(row.start)].append(row)
    return groups


def by_step(sums: Iterable[RunSums], step: Step) -> dict[date, RunSums]:
    """The same summed: all ecosystems together, by the first day of each bucket."""
    return {start: RunSums.total(start, "", rows) for start, rows in in_steps(sums, step).items()}


def by_ecosystem(sums: Iterable[RunSums]) -> list[RunSums]:
    """The sums of a whole period by ecosystem, most attempts first, then by name."""
    groups: dict[str, list[RunSums]] = defaultdict(list)
    for row in sums:
        groups[row.ecosystem].append(row)
    totals = [RunSums.total(rows[0].start, name, rows) for name, rows in groups.items()]
    return sorted(totals, key=lambda row: (-row.attempts, -row.runs, row.ecosystem))


def rate_series(sums: Sequence[RunSums], starts: Sequence[date]) -> list[RateSeries]:
    """Passed and failed per ecosystem and bucket: those with most attempts, the rest as other.

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
    """Counts per name and bucket, most frequent first; the rest as other, eight in all."""
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


def sum_series(sums: Sequence[RunSums], ranked: Sequence[str], step: Step) -> list[SumSeries]:
    """The sums over time of the ecosystems ranked first, and of all others ranked together.

    Eight series in all, so of nine ecosystems two are summed.
    """
    count = MAX_SERIES if len(ranked) <= MAX_SERIES else MAX_SERIES - 1
    places = {name: min(place, count) for place, name in enumerate(ranked)}
    rows: dict[int, list[RunSums]] = defaultdict(list)
    for row in sums:
        if row.ecosystem in places:
            rows[places[row.ecosystem]].append(row)
    series = [
        SumSeries(name, False, by_step(rows[place], step))
        for place, name in enumerate(ranked[:count])
    ]
    if len(ranked) > count:
        name = f"{OTHER} ({len(ranked) - count})"
        series.append(SumSeries(name, True, by_step(rows[count], step)))
    return series


def _counts(
    name: str, is_other: bool, counts: Counter[date], starts: Sequence[date]
) -> CountSeries:
    return CountSeries(name, is_other, [counts[start] for start in starts], counts.total())


def colour_slots(ecosystems: Iterable[EcosystemSpan]) -> dict[str, int]:
    """The colour of each ecosystem; older ones come first, so that each keeps its colour."""
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


def day_or_week(period: Period) -> Step:
    """Days for a period of up to a month, weeks for a longer or open one."""
    short = period.days is not None and period.days <= MAX_DAYS_BY_DAY
    return Step.DAY if short else Step.WEEK


def day_week_or_month(period: Period) -> Step:
    """Days for a period of up to a month, weeks for up to a year, months for a longer one."""
    long = period.days is not None and period.days > MAX_DAYS_BY_WEEK
    return Step.MONTH if long else day_or_week(period)


def fitting_step(period: Period, data: Period, preferred: Step | None = None) -> Step:
    """The step preferred, by default days up to a month and weeks beyond.

    `data` are the days from the first run to the last, where an open period ends. A step that would
    come more than 110 times gives way to the next longer one.
    """
    step = preferred or day_or_week(period)
    if data.since is None or data.last_day is None:
        return step
    first, last = period.since or data.since, period.last_day or data.last_day
    if _count(Step.MONTH, first, last) > MAX_BUCKETS:
        # As `buckets` does: sides of the period without data are left out.
        first, last = max(first, data.since), min(last, data.last_day)
    while (longer := LONGER.get(step)) and _count(step, first, last) > MAX_BUCKETS:
        step = longer
    return step


def _count(step: Step, first: date, last: date) -> int:
    return step.between(step.start_of(first), step.start_of(last)) + 1


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
