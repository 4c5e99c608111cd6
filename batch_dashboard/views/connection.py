"""The request's database connection: one for reading, opened at the first use."""

from flask import Flask, current_app, g, has_request_context

from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Connection, Store


def register(app: Flask) -> None:
    """Limit what a request may read at once, and close its connection when it ends."""
    limit = app.extensions["settings"].statement_seconds

    def statement_seconds() -> float | None:
        # Commands share the store, and may take their time. A view may ask for less.
        return g.get("statement_seconds", limit) if has_request_context() else None

    app.extensions["store"].statement_seconds = statement_seconds
    app.teardown_appcontext(_close)


def settings() -> Settings:
    """The running application's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def store() -> Store:
    """The running application's database."""
    found: Store = current_app.extensions["store"]
    return found


def connection() -> Connection:
    """The connection this request reads from; all its queries see one moment.

    Raises StoreUnavailable when the database is away.
    """
    if "reading" not in g:
        g.reading = store().read()
        g.connection = g.reading.__enter__()
    found: Connection = g.connection
    return found


def release() -> None:
    """Give the connection back before the request's end, for a view that goes on to write."""
    _close()


def _close(_error: BaseException | None = None) -> None:
    reading = g.pop("reading", None)
    g.pop("connection", None)
    if reading is not None:
        reading.__exit__(None, None, None)
