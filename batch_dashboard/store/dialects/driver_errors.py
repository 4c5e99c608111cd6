"""Conversion of errors of the drivers to errors of this application."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from batch_dashboard.errors import StoreUnavailable

UNAVAILABLE = "the database is unavailable or locked; nothing was stored, try again"
OLD_SCHEMA = (
    "the database does not have the schema of this version; run `flask --app app database upgrade`"
)

# The error of this application for an error of the driver; None: the statement is wrong.
NamedError = Callable[[BaseException], StoreUnavailable | None]


def name_errors(engine: Engine, named_error: NamedError) -> None:
    """Convert errors that occur while a statement is executed or rows are fetched."""

    @event.listens_for(engine, "handle_error")
    def name_error(context: ExceptionContext) -> None:
        error = context.original_exception
        named = named_error(error)
        if named is None and context.is_disconnect:
            named = StoreUnavailable(UNAVAILABLE)
        if named is not None:
            raise named from error


@contextmanager
def errors_named(engine: Engine, named_error: NamedError) -> Iterator[None]:
    """Convert errors of opening a connection, and of calls that bypass SQLAlchemy."""
    driver: Any = engine.dialect.loaded_dbapi
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(UNAVAILABLE) from error
    except (driver.Error, DBAPIError) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        named = None if original is None else named_error(original)
        if named is None:
            raise
        raise named from error
