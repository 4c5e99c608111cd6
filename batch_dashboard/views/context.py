"""The settings, database, connection and clock of a view."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask import Flask, current_app, g, has_request_context, request

from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Connection, Store


def register(app: Flask) -> None:
    """Limit what a request may read at once, and close its connection when it ends."""
    limit = app.extensions["settings"].statement_seconds

    def statement_seconds() -> float | None:
        # Commands use the same store without a limit. A view may set a shorter one.
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


def current_time() -> datetime:
    """Now, in UTC; from the application's own clock where one is set."""
    clock: Callable[[], datetime] = current_app.extensions.get("clock", _system_time)
    return clock()


def client_address() -> str:
    """The address of the client; headers are trusted from the configured proxies only."""
    return request.remote_addr or ""


def connection() -> Connection:
    """The connection this request reads from, opened at first use; all its queries see one moment.

    Raises StoreUnavailable when the database is away.
    """
    if "reading" not in g:
        g.reading = store().read()
        g.connection = g.reading.__enter__()
    found: Connection = g.connection
    return found


def release() -> None:
    """Return the connection before the end of the request, for a view that writes or waits."""
    _close()


@contextmanager
def shorter_statements(seconds: float) -> Iterator[None]:
    """Limit each statement of this request to fewer seconds than the setting allows."""
    g.statement_seconds = min(seconds, settings().statement_seconds)
    try:
        yield
    finally:
        del g.statement_seconds


def _close(_error: BaseException | None = None) -> None:
    reading = g.pop("reading", None)
    g.pop("connection", None)
    if reading is not None:
        reading.__exit__(None, None, None)


def _system_time() -> datetime:
    return datetime.now(UTC)
