"""HTTP only: parse the request, fetch from the store, draw the answer."""

from flask import Flask

from batch_dashboard.views import (
    badges,
    batch_runs,
    connection,
    decision,
    ecosystems,
    error_pages,
    exports,
    failures,
    health,
    incidents,
    ingest,
    minutes,
    names,
    overview,
    patterns,
    recipes,
    run_comparison,
    security,
    template_filters,
)


def register(app: Flask) -> None:
    """Everything the application answers to."""
    for part in (names, connection, security, error_pages, template_filters):
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
        exports,
        incidents,
        badges,
        decision,
        health,
    ):
        app.register_blueprint(view.blueprint)
    patterns.register(app)
