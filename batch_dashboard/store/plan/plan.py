"""What the plan of an ecosystem is made from: the streaks that are long enough, and requests."""

from datetime import datetime

from sqlalchemy import Connection

from batch_dashboard.model.plan.choosing import FailingRecipe
from batch_dashboard.model.plan.streaks import Streak
from batch_dashboard.store.ingest.bulk import run_statement

# Of a reason, as much as is needed to recognise it.
REASON_LENGTH = 200

_STREAK = ", ".join(f"s.{name}" for name in Streak._fields)
_RECIPES = f"""
    SELECT s.recipe_name, s.platform, substr(g.masked_line, 1, {REASON_LENGTH}), q.requested_at,
        {{passed_at}}, {_STREAK}
    FROM recipe_streaks s
    LEFT JOIN failure_groups g ON g.id = s.failure_group_id
    LEFT JOIN plan_requests q ON q.ecosystem = s.ecosystem AND q.recipe_name = s.recipe_name
    {{more}}
    WHERE s.ecosystem = ? AND s.same_reason >= ?
"""
_FAILING = _RECIPES.format(passed_at="NULL", more="")
_FAILING_WITH_PASSES = _RECIPES.format(
    passed_at="r.last_passed_at",
    more="LEFT JOIN recipes r ON r.ecosystem = s.ecosystem AND r.recipe_name = s.recipe_name",
)
_OF_RECIPE = f"{_FAILING} AND s.recipe_name = ?"
# A recipe that fails too seldom on one platform to wait runs there.
_SELDOM = "SELECT DISTINCT recipe_name FROM recipe_streaks WHERE ecosystem = ? AND same_reason < ?"
_NAMES = "SELECT recipe_name FROM recipes WHERE ecosystem = ? ORDER BY recipe_name"


def fetch_failing(
    connection: Connection, ecosystem: str, failures: int, *, with_passes: bool = False
) -> list[FailingRecipe]:
    """The recipes of an ecosystem with so many failures for one reason, by platform, unordered."""
    query = _FAILING_WITH_PASSES if with_passes else _FAILING
    rows = run_statement(connection, query, ecosystem, failures)
    return [FailingRecipe._make((*row[:5], Streak._make(row[5:]))) for row in rows]


def find_failing(
    connection: Connection, ecosystem: str, recipe_name: str, failures: int
) -> list[FailingRecipe]:
    """The same of one recipe, by platform."""
    rows = run_statement(connection, _OF_RECIPE, ecosystem, failures, recipe_name)
    found = [FailingRecipe._make((*row[:5], Streak._make(row[5:]))) for row in rows]
    return sorted(found, key=lambda recipe: recipe.platform)


def fetch_seldom_failing(connection: Connection, ecosystem: str, failures: int) -> set[str]:
    """The recipes that fail on some platform, but fewer times for one reason."""
    return {name for (name,) in run_statement(connection, _SELDOM, ecosystem, failures)}


def fetch_recipe_names(connection: Connection, ecosystem: str) -> list[str]:
    """Every recipe of an ecosystem that any result named, by name."""
    return [name for (name,) in run_statement(connection, _NAMES, ecosystem)]


def put_request(
    connection: Connection, ecosystem: str, recipe_name: str, now: datetime, requested_by: str
) -> None:
    """Store that an operator asked to try a recipe now."""
    run_statement(
        connection,
        "INSERT INTO plan_requests (ecosystem, recipe_name, requested_at, requested_by)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (ecosystem, recipe_name) DO UPDATE SET"
        " requested_at = excluded.requested_at, requested_by = excluded.requested_by",
        *(ecosystem, recipe_name, int(now.timestamp()), requested_by),
    )
