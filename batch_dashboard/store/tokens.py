"""Ingest tokens: what is stored of them is a keyed hash, never the token."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, or_, select, update

from batch_dashboard.store.schema import ingest_tokens

# "Last used" is told to the minute, so that most uploads need not write it.
LAST_USED_STEP = timedelta(minutes=1)


def count(connection: Connection) -> int:
    """How many tokens there are, in force or not."""
    found: int = connection.execute(select(func.count()).select_from(ingest_tokens)).scalar_one()
    return found


def insert_token(
    connection: Connection, name: str, token_prefix: str, token_hash: bytes, now: datetime
) -> int:
    """Insert a token that is in force from now on; its id."""
    new_id: int = connection.execute(
        insert(ingest_tokens)
        .values(name=name, token_prefix=token_prefix, token_hash=token_hash, created_at=now)
        .returning(ingest_tokens.c.id)
    ).scalar_one()
    return new_id


def find_in_force(connection: Connection, token_hash: bytes, now: datetime) -> int | None:
    """The id of the token with this hash, None when there is none, it is revoked or expired."""
    row = connection.execute(
        select(ingest_tokens.c.id, ingest_tokens.c.expires_at).where(
            ingest_tokens.c.token_hash == token_hash, ingest_tokens.c.revoked_at.is_(None)
        )
    ).one_or_none()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    found: int = row.id
    return found


def update_last_used(connection: Connection, token_id: int, now: datetime) -> None:
    """Remember when a token was last used, to the minute."""
    table = ingest_tokens.c
    connection.execute(
        update(ingest_tokens)
        .where(
            table.id == token_id,
            or_(table.last_used_at.is_(None), table.last_used_at < now - LAST_USED_STEP),
        )
        .values(last_used_at=now)
    )
