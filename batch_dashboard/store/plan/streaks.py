"""The failures of recipes in a row: one row for each recipe and platform that fails.

A row is the streak that model/plan/streaks.py makes of the attempts in their order. The results of
a run that is the newest of its recipes are added to the rows; recipes of which a later attempt is
stored are followed again, by the index of their results.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from random import getrandbits
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table

from batch_dashboard.model.administration.pruning import PrunedSums
from batch_dashboard.model.batch_runs.vocabulary import PASSED, SKIPPED
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.ingest.payload import NewRecipeResults
from batch_dashboard.model.ingest.summaries import RecipeKey, RunSummary
from batch_dashboard.model.plan.attempts import attempts_of
from batch_dashboard.model.plan.streaks import Attempt, Streak, Streaks, follow
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.failures import failure_classes
from batch_dashboard.store.ingest.bulk import execute_many, run_statement, upsert_rows
from batch_dashboard.store.schema import plan_versions, pruned_recipe_streaks, recipe_streaks

COLUMNS = ("ecosystem", "recipe_name", "platform", *Streak._fields)
_NAMES = ", ".join(COLUMNS[1:])
_UPDATES = tuple(f"{name} = excluded.{name}" for name in Streak._fields)
# From so many recipes of a run on, reading every streak of its ecosystems takes less time.
MANY_RECIPES = 1_000
READ_SLICE = 1_000
VERSION_BITS = 62

_ATTEMPTS = (
    "SELECT r.id, r.batch_run_id, r.known_to_fail, r.started_at, coalesce(r.platform, ''),"
    f" r.result = '{PASSED}', r.failure_group_id, r.recipe_version,"
    f" {failure_classes.is_infrastructure_sql('r')}"
    " FROM recipe_results r WHERE r.recipe_name = ? AND r.ecosystem = ?"
    f" AND r.result != '{SKIPPED}' ORDER BY r.started_at, r.id"
)
# Recipes of a run that have ever failed, and were attempted in a run that started later.
_LATE = """
    SELECT DISTINCT r.ecosystem, r.recipe_name FROM recipe_results r
    JOIN recipes s ON s.ecosystem = r.ecosystem AND s.recipe_name = r.recipe_name
    WHERE r.batch_run_id = ? AND s.last_seen_at > ? AND s.failed > 0
