"""When the demo's batch runs happen, how large they are, and how long their results take."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from batch_dashboard.model.demo.demo_collection import (
    ECOSYSTEMS,
    FLAKY_ECOSYSTEM,
    FLAKY_RECIPE,
    HOMEBREW,
    STUCK_RECIPE,
    Ecosystem,
)

DAYS = 730
# First and last day, counted back from the last day of the data.
INCIDENT_DAYS_AGO = (38, 34)
STUCK_ATTEMPTS = 48

# With fewer results the runs become fewer, so that they do not all process next to nothing.
RESULTS_OF_FULL_CADENCE = 12_000
# With fewer still, most runs are empty.
FEWEST_RESULTS = 300
WEEKEND = 0.4

# What a recent week uses, whatever the number of results: below the weekly budgets, but in sight.
LINUX_MINUTES_A_WEEK = 3_000
MACOS_MINUTES_A_WEEK = 640
RECENT_DAYS = 28
MACOS_SLOWNESS = 1.5
BELIEVABLE_SECONDS = (6.0, 600.0)
# The mean of the factors by which one duration differs from the usual one, failures included.
MEAN_FACTOR = 1.12


@dataclass(slots=True)
class PlannedRun:
    """A batch run before its results are generated; a guest is a recipe with a fixed history."""

    ecosystem: Ecosystem
    day: int
    started_at: datetime
    size: int = 0
    guest: str | None = None
    guest_fails: bool = False


class Pace(NamedTuple):
    """The usual seconds of a result, and minutes billed for a minute of results."""

    linux_seconds: float
    linux_billed: float
    macos_seconds: float
    macos_billed: float


def plan_runs(rng: Random, results: int, last_day: date) -> list[PlannedRun]:
    """Every batch run with its size, by day; their number does not grow with that of results."""
    cadence = min(1.0, max(results, FEWEST_RESULTS) / RESULTS_OF_FULL_CADENCE)
    first_day = last_day - timedelta(days=DAYS - 1)
    due = {ecosystem.name: rng.random() for ecosystem in ECOSYSTEMS}
    plan: list[PlannedRun] = []
    weights: list[float] = []
    for day in range(DAYS):
        today = first_day + timedelta(days=day)
        share = cadence * (WEEKEND if today.weekday() >= 5 else 1.0)
        for ecosystem in ECOSYSTEMS:
            if not ecosystem.first_day <= day < DAYS - ecosystem.last_days_ago:
                continue
            due[ecosystem.name] += ecosystem.runs_a_weekday * share
            number_of_runs = int(due[ecosystem.name])
            due[ecosystem.name] -= number_of_runs
            for hour in ecosystem.start_hours[:number_of_runs]:
                moment = time(hour, rng.randrange(60), rng.randrange(60), tzinfo=UTC)
                plan.append(PlannedRun(ecosystem, day, datetime.combine(today, moment)))
                weights.append(_weight(rng, ecosystem, day))
    _give_sizes(plan, weights, results)
    _invite_stuck(plan)
    _invite_flaky(rng, plan)
    return plan


def _weight(rng: Random, ecosystem: Ecosystem, day: int) -> float:
    """How many recipes a run tries beside others; 0 where it finds nothing to do."""
    if rng.random() < ecosystem.empty_share and not is_incident(ecosystem, day):
        return 0.0
    grown = 0.45 + 0.55 * day / DAYS
    return ecosystem.size * grown * rng.lognormvariate(0, 0.4)


def _give_sizes(plan: list[PlannedRun], weights: list[float], results: int) -> None:
    """Share the results out by weight, so that their sum is exact and every remainder carries."""
    total = sum(weights) or 1.0
    wanted, given = 0.0, 0
    for run, weight in zip(plan, weights, strict=True):
        wanted += weight / total * results
        run.size = int(wanted + 0.5) - given
        given += run.size


def _invite_stuck(plan: list[PlannedRun]) -> None:
    """One recipe passes from time to time, and is then tried daily and always fails."""
    first_of_day = {
        run.day: run for run in reversed(plan) if run.ecosystem.name == HOMEBREW and run.size
    }
    days = sorted(first_of_day, reverse=True)
    for number, day in enumerate(days):
        run = first_of_day[day]
        run.guest_fails = number < STUCK_ATTEMPTS
        if run.guest_fails or number % 8 == 0:
            run.guest = STUCK_RECIPE


def _invite_flaky(rng: Random, plan: list[PlannedRun]) -> None:
    runs = [run for run in plan if run.ecosystem.name == FLAKY_ECOSYSTEM and run.size]
    fails = False
    for run in runs[::3]:
        # Rather the other way than the same way again: 20 attempts always show it.
        fails ^= rng.random() < 0.6
        run.guest, run.guest_fails = FLAKY_RECIPE, fails


def pace_of(plan: Iterable[PlannedRun]) -> Pace:
    """Durations that make recent weeks use their minutes.

    Where these would not be believable, runners need time beside, or work in parallel.
    """
    linux = macos = 0.0
    for run in plan:
        if run.day >= DAYS - RECENT_DAYS:
            macos += run.size * run.ecosystem.macos_share
            linux += run.size * (1 - run.ecosystem.macos_share)
    weeks = RECENT_DAYS / 7
    linux_wanted = 60 * weeks * LINUX_MINUTES_A_WEEK / max(linux, 1) / MEAN_FACTOR
    macos_wanted = 60 * weeks * MACOS_MINUTES_A_WEEK / max(macos, 1) / MEAN_FACTOR
    shortest, longest = BELIEVABLE_SECONDS
    linux_seconds = min(longest, max(shortest, linux_wanted))
    macos_seconds = linux_seconds * MACOS_SLOWNESS
    return Pace(
        linux_seconds, linux_wanted / linux_seconds, macos_seconds, macos_wanted / macos_seconds
    )


def is_incident(ecosystem: Ecosystem, day: int) -> bool:
    """Whether nearly everything of an ecosystem fails on a day, counted from the first one."""
    first, last = INCIDENT_DAYS_AGO
    return ecosystem.name == HOMEBREW and first >= DAYS - 1 - day >= last
