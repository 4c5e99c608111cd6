"""The principal of this request."""

from flask import g

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.views.access.people import session_user
from batch_dashboard.views.access.principal import VISITOR, Principal


def current_principal() -> Principal:
    """The principal of this request; a visitor on a public page without sign-in.

    Raises StoreUnavailable when the database is away.
    """
    shown = g.get("flask_httpauth_user")
    if isinstance(shown, Principal):
        return shown
    user = session_user()
    return Principal.of_user(user) if user else VISITOR


def shown_principal() -> Principal:
    """The same for templates: a visitor where the database is away, which is a page as well."""
    try:
        return current_principal()
    except StoreUnavailable:
        return VISITOR
