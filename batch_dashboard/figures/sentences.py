"""What a figure shows, in a sentence or two: for those who cannot or need not see it."""

from collections.abc import Mapping, Sequence
from datetime import date

from batch_dashboard.model.rates import failure_rate
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.series import RateSeries, Steps
from batch_dashboard.model.vocabulary import RUNNER_OS, RUNNER_OS_NAMES
from batch_dashboard.model.wording import minutes, percent, plural


def minutes_sentence(
    starts: Sequence[date], weeks: Mapping[date, RunSums], budgets: Mapping[str, float]
) -> str:
    """Totals, the dearest week, weeks without a run, and runs that told no minutes."""
    shown = [weeks[start] for start in starts if start in weeks]
    if not shown:
        return "No batch run started in this period."
    parts = []
    for runner_os in RUNNER_OS:
        parts.append(_used(runner_os, shown, budgets[runner_os]))
    absent = len(starts) - len(shown)
    if absent:
        verb = "had" if absent > 1 else "has"
        parts.append(f"{absent:,} of {plural(len(starts), 'week')} {verb} no batch run.")
    runs = sum(week.runs for week in shown)
    for runner_os in RUNNER_OS:
        unknown = sum(week.minutes(runner_os).unknown_runs for week in shown)
        if unknown:
            name = RUNNER_OS_NAMES[runner_os]
            parts.append(f"{unknown:,} of {plural(runs, 'run')} reported no {name} minutes.")
    return " ".join(parts)


def _used(runner_os: str, weeks: Sequence[RunSums], budget: float) -> str:
    name = RUNNER_OS_NAMES[runner_os]
    known = [week for week in weeks if week.minutes(runner_os).value is not None]
    if not known:
        return f"How many {name} minutes were used is unknown."
    total = sum(week.minutes(runner_os).known for week in known)
    if not total:
        return f"{name} used 0 minutes in the runs that reported them."
    most = max(known, key=lambda week: week.minutes(runner_os).known)
    used = most.minutes(runner_os).known
    over = sum(1 for week in known if week.minutes(runner_os).known > budget)
    sentence = (
        f"{name} used {minutes(total)} min, most in the week of {most.start} "
        f"({minutes(used)} min, {percent(used / budget) if budget else 'no'} of a week's budget)"
    )
    return sentence + (f", and went over budget in {plural(over, 'week')}." if over else ".")


def failure_rates_sentence(steps: Steps, series: Sequence[RateSeries]) -> str:
    """Which ecosystem failed most and least often, and where nothing was attempted."""
    if not series:
        return "No recipe was attempted in this period, so there is no failure rate."
    named = sorted(
        (line for line in series if not line.is_other),
        key=lambda line: failure_rate(line.passed, line.failed) or 0.0,
    )
    most, least = named[-1], named[0]
    sentence = f"{_rate(most)} failed"
    if len(named) > 1:
        sentence = f"Most often failed {_rate(most)}, least often {_rate(least)}"
    gaps = sum(
        all(line.points[index] is None for line in series) for index in range(len(steps.starts))
    )
    parts = [sentence + "."]
    if gaps:
        parts.append(
            f"In {gaps:,} of {plural(len(steps.starts), steps.word)} nothing was attempted."
        )
    return " ".join(parts)


def _rate(line: RateSeries) -> str:
    rate = failure_rate(line.passed, line.failed)
    attempts = plural(line.passed + line.failed, "attempt")
    return f"{line.ecosystem}: {percent(rate)} of {attempts}"
