"""The sentences below the titles of figures, for readers who do not see the figure."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from batch_dashboard.figures.failure_rates import limits
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.batch_runs.vocabulary import (
    JOB_RUNNER_OS_NAMES,
    RESULTS,
    RUNNER_OS,
    RUNNER_OS_NAMES,
)
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.judgement.rates import failure_rate
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.series import Buckets, CountSeries, RateSeries, SumSeries
from batch_dashboard.model.recipes.recipes import RecipeAttempt
from batch_dashboard.model.spending.budget import Budgets, BudgetWeek
from batch_dashboard.model.spending.ci_job_sums import StepWaits
from batch_dashboard.model.spending.prices import Cost
from batch_dashboard.model.text.wording import (
    dollars,
    duration,
    minutes,
    percent,
    plural,
    weekday,
    whole_minutes,
)

NO_RUN = "No batch run started in this period."


def minutes_sentence(
    buckets: Buckets, sums: Mapping[date, RunSums], budgets: Budgets | None
) -> str:
    """Totals, the bucket that used most, buckets without a run, and runs that reported none.

    `budgets` is None where buckets are no weeks.
    """
    shown = _shown(buckets, sums)
    if not shown:
        return NO_RUN
    parts = [_used(runner_os, buckets, shown, budgets) for runner_os in RUNNER_OS]
    parts += _absent(buckets, shown)
    runs = sum(row.runs for row in shown.values())
    for runner_os in RUNNER_OS:
        unknown = sum(row.minutes(runner_os).unknown_runs for row in shown.values())
        if unknown:
            name = RUNNER_OS_NAMES[runner_os]
            parts.append(f"{unknown:,} of {plural(runs, 'run')} reported no {name} minutes.")
    return " ".join(parts + _parts(buckets, shown, "Hatched"))


def _used(
    runner_os: str, buckets: Buckets, shown: Mapping[date, RunSums], budgets: Budgets | None
) -> str:
    name = RUNNER_OS_NAMES[runner_os]
    known = {
        start: row.minutes(runner_os).known
        for start, row in shown.items()
        if row.minutes(runner_os).value is not None
    }
    if not known:
        return f"How many {name} minutes were used is unknown."
    total = sum(known.values())
    if not total:
        return f"Every run that reported {name} minutes reported 0."
    most = max(known, key=lambda start: known[start])
    of_budget, over = "", 0
    if budgets is not None:
        share = known[most] / budgets.of(runner_os, most)
        of_budget = f", {percent(share)} of a weekly budget"
        over = sum(used > budgets.of(runner_os, start) for start, used in known.items())
    sentence = (
        f"{name} used {minutes(total)} min, most {_when(buckets, most)}"
        f" ({minutes(known[most])} min{of_budget})"
    )
    return sentence + (f", and exceeded the budget in {plural(over, 'week')}." if over else ".")


def burn_up_sentence(budgets: Sequence[BudgetWeek]) -> str:
    """The use of each budget this week, and the forecast."""
    parts = []
    if not any(budget.used.runs for budget in budgets):
        parts.append(f"No batch run has started since Monday {budgets[0].week.since}.")
    for budget in budgets:
        if budget.used.runs or budget.used_minutes is None:
            parts.append(_burnt(budget))
        parts.append(_forecast(budget))
    return " ".join(filter(None, parts))


def _burnt(budget: BudgetWeek) -> str:
    name = RUNNER_OS_NAMES[budget.runner_os]
    if budget.why_unknown is not None:
        return f"How many {name} minutes were used this week is unknown. {budget.why_unknown}"
    used = f"{name} used {minutes(budget.used.known)} of {minutes(budget.budget_minutes)} min"
    unknown = budget.used.unknown_runs
    left_out = (
        f"; {unknown:,} of {plural(budget.used.runs, 'run')} reported none" if unknown else ""
    )
    return f"{used} ({percent(budget.share)}){left_out}."


def _forecast(budget: BudgetWeek) -> str:
    name = RUNNER_OS_NAMES[budget.runner_os]
    if budget.used_minutes is None:
        return ""
    if budget.forecast is None:
        return f"There is no {name} forecast: the use of the last 28 days is unknown."
    if budget.share >= 1 and budget.runs_out_on:
        return f"The {name} budget was used up on {weekday(budget.runs_out_on)}."
    ends = f"{name} would end the week at {whole_minutes(budget.forecast)} min"
    if budget.runs_out_on:
        return f"{ends}, with its budget used up on {weekday(budget.runs_out_on)}."
    return f"{ends}."


def ecosystem_minutes_sentence(
    buckets: Buckets, series: Sequence[SumSeries], without_minutes: Sequence[str]
) -> str:
    """The ecosystem that used most of each operating system, and the number without minutes."""
    if not series:
        return "No minutes were reported in this period."
    first: dict[str, list[str]] = {}
    for runner_os in RUNNER_OS:
        used = [
            (sum(row.minutes(runner_os).known for row in line.sums.values()), line.ecosystem)
            for line in series
        ]
        total = sum(known for known, _ in used)
        named = [pair for pair, line in zip(used, series, strict=True) if not line.is_other]
        most, ecosystem = max(named, key=lambda pair: pair[0])
        if most:
            words = (
                f"{RUNNER_OS_NAMES[runner_os]} minutes ({minutes(most)}, {percent(most / total)})"
            )
            first.setdefault(ecosystem, []).append(words)
    parts = [f"{ecosystem} used most {' and '.join(words)}." for ecosystem, words in first.items()]
    if without_minutes:
        count = len(without_minutes)
        names = without_minutes[0] if count == 1 else plural(count, "ecosystem")
        parts.append(f"{names} reported no minutes and {'is' if count == 1 else 'are'} not drawn.")
    drawn = {start for line in series for start in line.sums}
    parts = parts or ["Every run that reported minutes reported 0."]
    return " ".join(parts + _parts(buckets, drawn, "Hatched"))


def error_budget_sentence(health: EcosystemHealth) -> str:
    """The share of the allowed failures of 28 days that was used."""
    spent = health.error_budget
    if spent is None or spent.used_share is None:
        return "Nothing was attempted in the last 28 days."
    return (
        f"{plural(spent.attempts.failed, 'attempt')} of {spent.attempts.total:,} failed in the "
        f"last 28 days; a target of {percent(spent.target)} allows {spent.allowed:,.1f}, "
        f"so {percent(spent.used_share)} of the error budget is used."
    )


def queue_waits_sentence(buckets: Buckets, waits: Sequence[StepWaits]) -> str:
    """The bucket in which jobs waited longest, for each operating system."""
    parts = []
    for runner_os, name in JOB_RUNNER_OS_NAMES.items():
        rows = [row for row in waits if row.runner_os == runner_os and row.start is not None]
        if not rows:
            continue
        longest = max(rows, key=lambda row: row.p90_seconds)
        when = _when(buckets, longest.start or buckets.starts[0])
        parts.append(
            f"{name} jobs waited longest {when}: half of them up to"
            f" {duration(longest.median_seconds)}, 90 % up to"
            f" {duration(longest.p90_seconds)} (n = {plural(longest.jobs, 'job')})."
        )
    if not parts:
        return "No job of this period reported how long it waited for a runner."
    drawn = {row.start for row in waits if row.start is not None}
    return " ".join(parts + _parts(buckets, drawn, "Incomplete"))


def cost_sentence(
    buckets: Buckets, costs: Mapping[date, Cost], sums: Mapping[date, RunSums], total: Cost
) -> str:
    """The total cost, the share of macOS, the most expensive bucket, and unknown ones."""
    shown = _shown(buckets, sums)
    if not shown:
        return NO_RUN
    if total.total is None:
        return "No run of this period reported minutes, so the cost is unknown."
    if not total.total:
        nothing = "Every run that reported minutes reported 0, so the cost is unknown."
        return " ".join([nothing, *_absent(buckets, shown)])
    part = ""
    if total.macos:
        part = f", {percent(total.macos / total.total)} of it for macOS"
    parts = [f"The known minutes cost {dollars(total.total)} at list price{part}."]
    known = {start: cost for start in shown if (cost := costs[start].total) is not None}
    most = max(known, key=lambda start: known[start])
    if len(known) > 1 and known[most]:
        parts.append(f"Most was spent {_when(buckets, most)} ({dollars(known[most])}).")
    unknown = len(shown) - len(known)
    if unknown:
        parts.append(f"The minutes of {plural(unknown, buckets.word)} are unknown.")
    return " ".join(parts + _absent(buckets, shown) + _parts(buckets, shown, "Hatched"))


def _shown(buckets: Buckets, sums: Mapping[date, RunSums]) -> dict[date, RunSums]:
    return {start: sums[start] for start in buckets.starts if start in sums}


def _absent(buckets: Buckets, shown: Mapping[date, RunSums]) -> list[str]:
    absent = len(buckets.starts) - len(shown)
    if not absent:
        return []
    verb = "had" if absent > 1 else "has"
    return [f"{absent:,} of {plural(len(buckets.starts), buckets.word)} {verb} no batch run."]


def _parts(buckets: Buckets, starts: Collection[date], look: str) -> list[str]:
    """The buckets that are cut by the period or not yet over, and how they are drawn."""
    parts = [(start, part) for start in buckets.starts if (part := buckets.part_in_words(start))]
    words = [
        f"{start if buckets.step is Step.DAY else f'the {buckets.word} from {start}'} ({part})"
        for start, part in parts
        if start in starts
    ]
    return [f"{look}: {', '.join(words)}."] if words else []


def _when(buckets: Buckets, start: date) -> str:
    match buckets.step:
        case Step.DAY:
            return f"on {start}"
        case Step.WEEK:
            return f"in the week of {start}"
        case Step.MONTH:
            return f"in {start:%B %Y}"
        case Step.YEAR:
            return f"in {start.year}"


def failure_rates_sentence(
    buckets: Buckets, series: Sequence[RateSeries], targets: Mapping[str, float | None]
) -> str:
    """The ecosystems with the highest and lowest failure rate, and those without attempts."""
    if not series:
        return "No recipe was attempted in this period, so there is no failure rate."
    named = sorted(
        (line for line in series if not line.is_other),
        key=lambda line: failure_rate(line.passed, line.failed) or 0.0,
    )
    most, least = named[-1], named[0]
    sentence = f"{_rate(most)} failed"
    if len(named) > 1:
        sentence = f"Highest: {_rate(most)}; lowest: {_rate(least)}"
    gaps = sum(
        all(line.points[index] is None for line in series) for index in range(len(buckets.starts))
    )
    parts = [sentence + "."]
    if gaps:
        parts.append(
            f"In {gaps:,} of {plural(len(buckets.starts), buckets.word)} nothing was attempted."
        )
    attempted = {
        start
        for index, start in enumerate(buckets.starts)
        if any(line.points[index] for line in series)
    }
    dotted = [f"{limit * 100:g}% for {whose}" for limit, whose in limits(series, targets)]
    if dotted:
        parts.append(f"Dotted: highest allowed failure rate, {', '.join(dotted)}.")
    return " ".join(parts + _parts(buckets, attempted, "Hollow"))


def _rate(line: RateSeries) -> str:
    rate = failure_rate(line.passed, line.failed)
    attempts = plural(line.passed + line.failed, "attempt")
    return f"{line.ecosystem}: {percent(rate)} of {attempts}"


def failure_counts_sentence(
    buckets: Buckets, series: Sequence[CountSeries], ran: Collection[date]
) -> str:
    """The number of failed results, the largest series and bucket, and buckets without runs."""
    total = sum(line.total for line in series)
    if not total:
        return "No result failed in this period."
    sums = [sum(counts) for counts in zip(*(line.counts for line in series), strict=True)]
    most = max(range(len(sums)), key=lambda index: sums[index])
    when = _when(buckets, buckets.starts[most])
    parts = [f"{plural(total, 'result')} failed, most {when} ({sums[most]:,})."]
    first = series[0]
    if len(series) > 1 and not first.is_other:
        share = percent(first.total / total)
        parts.append(f"Most frequent: {first.name}, {first.total:,} ({share}).")
    absent = sum(start not in ran for start in buckets.starts)
    if absent:
        parts.append(f"In {absent:,} of {plural(len(buckets.starts), buckets.word)} nothing ran.")
    failing = {start for start, failed in zip(buckets.starts, sums, strict=True) if failed}
    return " ".join(parts + _parts(buckets, failing, "Hatched"))


def recipe_results_sentence(results: Sequence[RecipeAttempt], are_all: bool) -> str:
    """The numbers of passed and failed results, and the durations of attempts."""
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
