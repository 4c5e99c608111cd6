"""Demo data: the payloads that the CI of a made-up recipe collection posted in two years."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, islice
from math import pi, sin, sqrt
from random import Random
from typing import Any

from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED, SKIPPED
from batch_dashboard.model.demo.demo_collection import (
    ECOSYSTEMS,
    FLAKY_FAILURE,
    FLAKY_RECIPE,
    INCIDENT_FAILURE,
    LASTING_FAILURES,
    LIBRARIES,
    PASSING_FAILURES,
    STUCK_FAILURE,
    STUCK_RECIPE,
    Ecosystem,
    Failure,
    recipe_names,
)
from batch_dashboard.model.demo.demo_schedule import (
    DAYS,
    Pace,
    PlannedRun,
    is_incident,
    pace_of,
    plan_runs,
)

ATTEMPTS_A_RECIPE = 40
MAX_RECIPES = 3_000
# A larger batch is posted as several runs with one batch_id.
MAX_RUN = 400
TWO_PARTS_SHARE = 0.06
# The share of runs without jobs, how many minutes a job takes, and how many jobs there are.
JOBS_FROM = 0.3
MINUTES_PER_JOB = 12
MAX_JOBS = 8


@dataclass(slots=True)
class Recipe:
    """The properties of a recipe, and the day until which it is broken."""

    name: str
    slowness: float
    fragility: float
    major: int
    failure: Failure | None = None
    until_day: int = -1


class RecipePool:
    """The recipes of one ecosystem, which its runs take in turn."""

    def __init__(self, rng: Random, ecosystem: Ecosystem, results: int) -> None:
        wanted = min(MAX_RECIPES, max(len(ecosystem.recipe_names), results // ATTEMPTS_A_RECIPE))
        self.recipes = [_new_recipe(rng, name) for name in islice(recipe_names(ecosystem), wanted)]
        rng.shuffle(self.recipes)
        self.guests = {name: _new_recipe(rng, name) for name in (STUCK_RECIPE, FLAKY_RECIPE)}
        self._next = 0
        self._rng = rng
        self._macos_share = ecosystem.macos_share
        self._macos_due = rng.random()

    def take(self, size: int) -> Iterator[Recipe]:
        """The next recipes, each at most once."""
        for _ in range(min(size, len(self.recipes))):
            yield self.recipes[self._next]
            self._next = (self._next + 1) % len(self.recipes)

    def next_is_on_macos(self) -> bool:
        """Whether the next result is of macOS: evenly spread, so that few results are enough."""
        self._macos_due += self._macos_share * self._rng.uniform(0, 2)
        if self._macos_due < 1 and self._macos_share < 1:
            return False
        self._macos_due -= 1
        return True


def demo_payloads(results: int, seed: int, last_day: date) -> Iterator[dict[str, Any]]:
    """The payloads of two years up to a day, oldest first; the same ones for the same seed.

    They hold `results` results in all. About 2,000 are needed to contain all its examples.
    """
    rng = Random(seed)  # noqa: S311 - made-up data, nothing secret
    plan = plan_runs(rng, results, last_day)
    pace = pace_of(plan)
    sizes = {ecosystem.name: 0 for ecosystem in ECOSYSTEMS}
    for run in plan:
        sizes[run.ecosystem.name] += run.size
    pools = {eco.name: RecipePool(rng, eco, sizes[eco.name]) for eco in ECOSYSTEMS}
    for _day, runs in groupby(plan, key=lambda run: run.day):
        parts = (part for run in runs for part in _parts(rng, run, pools[run.ecosystem.name]))
        for part in sorted(parts, key=lambda part: part.started_at):
            yield _payload(rng, part, pools[part.ecosystem.name], pace)


def _parts(rng: Random, run: PlannedRun, pool: RecipePool) -> Iterator[PlannedRun]:
    """The runs in which a batch is posted: one, or several a minute apart."""
    largest = min(MAX_RUN, len(pool.recipes))
    if 1 < run.size <= largest and rng.random() < TWO_PARTS_SHARE:
        largest = -(-run.size // 2)
    left = run.size
    for number in range(max(1, -(-run.size // largest))):
        yield PlannedRun(
            run.ecosystem,
            run.day,
            run.started_at + timedelta(minutes=number),
            min(left, largest),
            run.guest if number == 0 else None,
            run.guest_fails,
        )
        left -= largest


def _payload(rng: Random, run: PlannedRun, pool: RecipePool, pace: Pace) -> dict[str, Any]:
    results = []
    macos_seconds = linux_seconds = 0.0
    recipes = [pool.guests[run.guest]] if run.guest else []
    recipes += pool.take(run.size - len(recipes))
    for recipe in recipes:
        on_macos = pool.next_is_on_macos()
        if on_macos:
            platform = "darwin-arm64" if rng.random() < 0.75 else "darwin-x86_64"
        else:
            platform = "linux-glibc-x86_64" if rng.random() < 0.7 else "linux-musl-x86_64"
        usual = pace.macos_seconds if on_macos else pace.linux_seconds
        seconds = usual * recipe.slowness * rng.lognormvariate(0, 0.3)
        entry: dict[str, Any] = {"recipe_name": recipe.name, "ecosystem": run.ecosystem.name}
        failure = _guest_failure(run) if recipe.name == run.guest else None
        if recipe.name != run.guest:
            if rng.random() < 0.04:
                entry.update(result=SKIPPED, platform=platform)
                results.append(entry)
                continue
            failure = _failure(rng, run, recipe, platform)
        entry["result"] = PASSED
        if failure is not None:
            seconds *= failure.share_of_duration
            entry["result"] = FAILED
            if failure.category:
                entry["error_category"] = failure.category
            if failure.message:
                entry["error_message"] = _message(rng, failure.message, run, recipe)
        if on_macos:
            macos_seconds += seconds
        else:
            linux_seconds += seconds
        entry["platform"] = platform
        if rng.random() < 0.97:
            entry["duration_seconds"] = round(seconds, 2)
        results.append(entry)
    macos_minutes = macos_seconds * pace.macos_billed / 60
    linux_minutes = linux_seconds * pace.linux_billed / 60
    return _run_fields(rng, run, results, macos_minutes, linux_minutes) | {"results": results}


def _run_fields(
    rng: Random,
    run: PlannedRun,
    results: list[dict[str, Any]],
    macos_minutes: float,
    linux_minutes: float,
) -> dict[str, Any]:
    """The payload without its results."""
    listed = [entry["result"] for entry in results]
    passed, failed, skipped = (listed.count(word) for word in (PASSED, FAILED, SKIPPED))
    if run.size > 1 and rng.random() < 0.04 and not is_incident(run.ecosystem, run.day):
        # CI left some results out of the list to keep the payload small.
        passed += rng.randint(1, run.size)
    fields: dict[str, Any] = {
        "batch_id": f"{run.started_at:%Y-%m-%d}-{run.ecosystem.name}",
        "ecosystem": run.ecosystem.name,
        "started_at": _rfc_3339(run.started_at),
        "total_recipes": passed + failed + skipped,
        "passed": passed,
        "failed": failed,
        "skipped": skipped,
    }
    if passed + failed:
        fields["success_rate"] = round(passed / (passed + failed), 4)
    if rng.random() < 0.97:
        wall_minutes = min(300.0, (macos_minutes + linux_minutes) / 6) + rng.uniform(0.5, 3)
        fields["completed_at"] = _rfc_3339(run.started_at + timedelta(minutes=wall_minutes))
    detail = rng.random()
    if detail > 0.05:
        fields["linux_minutes"] = round(linux_minutes, 2)
    if detail > 0.08:
        fields["macos_minutes"] = round(macos_minutes, 2)
    if detail > JOBS_FROM:
        fields["jobs"] = _jobs(run, fields["macos_minutes"], fields["linux_minutes"])
    if rng.random() < 0.95:
        fields["run_url"] = f"https://ci.example.org/recipes/runs/{rng.getrandbits(33)}"
        fields["commit_sha"] = f"{rng.getrandbits(160):040x}"
        fields["run_attempt"] = 2 if fields["commit_sha"].startswith("0") else 1
    return fields


def _jobs(run: PlannedRun, macos_minutes: float, linux_minutes: float) -> list[dict[str, Any]]:
    """CI jobs that add up to these minutes; those on macOS wait longer for a runner."""
    # A separate generator, so that the other fields do not change.
    rng = Random(f"{run.started_at}{run.ecosystem.name}")  # noqa: S311
    jobs = []
    for runner_os, total in (("macos", macos_minutes), ("linux", linux_minutes)):
        count = min(MAX_JOBS, math.ceil(total / MINUTES_PER_JOB))
        for number in range(1, count + 1):
            wait = rng.lognormvariate(4.0 if runner_os == "macos" else 2.3, 0.9)
            started_at = run.started_at + timedelta(seconds=round(min(wait, 3_600)))
            ended_at = started_at + timedelta(seconds=round(total * 60 / count))
            jobs.append(
                {
                    "name": f"test ({runner_os}, {number}/{count})",
                    "runner_os": runner_os,
                    "queued_at": _rfc_3339(run.started_at),
                    "started_at": _rfc_3339(started_at),
                    "completed_at": _rfc_3339(ended_at),
                }
            )
    return jobs


def _new_recipe(rng: Random, name: str) -> Recipe:
    return Recipe(
        name,
        slowness=rng.lognormvariate(0, 0.5),
        fragility=rng.expovariate(1),
        major=rng.randrange(12),
    )


def _guest_failure(run: PlannedRun) -> Failure | None:
    if not run.guest_fails:
        return None
    return STUCK_FAILURE if run.guest == STUCK_RECIPE else FLAKY_FAILURE


def _failure(rng: Random, run: PlannedRun, recipe: Recipe, platform: str) -> Failure | None:
    """How a recipe fails today, None when it passes: what is broken stays so for some days."""
    if is_incident(run.ecosystem, run.day) and rng.random() < 0.97:
        return INCIDENT_FAILURE
    rate = _failure_rate(run.ecosystem, run.day)
    if run.day >= recipe.until_day:
        recipe.until_day = run.day + rng.randint(3, 30)
        broken = rng.random() < 0.8 * rate * recipe.fragility
        recipe.failure = rng.choice(LASTING_FAILURES) if broken else None
    if recipe.failure is not None and platform.startswith(recipe.failure.platform):
        return recipe.failure
    return rng.choice(PASSING_FAILURES) if rng.random() < 0.2 * rate else None


def _failure_rate(ecosystem: Ecosystem, day: int) -> float:
    """Improving from then to now, with ups and downs of some months."""
    left = 1 - day / DAYS
    improved = ecosystem.failure_rate_then - ecosystem.failure_rate_now
    rate = ecosystem.failure_rate_now + improved * left * sqrt(left)
    return rate * (1 + 0.25 * sin(2 * pi * (3 * left + ecosystem.size / 7)))


def _message(rng: Random, template: str, run: PlannedRun, recipe: Recipe) -> str:
    return template.format(
        name=recipe.name,
        leaf=recipe.name.rpartition("/")[2],
        version=f"{recipe.major}.{run.day // 45}.{run.day % 45 // 9}",
        ecosystem=run.ecosystem.name,
        sha=f"{rng.getrandbits(256):064x}",
        other_sha=f"{rng.getrandbits(256):064x}",
        folder=f"{rng.getrandbits(28) | 1 << 28:08x}",
        number=rng.randint(20, 1_900),
        port=rng.randint(100, 250),
        library=rng.choice(LIBRARIES),
    )


def _rfc_3339(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
