"""What a figure shows, in a sentence or two: for those who cannot or need not see it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from batch_dashboard.model.rates import failure_rate
from batch_dashboard.model.recipes import RecipeAttempt
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.series import CountSeries, RateSeries, Steps
from batch_dashboard.model.vocabulary import RESULTS, RUNNER_OS, RUNNER_OS_NAMES
from batch_dashboard.model.wording import duration, minutes, percent, plural


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


def failure_counts_sentence(
    steps: Steps, series: Sequence[CountSeries], ran: Collection[date]
) -> str:
    """How many results failed, of which kind most, when most, and when nothing ran."""
    total = sum(line.total for line in series)
    if not total:
        return "No result failed in this period."
    sums = [sum(counts) for counts in zip(*(line.counts for line in series), strict=True)]
    most = max(range(len(sums)), key=lambda index: sums[index])
    when = (
        f"in the week of {steps.starts[most]}"
        if steps.word == "week"
        else f"on {steps.starts[most]}"
    )
    parts = [f"{plural(total, 'result')} failed, most {when} ({sums[most]:,})."]
    first = series[0]
    if len(series) > 1 and not first.is_other:
        share = percent(first.total / total)
        parts.append(f"Most frequent: {first.name}, {first.total:,} ({share}).")
    absent = sum(start not in ran for start in steps.starts)
    if absent:
        parts.append(f"In {absent:,} of {plural(len(steps.starts), steps.word)} nothing ran.")
    return " ".join(parts)


def recipe_results_sentence(results: Sequence[RecipeAttempt], are_all: bool) -> str:
    """How many results passed and failed, and how long attempts took."""
    if not results:
        return "No result of this recipe in this period."
    counts = Counter(result.result for result in results)
    words = ", ".join(f"{counts[result]:,} {result}" for result in RESULTS if counts[result])
    which = plural(len(results), "result") if are_all else f"the last {len(results):,} results"
    known = sorted(
        result.duration_seconds for result in results if result.duration_seconds is not None
    )
    sentence = f"{which[0].upper()}{which[1:]}: {words}."
    if not known:
        return f"{sentence} Their durations are unknown."
    unknown = len(results) - len(known)
    middle = f"Half of them took {duration(known[len(known) // 2])} or less"
    longest = f"the longest {duration(known[-1])}"
    left_out = f"; the duration of {unknown:,} is unknown" if unknown else ""
    return f"{sentence} {middle}, {longest}{left_out}."
