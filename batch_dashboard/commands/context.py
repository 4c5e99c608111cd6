"""The store, the settings and the error messages of every command."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from flask import current_app
from flask.cli import with_appcontext

from batch_dashboard.errors import BatchDashboardError, StoreUnavailable
from batch_dashboard.services.administration import changes
from batch_dashboard.services.administration.changes import COMMAND_LINE, Actor, Change
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store

P = ParamSpec("P")
R = TypeVar("R")


def store() -> Store:
    """The application's database."""
    found: Store = current_app.extensions["store"]
    return found


def settings() -> Settings:
    """The application's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


@contextmanager
def changing(*, frees: bool = False) -> Iterator[Change]:
    """A transaction of the user of the command line, recorded in the audit log.

    `frees` is for changes that make room: they are possible on a full disk.
    """
    with changes.changing(store(), actor(), datetime.now(UTC), frees=frees) as change:
        yield change


def actor() -> Actor:
    """Whoever sits at the command line."""
    return Actor(_operator(), COMMAND_LINE)


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        return f"user {os.getuid()}"


def in_application(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside the application; an expected error ends it in one line, exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except StoreUnavailable as error:
            # Responses to clients do not contain its path.
            where = store().url.render_as_string(hide_password=True)
            raise click.ClickException(f"{error} (the database is {where})") from None
        except BatchDashboardError as error:
            raise click.ClickException(str(error)) from None

    wrapped: Callable[P, R] = with_appcontext(run)
    return wrapped
