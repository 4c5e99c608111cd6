"""Panels about recipes, as patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from batch_dashboard.model.catalogue import RECIPES
from batch_dashboard.model.catalogue.batch_runs import RECIPE_HISTORY
from batch_dashboard.model.failures.failures import RecipeFailureGroup
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Cursor, Page
from batch_dashboard.model.recipes.attempts import ComparedAttempt, EarlierAttempt
from batch_dashboard.model.recipes.recipes import Recipe, RecipeAttempt
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.panels.recipes.last_attempt import LastAttempt
from batch_dashboard.views.panels.recipes.recipe_groups import RecipeGroups, recipe_groups
from batch_dashboard.views.panels.recipes.recipe_list import RecipeList, recipe_list_panel
from batch_dashboard.views.panels.recipes.recipe_plan import PlannedAttempt, RecipePlan
from batch_dashboard.views.panels.recipes.recipe_results import RecipeResults, recipe_results
from batch_dashboard.views.panels.recipes.recipe_summary import RecipeSummary
from batch_dashboard.views.panels.recipes.results_chart import recipe_results_chart
from batch_dashboard.views.patterns.values import LINE, LONG_NAME, choice_at, stuck_recipe


@dataclass(frozen=True)
class RecipePatterns:
    """Each panel filled, in part, and empty."""

    lists: Sequence[RecipeList]
    summaries: Sequence[RecipeSummary]
    plans: Sequence[RecipePlan]
    attempts: Sequence[LastAttempt]
    groups: RecipeGroups
    charts: Sequence[Chart]
    results: Sequence[RecipeResults]


def recipe_patterns(now: datetime) -> RecipePatterns:
    """The panels at a moment."""
    choice, stuck = choice_at(now), stuck_recipe(now)
    works = stuck._replace(
        recipe_name=LONG_NAME, passed=40, failed=0, failure_streak=0, failing_since=None
    )._replace(last_passed_at=now, last_failed_at=None, recent_attempts="p" * 20)
    flaky = works._replace(recipe_name="wget", failed=9, recent_attempts="pfpfpfp")
    skipped = works._replace(passed=0, last_passed_at=None, recent_attempts="")
    results = _results(now)
    untimed = [row._replace(duration_seconds=None) for row in results]
    groups = [
        RecipeFailureGroup(1, "network", LINE, 40, now - timedelta(days=30), now),
        RecipeFailureGroup(2, None, "", 1, now, now),
    ]
    return RecipePatterns(
        _lists(choice, [stuck, flaky, works]),
        [
            RecipeSummary(stuck, results[0]),
            RecipeSummary(flaky, results[1]),
            RecipeSummary(skipped, None),
        ],
        _plans(now),
        [LastAttempt(attempt, "#") for attempt in compared_attempts(now) if attempt.change],
        recipe_groups("homebrew", "sharkdp/bat", groups),
        [recipe_results_chart(rows, "#") for rows in (results, untimed, [])],
        [
            _history(choice, results, {}),
            _history(choice, [], {"result": "passed"}),
        ],
    )


def _plans(now: datetime) -> list[RecipePlan]:
    """Of a recipe that waits on one of two platforms, one that is due, and one that runs."""
    waits = PlannedAttempt(
        "darwin-arm64",
        waits=True,
        because="it failed 6 times in a row for the same reason",
        at=now + timedelta(hours=31),
    )
    due = PlannedAttempt(None, waits=False, because="its wait is over", at=now - timedelta(hours=2))
    return [
        RecipePlan("homebrew", LONG_NAME, attempts)
        for attempts in ([waits, due._replace(platform="linux-glibc-x86_64")], [due], [])
    ]


def compared_attempts(now: datetime) -> list[ComparedAttempt]:
    """Attempts that failed newly, for another reason and for the first time, and skipped ones."""
    week_ago = now - timedelta(days=7)
    failed = EarlierAttempt(3, 2, now, "failed", 1, "network", LINE, 8.4, "darwin-arm64")
    passed = EarlierAttempt(2, 1, week_ago, "passed", None, None, None, 41.5, "darwin-arm64")
    other = failed._replace(started_at=week_ago, failure_group_id=2, masked_line="", platform=None)
    skipped = passed._replace(result="skipped", duration_seconds=None)
    return [
        ComparedAttempt(failed, passed),
        ComparedAttempt(failed, other),
        ComparedAttempt(failed, None),
        ComparedAttempt(skipped, None),
    ]


def _lists(choice: Choice, recipes: list[Recipe]) -> list[RecipeList]:
    """Three recipes, a search that finds nothing, and a page beyond the end."""
    states: list[tuple[dict[str, str], list[Recipe]]] = [
        ({}, recipes),
        ({"state": "stuck", "text": "no such thing"}, []),
        ({"after": Cursor((1, "homebrew", "wget")).token}, []),
    ]
    return [
        recipe_list_panel(
            choice,
            ListQuery.of(args, RECIPES, choice.asked, 50)[0],
            Page(rows, None, None),
            len(rows),
        )
        for args, rows in states
    ]


def _results(now: datetime) -> list[RecipeAttempt]:
    """Results with a short and with a long message, of unknown duration, passed and skipped."""

    def of(number: int, result: str, message: str | None, seconds: float | None) -> RecipeAttempt:
        started_at = now - timedelta(days=number)
        category = "network" if message else None
        platform = "darwin-arm64" if number % 2 else None
        return RecipeAttempt(
            number, 9, "sharkdp/bat", started_at, result, category, message, seconds, platform
        )

    return [
        of(1, "failed", LINE, 8.4),
        of(2, "failed", f"==> Fetching bat\n{LINE}\n" * 20, None),
        of(3, "passed", None, 41.5),
        of(4, "skipped", None, None),
    ]


def _history(choice: Choice, rows: list[RecipeAttempt], args: dict[str, str]) -> RecipeResults:
    asked, _ = ListQuery.of(args, RECIPE_HISTORY, choice.asked, 50)
    attempts = {
        row.id: attempt for row, attempt in zip(rows, compared_attempts(choice.now), strict=False)
    }
    return recipe_results(choice, "sharkdp/bat", asked, Page(rows, None, None), attempts)
