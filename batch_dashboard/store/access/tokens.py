"""Tokens of programs; only a keyed hash of each token is stored."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from batch_dashboard.model.access.tokens import Token, TokenState
from batch_dashboard.store.ingest.bulk import run_statement
from batch_dashboard.store.schema import ingest_tokens

# The last use of a token is stored to the minute, so that reading rarely writes.
LAST_USED_STEP = timedelta(minutes=1)
_token = ingest_tokens.c


class TokenEnd(NamedTuple):
    """When a token ends or ended."""

    id: int
    name: str
    revoked_at: datetime | None  # None: it is not
    expires_at: datetime | None  # None: never


_COLUMNS = tuple(_token[name] for name in Token._fields)


def count(connection: Connection) -> int:
    """The number of tokens, valid or not."""
    found: int = connection.execute(select(func.count()).select_from(ingest_tokens)).scalar_one()
    return found


def insert_token(
    connection: Connection,
    name: str,
    token_prefix: str,
    token_hash: bytes,
    now: datetime,
    scopes: str,
    ecosystems: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    note: str = "",
) -> int:
    """Insert a token that is valid at once; returns its id."""
    new_id: int = connection.execute(
        insert(ingest_tokens)
        .values(
            name=name,
            token_prefix=token_prefix,
            token_hash=token_hash,
            created_at=now,
            scopes=scopes,
            ecosystems=None if ecosystems is None else json.dumps(list(ecosystems)),
            expires_at=expires_at,
            note=note,
        )
        .returning(_token.id)
    ).scalar_one()
    return new_id


def fetch_all(connection: Connection) -> list[Token]:
    """Every token, the newest first."""
    query = select(*_COLUMNS).order_by(_token.id.desc())
    return [_record(row) for row in connection.execute(query)]


def fetch_ends(connection: Connection) -> dict[bytes, TokenEnd]:
    """When every token ends or ended, by its hash."""
    query = select(_token.token_hash, *(_token[name] for name in TokenEnd._fields))
    return {bytes(row[0]): TokenEnd(*row[1:]) for row in connection.execute(query)}


def find(connection: Connection, token_id: int) -> Token | None:
    """The token with an id, None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(_token.id == token_id)).one_or_none()
    return None if row is None else _record(row)


def find_in_force(connection: Connection, token_hash: bytes, now: datetime) -> Token | None:
    """The valid token with this hash; None if there is none, or it is revoked or expired."""
    query = select(*_COLUMNS).where(_token.token_hash == token_hash)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    found = _record(row)
    return found if found.state(now) is TokenState.IN_FORCE else None


def add_upload(connection: Connection, token_id: int, address: str, now: datetime) -> None:
    """Count a batch run that a token uploaded, with its time and address."""
    run_statement(
        connection,
        "UPDATE ingest_tokens SET uploads = uploads + 1, last_used_at = ?, last_used_from = ?"
        " WHERE id = ?",
        now,
        address,
        token_id,
    )


def update_last_used(connection: Connection, token_id: int, address: str, now: datetime) -> None:
    """Store the time, to the minute, and the address of a token's last use."""
    connection.execute(
        update(ingest_tokens)
        .where(
            _token.id == token_id,
            or_(_token.last_used_at.is_(None), _token.last_used_at < now - LAST_USED_STEP),
        )
        .values(last_used_at=now, last_used_from=address)
    )


def update_revoked(connection: Connection, token_id: int, now: datetime) -> None:
    """Revoke a token."""
    connection.execute(update(ingest_tokens).where(_token.id == token_id).values(revoked_at=now))


def update_expiry(connection: Connection, token_id: int, expires_at: datetime) -> None:
    """Set the time at which a token expires."""
    query = update(ingest_tokens).where(_token.id == token_id)
    connection.execute(query.values(expires_at=expires_at))


def update_replaced(
    connection: Connection, token_id: int, replaced_by: int, expires_at: datetime
) -> None:
    """Set the time at which a token expires because another one has replaced it."""
    connection.execute(
        update(ingest_tokens)
        .where(_token.id == token_id)
        .values(replaced_by=replaced_by, expires_at=expires_at)
    )


def _record(row: Row[Any]) -> Token:
    ecosystems = None if row.ecosystems is None else json.loads(row.ecosystems)
    return Token._make(row)._replace(ecosystems=ecosystems)
