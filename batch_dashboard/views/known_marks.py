"""Marks of expected failures, wherever failures are shown."""

from collections.abc import Sequence

from flask import Flask, g

from batch_dashboard.model.failures.known_issues import ExpectedFailures, KnownIssue
from batch_dashboard.store.failures import known_issues
from batch_dashboard.views.context import connection, current_time


def register(app: Flask) -> None:
    """Give templates the known issues of what they draw."""
    app.jinja_env.globals["issue_of_failure"] = issue_of_failure
    app.jinja_env.globals["issue_of_group"] = issue_of_group
    app.jinja_env.globals["issues_of_recipe"] = issues_of_recipe


def issue_of_failure(
    ecosystem: str,
    recipe_name: str,
    platform: str | None = None,
    failure_group_id: int | None = None,
) -> KnownIssue | None:
    """The open known issue that expects a failure of a recipe."""
    return expected().find(ecosystem, recipe_name, platform, failure_group_id)


def issue_of_group(failure_group_id: int) -> KnownIssue | None:
    """The open known issue of a failure group."""
    return expected().by_group.get(failure_group_id)


def issues_of_recipe(ecosystem: str, recipe_name: str) -> Sequence[KnownIssue]:
    """The open known issues of a recipe, that of every platform first."""
    found = expected()
    of_recipe = found.by_recipe.get((ecosystem, recipe_name))
    return [
        *([of_recipe] if of_recipe else []),
        *(
            issue
            for (name, recipe, _), issue in found.by_platform.items()
            if (name, recipe) == (ecosystem, recipe_name)
        ),
    ]


def expected() -> ExpectedFailures:
    """The failures that are expected now; read once in a request, where a failure is shown."""
    if "expected_failures" not in g:
        g.expected_failures = known_issues.fetch_expected(connection(), current_time().date())
    found: ExpectedFailures = g.expected_failures
    return found