"""
_WITH_FAILURES = (
    "SELECT ecosystem, recipe_name FROM recipes WHERE failed > 0"
    " AND (ecosystem, recipe_name) > (?, ?) ORDER BY ecosystem, recipe_name"
    f" LIMIT {READ_SLICE}"
)
_VERSION = "SELECT version FROM plan_versions WHERE ecosystem = ?"
_RENEW_VERSION = (
    "INSERT INTO plan_versions (ecosystem, version) VALUES (?, ?)"
    " ON CONFLICT (ecosystem) DO UPDATE SET version = excluded.version"
)
_FAILED = "SELECT failed FROM recipes WHERE ecosystem = ? AND recipe_name = ?"
_IN_GROUP = "SELECT ecosystem, recipe_name FROM failure_group_recipes WHERE failure_group_id = ?"


class StoredAttempt(NamedTuple):
    """An attempt of a recipe as it is stored."""

    id: int
    batch_run_id: int
    is_marked: bool  # as a failure of a recipe that is known to fail
    attempt: Attempt


class Followed(NamedTuple):
    """What the stored attempts of a recipe say."""

    streaks: dict[str, Streak]
    # Attempts that are marked wrongly, or not marked, with the right mark.
    marks: list[tuple[bool, StoredAttempt]]


def add_run(
    connection: Connection, results: NewRecipeResults, summary: RunSummary, started_at: datetime
) -> dict[int, RecipeKey]:
    """Add the results of a run that is about to be stored, as if it were the newest.

    The failures of recipes that are known to fail: the recipe of each result, by its index.
    """
    stored = _fetch(connection, summary.recipes)
    names = {name for _, name in stored}
    if summary.failures.groups:
        names.update(
            name
            for name, group_id in zip(results.recipe_name, summary.result_groups, strict=True)
            if group_id is not None
        )
    if not names:
        return {}
    known: dict[int, RecipeKey] = {}
    after: dict[RecipeKey, Streaks] = {}
    attempts = attempts_of(
        results,
        summary.result_groups,
        _infrastructure_groups(connection, summary),
        names,
        int(started_at.timestamp()),
    )
    for key, of_recipe in attempts.items():
        after[key], marks = follow(stored.get(key, {}), [attempt for _, attempt in of_recipe])
        for (index, _), is_known in zip(of_recipe, marks, strict=True):
            if is_known:
                known[index] = key
    _put(connection, stored, after)
    return known


def find_late(connection: Connection, batch_run_id: int, started_at: datetime) -> list[RecipeKey]:
    """The recipes of a stored run that `add_run` could not add: it is not their newest attempt."""
    if not run_statement(
        connection, "SELECT 1 FROM batch_runs WHERE started_at > ? LIMIT 1", started_at
    ):
        return []
    rows = run_statement(connection, _LATE, batch_run_id, int(started_at.timestamp()))
    return [(ecosystem, name) for ecosystem, name in rows]


def fetch_in_groups(connection: Connection, group_ids: Iterable[int]) -> set[RecipeKey]:
    """The recipes with failures in some groups."""
    found: set[RecipeKey] = set()
    for group_id in group_ids:
        found.update((e, name) for e, name in run_statement(connection, _IN_GROUP, group_id))
    return found


def recount(connection: Connection, recipes: Iterable[RecipeKey]) -> set[int]:
    """Follow the stored attempts of recipes again; the runs whose marks changed."""
    changed: set[int] = set()
    for recipe in recipes:
        rows = run_statement(connection, _FAILED, *recipe)
        # Recipes that never failed, of which most runs are full, take less time.
        followed = Followed({}, [])
        if rows and rows[0][0]:
            followed = _followed(connection, recipe)
        stored = _fetch(connection, [recipe])
        _put(connection, stored, {recipe: followed.streaks})
        _mark(connection, followed.marks)
        changed.update(attempt.batch_run_id for _, attempt in followed.marks)
    return changed


def rebuild(connection: Connection) -> None:
    """Follow the attempts of every recipe again."""
    for table in (recipe_streaks, plan_versions):
        run_statement(connection, f"DELETE FROM {table.name}")
    for recipe in _with_failures(connection):
        recount(connection, [recipe])


def count_drift(connection: Connection) -> int:
    """How many streaks and marks are missing, wrong or too many."""
    [[kept]] = run_statement(connection, "SELECT count(*) FROM recipe_streaks")
    found = wrong = 0
    for recipe in _with_failures(connection):
        expected, marks = _followed(connection, recipe)
        stored = _fetch(connection, [recipe]).get(recipe, {})
        found += len(stored.keys() & expected.keys())
        wrong += len(marks)
        wrong += sum(stored.get(platform) != streak for platform, streak in expected.items())
    return int(kept) - found + wrong


def prune(connection: Connection, sums: PrunedSums) -> None:
    """Add attempts that are about to be pruned to the streaks of those that were before."""
    before = _fetch(connection, sums.attempts, pruned_recipe_streaks)
    after = {
        recipe: follow(before.get(recipe, {}), attempts)[0]
        for recipe, attempts in sums.attempts.items()
    }
    _put(connection, before, after, pruned_recipe_streaks)


def move_pruned_group(connection: Connection, before: int, after: int) -> set[RecipeKey]:
    """Give the streaks of pruned results that ended with a failure group to another one.

    The recipes that have such a streak, which are to be followed again.
    """
    rows = run_statement(
        connection,
        "UPDATE pruned_recipe_streaks SET failure_group_id = ? WHERE failure_group_id = ?"
        " RETURNING ecosystem, recipe_name",
        after,
        before,
    )
    return {(ecosystem, name) for ecosystem, name in rows}


def _infrastructure_groups(connection: Connection, summary: RunSummary) -> set[int]:
    """The failure groups of a run whose failures are the infrastructure's."""
    if not summary.failures.groups:
        return set()
    classes = summary.failures.classes(failure_classes.fetch_rules(connection))
    return {group_id for group_id, of in classes.items() if of == FailureClass.INFRASTRUCTURE}


