"""Creating, rotating and revoking tokens, which are shown once and stored as keyed hashes.

Source: docs/administration.md, "Tokens".
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.access.tokens import Scope, Token
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.store.access import tokens
from batch_dashboard.store.engine import Connection

PREFIX = "bmt_"
RANDOM_BYTES = 24  # 192 random bits
SHOWN_PREFIX_LENGTH = len(PREFIX) + 6
MAX_NAME_LENGTH = 60
MAX_NOTE_LENGTH = 500
MAX_ECOSYSTEMS = 100
MAX_ECOSYSTEM_LENGTH = 100
MAX_OVERLAP = timedelta(days=90)


@dataclass(frozen=True)
class NewToken:
    """A new token; `secret` is shown only once and is not part of the representation."""

    id: int
    name: str
    secret: str

    def __repr__(self) -> str:
        return f"NewToken({self.id}, {self.name!r})"


def create(
    change: Change,
    secret_key: str,
    name: str,
    scopes: Sequence[str] = tuple(Scope),
    ecosystems: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    note: str = "",
) -> NewToken:
    """Create a token. Raises InputError that names the invalid field."""
    name, note = name.strip(), " ".join(CONTROL_CHARACTER.sub(" ", note).split())
    if not _is_name(name, MAX_NAME_LENGTH):
        raise InputError("name", f"a name must have 1 to {MAX_NAME_LENGTH} printable characters")
    chosen = [scope for scope in Scope if scope in scopes]
    if not chosen or set(scopes) - set(Scope):
        raise InputError("scopes", f"choose at least one scope: {' or '.join(Scope)}, or both")
    named = None if ecosystems is None else list(dict.fromkeys(nfc(e.strip()) for e in ecosystems))
    if named is not None and not (0 < len(named) <= MAX_ECOSYSTEMS):
        raise InputError("ecosystems", f"name 1 to {MAX_ECOSYSTEMS} ecosystems, or none for all")
    if not all(_is_name(each, MAX_ECOSYSTEM_LENGTH) for each in named or ()):
        raise InputError("ecosystems", f"a name must have 1 to {MAX_ECOSYSTEM_LENGTH} characters")
    if expires_at is not None and expires_at <= change.now:
        raise InputError("expires_at", "this time is in the past; choose a time in the future")
    if len(note) > MAX_NOTE_LENGTH:
        raise InputError("note", f"a note can have up to {MAX_NOTE_LENGTH} characters")
    made = _insert(
        change.connection, secret_key, change.now, name, " ".join(chosen), named, expires_at, note
    )
    said = {"scopes": chosen, "ecosystems": named, "expires_at": expires_at, "note": note}
    change.record("create token", subject_of(made.id, name), None, said)
    return made


def rotate(change: Change, secret_key: str, token_id: int, overlap: timedelta) -> NewToken:
    """Create a token like another one, which expires after `overlap`; until then both are valid.

    Raises NotFound, or InputError if the overlap is invalid or the token is not valid any more.
    """
    old = _find_in_force(change, token_id)
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InputError("overlap", f"choose an overlap of 0 to {MAX_OVERLAP.days} days")
    expires_at = change.now + overlap
    if old.expires_at is not None:
        expires_at = min(expires_at, old.expires_at)
    made = _insert(
        change.connection,
        secret_key,
        change.now,
        old.name,
        old.scopes,
        old.ecosystems,
        None,
        old.note,
    )
    tokens.update_replaced(change.connection, token_id, made.id, expires_at)
    change.record(
        "rotate token",
        subject_of(old.id, old.name),
        {"expires_at": old.expires_at},
        {"expires_at": expires_at, "replaced_by": made.id},
    )
    return made


def revoke(change: Change, token_id: int) -> Token:
    """Revoke a token at once. Raises NotFound or InputError."""
    token = _find_in_force(change, token_id)
    tokens.update_revoked(change.connection, token_id, change.now)
    after = {"revoked_at": change.now}
    change.record("revoke token", subject_of(token.id, token.name), {"revoked_at": None}, after)
    return token


def subject_of(token_id: int, name: str) -> str:
    """The name of a token in the audit log."""
    return f"token {token_id}, {name}"


def hash_token(secret_key: str, token: str) -> bytes:
    """The stored hash of a token: HMAC-SHA256 with the installation's secret key."""
    return hmac.digest(secret_key.encode(), token.encode(), sha256)


def _is_name(text: str, most: int) -> bool:
    return 0 < len(text) <= most and text.isprintable()


def _insert(
    connection: Connection,
    secret_key: str,
    now: datetime,
    name: str,
    scopes: str,
    ecosystems: Sequence[str] | None,
    expires_at: datetime | None,
    note: str,
) -> NewToken:
    secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    token_id = tokens.insert_token(
        connection,
        name,
        secret[:SHOWN_PREFIX_LENGTH],
        hash_token(secret_key, secret),
        now,
        scopes,
        ecosystems,
        expires_at,
        note,
    )
    return NewToken(token_id, name, secret)


def _find_in_force(change: Change, token_id: int) -> Token:
    token = tokens.find(change.connection, token_id)
    if token is None:
        raise NotFound("there is no such token")
    state = token.state(change.now)
    if state != "in force":
        raise InputError("name", f"{token.name} is already {state}")
    return token
