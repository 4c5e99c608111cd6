"""HTTP only: parse the request, fetch from the store, draw the answer."""

from flask import Flask

from batch_dashboard.views import (
    account,
    addresses,
    admin,
    api,
    badges,
    batch_runs,
    client,
    context,
    decision,
    ecosystems,
    error_pages,
    exports,
    failures,
    finite_json,
    forms,
    health,
    incidents,
    ingest,
    known_issues,
    known_marks,
    metrics,
    minutes,
    names,
    observing,
    overview,
    patterns,
    recipes,
    run_comparison,
    search,
    security,
    setup,
    sign_in,
    subjects,
    template_filters,
)
from batch_dashboard.views.api import docs

# The pages in the navigation, with their names.
NAVIGATION = (
    ("overview.index", "Overview"),
    ("minutes.index", "Minutes"),
    ("failures.index", "Failures"),
    ("recipes.index", "Recipes"),
    ("batch_runs.index", "Batch runs"),
    ("incidents.index", "Incidents"),
    ("exports.index", "Exports"),
)


def register(app: Flask) -> None:
    """Register every route, and the navigation between the pages."""
    app.jinja_env.globals["navigation"] = NAVIGATION
    for part in (
        names,
        finite_json,
        context,
        observing,
        addresses,
        security,
        forms,
        error_pages,
        subjects,
        known_marks,
        template_filters,
    ):
        part.register(app)
    for view in (
        ingest,
        overview,
        minutes,
        ecosystems,
        failures,
        recipes,
        batch_runs,
        run_comparison,
        search,
        exports,
        incidents,
        known_issues,
        badges,
        client,
        setup,
        decision,
        api,
        docs,
        health,
        metrics,
        sign_in,
        account,
        *admin.VIEWS,
    ):
        app.register_blueprint(view.blueprint)
    patterns.register(app)
