"""Panels about batch runs, as patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from batch_dashboard.model.batch_runs.comparison import Change, ComparedRecipe, Comparison
from batch_dashboard.model.batch_runs.records import BatchRun, OutcomeCount, RecipeResult, RunSums
from batch_dashboard.model.catalogue import BATCH_RUNS
from batch_dashboard.model.catalogue.batch_runs import RUN_RESULTS
from batch_dashboard.model.catalogue.comparison import COMPARED_RECIPES
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Cursor, Page
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.spending.ci_jobs import NewJob
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.listing import Listing
from batch_dashboard.views.panels.batch_runs.compared_runs import (
    ChangeList,
    ComparedRuns,
    change_list,
    compared_runs,
)
from batch_dashboard.views.panels.batch_runs.latest_runs import LatestRuns
from batch_dashboard.views.panels.batch_runs.run_changes import RunChanges, run_changes
from batch_dashboard.views.panels.batch_runs.run_facts import RunFacts
from batch_dashboard.views.panels.batch_runs.run_jobs import RunJobs, run_jobs
from batch_dashboard.views.panels.batch_runs.run_list import RunList, run_list_panel
from batch_dashboard.views.panels.batch_runs.run_results import RunResults, run_results
from batch_dashboard.views.panels.batch_runs.runs_table import RunsTable
from batch_dashboard.views.patterns.recipes import compared_attempts
from batch_dashboard.views.patterns.values import LINE, LONG_NAME, SLOTS, choice_at, two_runs


@dataclass(frozen=True)
class BatchRunPatterns:
    """Each panel filled, in part, and empty."""

    lists: Sequence[RunList]
    latest: LatestRuns
    facts: Sequence[RunFacts]
    jobs: RunJobs
    changes: Sequence[RunChanges]
    results: Sequence[RunResults]
    compared: ComparedRuns
    change_lists: Sequence[ChangeList]


def batch_run_patterns(now: datetime) -> BatchRunPatterns:
    """The panels at a moment."""
    choice, runs = choice_at(now), two_runs(now)
    after, before = runs
    # It lists fewer results than it counts, as retention deleted some.
    part = before._replace(result_count=9, pruned_results=3, total_recipes=12, passed=8)
    empty = after._replace(total_recipes=0, passed=0, failed=0, result_count=0)
    compared = _comparison()
    calm = Comparison({Change.UNCHANGED: 9}, [])
    return BatchRunPatterns(
        _lists(choice, runs),
        LatestRuns(RunsTable("latest", "Latest batch runs", runs, SLOTS), 2, {}),
        [
            RunFacts(after._replace(run_url="https://ci.example.org/1"), False, before, after),
            RunFacts(part._replace(run_url="javascript:alert(1)"), True, None, None),
        ],
        run_jobs(after.id, _jobs(now), is_excluded=False),
        [
            run_changes(after, before, False, compared),
            run_changes(after, part, False, compared),
            run_changes(after, before, False, calm),
            run_changes(empty, before, False, calm),
            run_changes(after, before, False, None),
            run_changes(after, None, False, None),
            run_changes(after, before, True, None),
        ],
        [
            _results(after, now, {}),
            _results(part, now, {"result": "failed", "text": "no such thing"}, is_excluded=True),
            _results(after, now, {"after": Cursor((1,)).token}),
            _results(empty, None, {}),
        ],
        compared_runs(before, after),
        [
            _changes(part, after, compared, None),
            _changes(before, after, compared, Change.FIXED),
            _changes(before, after, calm, None),
        ],
    )


def _lists(choice: Choice, runs: list[BatchRun]) -> list[RunList]:
    """Two runs of more, a search that finds nothing, and a page beyond the end."""
    total = RunSums(choice.today, "", 9, 81, 45, 36, 0, 0, 40.0, 90.0, 1, 0)
    states: list[tuple[dict[str, str], list[BatchRun], RunSums | None]] = [
        ({}, runs, total),
        ({"text": "no such thing"}, [], None),
        ({"after": Cursor((choice.now, 1)).token}, [], total),
    ]
    lists = []
    for args, rows, sums in states:
        asked, _ = ListQuery.of(args, BATCH_RUNS, choice.asked, 50)
        cursor = Cursor((choice.now, 1)) if rows else None
        lists.append(run_list_panel(choice, asked, Page(rows, cursor, cursor), sums, len(rows)))
    return lists


def _jobs(now: datetime) -> list[NewJob]:
    """A job that ended, one that did not, and one of which the wait is unknown."""
    at = [now + timedelta(minutes=minutes) for minutes in (0, 3, 40)]
    return [
        NewJob("test (macos-14)", "macos", at[0], at[1], at[2]),
        NewJob(LONG_NAME, "linux", at[0], at[1], None),
        NewJob("report", "other", None, at[1], at[2]),
    ]


def _comparison() -> Comparison:
    recipes = [
        ComparedRecipe(
            Change.NEWLY_FAILING, "homebrew", "bat", "passed", None, "failed", "network", LINE
        ),
        ComparedRecipe(Change.GONE, "npm", LONG_NAME, "failed", None, None, None, ""),
    ]
    return Comparison({Change.NEWLY_FAILING: 1, Change.GONE: 1, Change.UNCHANGED: 7}, recipes)


def _changes(
    before: BatchRun, after: BatchRun, compared: Comparison, change: str | None
) -> ChangeList:
    sort = Sort((COMPARED_RECIPES,), COMPARED_RECIPES, descending=False)
    rows = [] if change else compared.recipes
    recipes = Listing("/patterns", {}, sort, Page(rows, None, None), None, "changes-title")
    return change_list((before, after), compared, change, recipes, 20)


def _results(
    run: BatchRun, now: datetime | None, args: dict[str, str], is_excluded: bool = False
) -> RunResults:
    """A failed, a passed and a skipped result; without `now` there is none."""
    attempts = compared_attempts(now) if now else []
    rows = [
        RecipeResult(1, "sharkdp/bat", "homebrew", "failed", "network", LINE, 8.4, None, None),
        RecipeResult(2, LONG_NAME, "npm", "failed", None, f"{LINE}\n" * 20, None, "darwin", None),
        RecipeResult(3, "wget", "homebrew", "failed", None, None, None, None, None),
        RecipeResult(4, "jq", "homebrew", "skipped", None, None, None, None, None),
    ]
    counts = [
        OutcomeCount("failed", "network", 1),
        OutcomeCount("failed", None, 2),
        OutcomeCount("skipped", None, 1),
    ]
    asked, _ = ListQuery.of(args, RUN_RESULTS, choice_at(run.started_at).asked, 50)
    page = Page(rows if attempts and not args else [], None, None)
    compared = {row.id: each for row, each in zip(rows, attempts, strict=False)}
    return run_results(run, is_excluded, asked, page, counts if attempts else [], compared)
