"""HTTP only: parse the request, fetch from the store, draw the answer."""

from flask import Flask

from batch_dashboard.views import (
    batch_runs,
    connection,
    error_pages,
    exports,
    health,
    ingest,
    minutes,
    overview,
    security,
    template_filters,
)


def register(app: Flask) -> None:
    """Everything the application answers to."""
    for part in (connection, security, error_pages, template_filters):
        part.register(app)
    for view in (ingest, overview, minutes, batch_runs, exports, health):
        app.register_blueprint(view.blueprint)
