"""Who may send and who may look: ingest tokens, users, and the first of each."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from werkzeug.security import check_password_hash, generate_password_hash

from batch_dashboard.store import tokens, users
from batch_dashboard.store.engine import Connection, Store

TOKEN_PREFIX = "bmt_"  # noqa: S105 - what every token begins with
TOKEN_BYTES = 24  # 192 random bits
SHOWN_PREFIX_LENGTH = len(TOKEN_PREFIX) + 6
PASSWORD_BYTES = 15
ADMINISTRATOR = "administrator"
FIRST_USER = "admin"
FIRST_TOKEN = "first token"  # noqa: S105 - its name

# Checked when nobody has the name, so that a guess takes as long as a real check.
_NOBODY = generate_password_hash(secrets.token_urlsafe(), method="scrypt")


@dataclass(frozen=True)
class FirstAccess:
    """What the first start made; told once. None: it was there already."""

    password: str | None
    token: str | None


def make_first_access(store: Store, secret_key: str, now: datetime) -> FirstAccess:
    """Make the first administrator and the first ingest token where there is none."""
    with store.write() as connection:
        password = token = None
        if not users.count(connection):
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            users.insert_user(
                connection,
                FIRST_USER,
                generate_password_hash(password, method="scrypt"),
                ADMINISTRATOR,
                now,
            )
        if not tokens.count(connection):
            token = issue_token(connection, secret_key, FIRST_TOKEN, now)
    return FirstAccess(password, token)


def issue_token(connection: Connection, secret_key: str, name: str, now: datetime) -> str:
    """A new ingest token, stored as a keyed hash; this is the one time it is told."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    tokens.insert_token(
        connection, name, token[:SHOWN_PREFIX_LENGTH], hash_token(secret_key, token), now
    )
    return token


def hash_token(secret_key: str, token: str) -> bytes:
    """What is stored of a token: HMAC-SHA256 under the installation's secret key."""
    return hmac.digest(secret_key.encode(), token.encode(), sha256)


def check_password(connection: Connection, name: str, password: str) -> bool:
    """Whether a user of this name has this password."""
    stored = users.find_password_hash(connection, name)
    return check_password_hash(stored or _NOBODY, password) and stored is not None
