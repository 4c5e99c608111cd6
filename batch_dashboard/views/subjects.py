"""Links to what a finding or an incident is about."""

from collections.abc import Callable

from flask import Flask, url_for

from batch_dashboard.model.alerts.attention import Finding
from batch_dashboard.model.alerts.finding_kinds import Subject, SubjectPage
from batch_dashboard.model.alerts.incidents import Incident

_URLS: dict[SubjectPage, Callable[[Subject], str]] = {
    SubjectPage.ECOSYSTEM: lambda about: url_for("ecosystems.show", ecosystem=about.ecosystem),
    SubjectPage.RECIPE: lambda about: url_for(
        "recipes.show", ecosystem=about.ecosystem, recipe_name=about.recipe_name
    ),
    SubjectPage.FAILURE_GROUP: lambda about: url_for(
        "failures.show", failure_group_id=about.failure_group_id
    ),
    SubjectPage.MINUTES: lambda _: url_for("minutes.index"),
    SubjectPage.KNOWN_ISSUES: lambda _: url_for("known_issues.index", state="ended"),
}


def register(app: Flask) -> None:
    """Register the links for templates."""
    app.jinja_env.globals["subject_url"] = subject_url


def subject_url(found: Finding | Incident) -> str:
    """The page that shows what a finding or an incident is about."""
    return _URLS[found.kind.page](found.subject)
