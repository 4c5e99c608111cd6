"""Trusted publishers, and the keys of their issuers."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from batch_dashboard.model.access.publishers import TrustedPublisher
from batch_dashboard.store.engine import Store
from batch_dashboard.store.ingest.bulk import run_statement
from batch_dashboard.store.schema import issuer_keys, trusted_publishers

_publisher = trusted_publishers.c
_COLUMNS = tuple(_publisher[name] for name in TrustedPublisher.__dataclass_fields__)
# Uploads are more important than saving keys, so it waits only briefly.
SAVE_WAIT_SECONDS = 1.0


class IssuerKeys(NamedTuple):
    """An issuer's keys by id, and when they were fetched, in seconds since 1970."""

    keys: dict[str, dict[str, Any]]
    fetched_at: float


class PublisherEnd(NamedTuple):
    """When a publisher was removed; its id and time identify it in any copy of the database."""

    id: int
    created_at: datetime
    name: str
    removed_at: datetime | None  # None: its tokens are accepted


def fetch_ends(connection: Connection) -> list[PublisherEnd]:
    """When each publisher was removed."""
    query = select(*(_publisher[name] for name in PublisherEnd._fields)).order_by(_publisher.id)
    return [PublisherEnd(*row) for row in connection.execute(query)]


def insert_publisher(connection: Connection, publisher: Mapping[str, Any]) -> int:
    """Insert a publisher; its id."""
    new_id: int = connection.execute(
        insert(trusted_publishers)
        .values(
            {
                **publisher,
                "claims": json.dumps(publisher["claims"]),
                "scopes": " ".join(publisher["scopes"]),
                "ecosystems": None
                if publisher["ecosystems"] is None
                else json.dumps(list(publisher["ecosystems"])),
            }
        )
        .returning(_publisher.id)
    ).scalar_one()
    return new_id


def fetch_all(connection: Connection) -> list[TrustedPublisher]:
    """Every publisher, removed ones too, the newest first."""
    query = select(*_COLUMNS).order_by(_publisher.id.desc())
    return [_record(row) for row in connection.execute(query)]


def fetch_in_force(connection: Connection) -> list[TrustedPublisher]:
    """The publishers whose tokens are accepted, the oldest first."""
    query = select(*_COLUMNS).where(_publisher.removed_at.is_(None)).order_by(_publisher.id)
    return [_record(row) for row in connection.execute(query)]


def find(connection: Connection, publisher_id: int) -> TrustedPublisher | None:
    """The publisher with an id, None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(_publisher.id == publisher_id)).one_or_none()
    return None if row is None else _record(row)


def update_removed(connection: Connection, publisher_id: int, now: datetime) -> None:
    """Stop accepting the tokens of a publisher."""
    connection.execute(
        update(trusted_publishers).where(_publisher.id == publisher_id).values(removed_at=now)
    )


def add_upload(
    connection: Connection, publisher_id: int, repository_id: str | None, now: datetime
) -> None:
    """Count a batch run that a publisher stored; the first one sets the repository's id."""
    run_statement(
        connection,
        "UPDATE trusted_publishers SET uploads = uploads + 1, last_used_at = ?,"
        " first_repository_id = coalesce(first_repository_id, CAST(? AS TEXT)) WHERE id = ?",
        now,
        repository_id,
        publisher_id,
    )


def find_issuer_keys(store: Store, issuer: str) -> IssuerKeys | None:
    """The keys of an issuer that a process fetched last."""
    with store.read() as connection:
        row = connection.execute(
            select(issuer_keys.c["keys"], issuer_keys.c.fetched_at).where(
                issuer_keys.c.issuer == issuer
            )
        ).one_or_none()
    return None if row is None else IssuerKeys(json.loads(row[0]), row[1].timestamp())


def save_issuer_keys(
    store: Store, issuer: str, keys: Mapping[str, Mapping[str, Any]], fetched_at: float
) -> None:
    """Store an issuer's keys for all processes. Raises StoreUnavailable."""
    with store.write(SAVE_WAIT_SECONDS) as connection:
        connection.execute(delete(issuer_keys).where(issuer_keys.c.issuer == issuer))
        connection.execute(
            insert(issuer_keys).values(
                issuer=issuer,
                keys=json.dumps(keys),
                fetched_at=datetime.fromtimestamp(fetched_at).astimezone(),
            )
        )


def _record(row: Row[Any]) -> TrustedPublisher:
    values = row._asdict()
    ecosystems = values["ecosystems"]
    return TrustedPublisher(
        **{
            **values,
            "claims": json.loads(values["claims"]),
            "scopes": tuple(values["scopes"].split()),
            "ecosystems": None if ecosystems is None else tuple(json.loads(ecosystems)),
        }
    )