def _fetch(
    connection: Connection, recipes: Collection[RecipeKey], table: Table = recipe_streaks
) -> dict[RecipeKey, dict[str, Streak]]:
    """The streaks of some recipes by platform; recipes without any are absent."""
    of = f"SELECT {_NAMES} FROM {table.name} WHERE ecosystem = ?"
    rows_of = dialect_of(connection).rows
    names_of: dict[str, set[str]] = defaultdict(set)
    for ecosystem, name in recipes:
        names_of[ecosystem].add(name)
    found: dict[RecipeKey, dict[str, Streak]] = {}
    for ecosystem, names in names_of.items():
        if len(names) >= MANY_RECIPES:
            rows = run_statement(connection, of, ecosystem)
        else:
            among = f"{of} AND {rows_of.is_among('recipe_name')}"
            rows = run_statement(connection, among, ecosystem, rows_of.texts(list(names)))
        for name, platform, *streak in rows:
            if name in names:
                found.setdefault((ecosystem, name), {})[platform] = Streak._make(streak)
    return found


def _put(
    connection: Connection,
    before: Mapping[RecipeKey, Streaks],
    after: Mapping[RecipeKey, Streaks],
    table: Table = recipe_streaks,
) -> None:
    """Write the streaks of some recipes; `before` are those that are stored."""
    ended: list[tuple[str, str, str]] = []
    rows: list[tuple[Any, ...]] = []
    for recipe, streaks in after.items():
        stored = before.get(recipe, {})
        ended += [(*recipe, platform) for platform in stored.keys() - streaks.keys()]
        rows += [
            (*recipe, platform, *streak)
            for platform, streak in streaks.items()
            if stored.get(platform) != streak
        ]
    execute_many(
        connection,
        f"DELETE FROM {table.name} WHERE ecosystem = ? AND recipe_name = ? AND platform = ?",
        ended,
    )
    upsert_rows(connection, table, COLUMNS, sorted(rows, key=itemgetter(0, 1, 2)), _UPDATES)
    if table is recipe_streaks:
        for ecosystem in {row[0] for row in (*rows, *ended)}:
            renew_version(connection, ecosystem)


def find_version(connection: Connection, ecosystem: str) -> int | None:
    """The version of what the plan of an ecosystem is made from; None: there never was anything.

    An equal version later means that streaks and requests are equal, too.
    """
    rows = run_statement(connection, _VERSION, ecosystem)
    return rows[0][0] if rows else None


def renew_version(connection: Connection, ecosystem: str) -> None:
    """Give the plan of an ecosystem another version."""
    run_statement(connection, _RENEW_VERSION, ecosystem, getrandbits(VERSION_BITS))


def _followed(connection: Connection, recipe: RecipeKey) -> Followed:
    ecosystem, recipe_name = recipe
    stored = [
        StoredAttempt(
            result_id,
            run_id,
            bool(is_marked),
            Attempt(at, platform, bool(passed), group_id, version, bool(is_infrastructure)),
        )
        for (
            result_id,
            run_id,
            is_marked,
            at,
            platform,
            passed,
            group_id,
            version,
            is_infrastructure,
        ) in run_statement(connection, _ATTEMPTS, recipe_name, ecosystem)
    ]
    before = _fetch(connection, [recipe], pruned_recipe_streaks).get(recipe, {})
    streaks, known = follow(before, [each.attempt for each in stored])
    marks = [
        (is_known, each)
        for each, is_known in zip(stored, known, strict=True)
        if each.is_marked != is_known
    ]
    return Followed(streaks, marks)


def _mark(connection: Connection, marks: Iterable[tuple[bool, StoredAttempt]]) -> None:
    execute_many(
        connection,
        "UPDATE recipe_results SET known_to_fail = ? WHERE id = ?",
        [(is_known or None, attempt.id) for is_known, attempt in marks],
    )


def _with_failures(connection: Connection) -> Iterator[RecipeKey]:
    after = ("", "")
    while rows := run_statement(connection, _WITH_FAILURES, *after):
        yield from ((ecosystem, name) for ecosystem, name in rows)
        after = tuple(rows[-1])
