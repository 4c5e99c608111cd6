"""The audit log. Entries are inserted, and deleted when too old, but never changed."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select

from batch_dashboard.model.administration.audit import AuditEntry, AuditFilter
from batch_dashboard.model.lists.pagination import Cursor, Page
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.store.lists.conditions import period_conditions
from batch_dashboard.store.lists.keyset import PageRequest, SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import audit_log

_entry = audit_log.c
READ_SLICE = 500


class AuditKey(NamedTuple):
    """The values that identify an entry in any copy of the log."""

    at: datetime
    action: str
    subject: str


_COLUMNS = tuple(_entry[name] for name in AuditEntry._fields)


def insert_entry(
    connection: Connection,
    at: datetime,
    actor: str,
    address: str,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    """Add an entry."""
    connection.execute(
        insert(audit_log).values(
            at=at,
            actor=actor,
            address=address,
            action=action,
            subject=subject,
            before=None if before is None else json.dumps(before, ensure_ascii=False, default=str),
            after=None if after is None else json.dumps(after, ensure_ascii=False, default=str),
        )
    )


def fetch_keys(connection: Connection, actions: Sequence[str]) -> frozenset[AuditKey]:
    """The entries of some actions."""
    query = select(_entry.at, _entry.action, _entry.subject).where(_entry.action.in_(actions))
    return frozenset(AuditKey(*row) for row in connection.execute(query))


def fetch_page(
    connection: Connection, audit_filter: AuditFilter, sort: Sort, cursor: Cursor | None, count: int
) -> Page[AuditEntry]:
    """Up to `count` entries before or after a cursor."""
    query = select(*_COLUMNS).where(*_conditions(audit_filter))
    keys = [SortKey(_entry.at, sort.descending), SortKey(_entry.id, sort.descending)]
    return fetch_page_by_keys(connection, query, keys, PageRequest(cursor, count), AuditEntry)


def iter_entries(connection: Connection, audit_filter: AuditFilter) -> Iterator[AuditEntry]:
    """Every entry, newest first, a slice at a time."""
    query = (
        select(*_COLUMNS)
        .where(*_conditions(audit_filter))
        .order_by(_entry.at.desc(), _entry.id.desc())
    )
    options = {"yield_per": READ_SLICE}
    for row in connection.execute(query, execution_options=options):
        yield AuditEntry(*row)


def fetch_words(connection: Connection) -> tuple[list[str], list[str]]:
    """The actors and the actions in the log, by name."""
    return (
        list(connection.execute(select(_entry.actor).distinct().order_by(_entry.actor)).scalars()),
        list(
            connection.execute(select(_entry.action).distinct().order_by(_entry.action)).scalars()
        ),
    )


def count_before(connection: Connection, until: datetime) -> int:
    """How many entries are older than a time."""
    found: int = connection.execute(select(func.count()).where(_entry.at < until)).scalar_one()
    return found


def delete_before(connection: Connection, until: datetime, count: int) -> int:
    """Delete up to `count` entries older than a time; returns how many."""
    old = select(_entry.id).where(_entry.at < until).order_by(_entry.at, _entry.id).limit(count)
    return connection.execute(delete(audit_log).where(_entry.id.in_(old))).rowcount


def _conditions(audit_filter: AuditFilter) -> list[ColumnElement[bool]]:
    conditions = period_conditions(audit_filter.period, audit_log, "at")
    if audit_filter.actor:
        conditions.append(_entry.actor == audit_filter.actor)
    if audit_filter.action:
        conditions.append(_entry.action == audit_filter.action)
    if audit_filter.text:
        conditions.append(
            or_(
                *(
                    column.icontains(audit_filter.text, autoescape=True)
                    for column in (_entry.subject, _entry.before, _entry.after)
                )
            )
        )
    return conditions
