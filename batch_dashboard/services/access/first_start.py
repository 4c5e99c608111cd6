"""The first start creates an administrator and a token, and shows their secrets once."""

from dataclasses import dataclass
from datetime import datetime

from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access import tokens as token_service
from batch_dashboard.services.access import users as user_service
from batch_dashboard.services.administration.changes import COMMAND_LINE, OF_ITSELF, Actor, changing
from batch_dashboard.store.access import tokens, users
from batch_dashboard.store.engine import Store

FIRST_USER = "admin"
FIRST_TOKEN = "first token"  # noqa: S105 - its name


@dataclass(frozen=True)
class FirstAccess:
    """The secrets that the first start created; None: it existed already."""

    password: str | None
    token: str | None


def make_first_access(store: Store, secret_key: str, now: datetime) -> FirstAccess:
    """Create the first administrator and the first token if there are none."""
    with changing(store, Actor(OF_ITSELF, COMMAND_LINE), now) as change:
        password = token = None
        if not users.count(change.connection):
            password = user_service.made_password()
            user_service.add(change, FIRST_USER, password, Role.ADMINISTRATOR)
        if not tokens.count(change.connection):
            token = token_service.create(change, secret_key, FIRST_TOKEN).secret
    return FirstAccess(password, token)
