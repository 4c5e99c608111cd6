"""Made-up values that panels of several subjects show."""

from datetime import date, datetime, timedelta
from typing import Any

from batch_dashboard.model.batch_runs.records import BatchRun, EcosystemSpan, RunSums
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.failures.failures import FailureGroupCount, FailureGroupDetail
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import last_days
from batch_dashboard.model.recipes.recipes import Recipe
from batch_dashboard.views.choice import Choice

INFRASTRUCTURE, UNKNOWN = FailureClass.INFRASTRUCTURE, FailureClass.UNKNOWN
LONG_NAME = "a-name-" + "x" * 190
LINE = "Error: checksum of * does not match"
SLOTS = {"homebrew": 0, "npm": 1, "silent": 3}
WEEKS = 6


def choice_at(now: datetime, **changes: Any) -> Choice:
    """The last six weeks of every ecosystem, as chosen on the page of patterns."""
    since = now - timedelta(weeks=WEEKS)
    spans = [
        EcosystemSpan("homebrew", since, now, now),
        EcosystemSpan("npm", since + timedelta(days=1), now, None),
        EcosystemSpan("silent", since, now - timedelta(days=30)),
    ]
    shown = RunFilter(last_days(7 * WEEKS, now.date()), None)
    values: dict[str, Any] = {
        "asked": shown,
        "shown": shown,
        "complaints": [],
        "ecosystems": spans,
        "path": "/patterns",
    }
    return Choice(now, **{**values, **changes})


def weekly_sums(today: date, unknown: int = 0) -> list[RunSums]:
    """Six weeks of two ecosystems; of each four runs `unknown` reported no macOS minutes.

    One week has no batch run.
    """
    monday = today - timedelta(days=today.weekday())
    return [
        RunSums(
            monday - timedelta(weeks=ago),
            ecosystem,
            *(4, 20, 12 - ago, 4 + ago, 4, 0),
            *(0 if unknown >= 4 else 700 - 90 * ago, 5_000 - 600 * ago, unknown, 0, 90_000 * ago),
        )
        for ago in range(WEEKS - 1, -1, -1)
        for ecosystem in ("homebrew", "npm")
        if ago != 2
    ]


def batch_run(now: datetime, number: int, **changes: Any) -> BatchRun:
    """A run with nine recipes that started some hours ago."""
    start = now - timedelta(hours=number)
    counts = (9, 5, 4, 0)
    run = BatchRun(
        number, f"run-{number}", "homebrew", start, None, *counts, 4.25, None, None, None, 9, now
    )
    return run._replace(**changes)


def two_runs(now: datetime) -> list[BatchRun]:
    """One run with minutes, and one without and with a long name."""
    return [
        batch_run(now, 1, batch_id="2026-11-20-homebrew", linux_minutes=4.25),
        batch_run(now, 2, batch_id=LONG_NAME, macos_minutes=None),
    ]


def stuck_recipe(now: datetime) -> Recipe:
    """A recipe that never passed."""
    return Recipe(*("homebrew", "sharkdp/bat", 3, 41, 0, 0, 41, now, now, now, None, now, "f" * 20))


def group_counts(now: datetime) -> list[FailureGroupCount]:
    """A new group with a category, an old one without, and one without an error line."""
    long_ago = now - timedelta(days=90)
    return [
        FailureGroupCount(1, "install_failed", f"{LINE} of bat", now, now, UNKNOWN, 41),
        FailureGroupCount(2, None, LINE * 4, long_ago, now, INFRASTRUCTURE, 3),
        FailureGroupCount(3, LONG_NAME[:100], "", long_ago, long_ago, UNKNOWN, 1),
    ]


def group_detail(now: datetime) -> FailureGroupDetail:
    """The new group with a message."""
    message = "==> Fetching bat\nError: checksum of bat does not match\n"
    return FailureGroupDetail(1, "install_failed", LINE, now, now, 41, message, UNKNOWN)
