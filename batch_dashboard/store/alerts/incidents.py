"""Incidents and snoozes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from batch_dashboard.model.alerts.attention import Finding
from batch_dashboard.model.alerts.finding_kinds import FindingKind, Subject
from batch_dashboard.model.alerts.incidents import Incident, worst
from batch_dashboard.model.catalogue.incidents import IncidentState
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.store.dialects.columns import UtcTime
from batch_dashboard.store.lists.keyset import SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import alert_snoozes, incidents

_incident = incidents.c
_SUBJECT = ("subject", "ecosystem", "recipe_name", "failure_group_id")
_FIELDS = [name for name in Incident._fields if name != "subject"]
_COLUMNS = tuple(_incident[name] for name in (*_SUBJECT, *_FIELDS))


def _from_row(*row: Any) -> Incident:
    """An incident of the values of _COLUMNS."""
    subject, fields = row[: len(_SUBJECT)], row[len(_SUBJECT) :]
    return Incident(subject=Subject(*subject), **dict(zip(_FIELDS, fields, strict=True)))


def fetch_open(connection: Connection) -> list[Incident]:
    """Every open incident, oldest first."""
    query = select(*_COLUMNS).where(_incident.closed_at.is_(None)).order_by(_incident.id)
    return [_from_row(*row) for row in connection.execute(query)]


def fetch_closed_to_notify(connection: Connection) -> list[Incident]:
    """Closed incidents that were reported, but whose end was not."""
    query = (
        select(*_COLUMNS)
        .where(
            _incident.closed_at.is_not(None),
            _incident.notified_severity.is_not(None),
            _incident.closed_notified.is_(False),
        )
        .order_by(_incident.id)
    )
    return [_from_row(*row) for row in connection.execute(query)]


def fetch_page(connection: Connection, query: ListQuery) -> Page[Incident]:
    """One page of the incidents, whenever they were opened."""
    found = in_state(select(*_COLUMNS), query.state)
    return fetch_page_by_keys(connection, found, sort_keys(query.sort), query, _from_row)


def in_state(query: Select[Any], state: str | None) -> Select[Any]:
    """A query of incidents, optionally only open or closed ones."""
    if state is None:
        return query
    closed = _incident.closed_at
    return query.where(closed.is_(None) if state == IncidentState.OPEN else closed.is_not(None))


def sort_keys(sort: Sort) -> list[SortKey]:
    """The sort keys of the list of incidents."""
    return [SortKey(_incident.opened_at, sort.descending), SortKey(_incident.id, sort.descending)]


def find(connection: Connection, incident_id: int) -> Incident | None:
    """The incident with an id, None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(_incident.id == incident_id)).one_or_none()
    return None if row is None else _from_row(*row)


def insert_opened(connection: Connection, finding: Finding, now: datetime) -> None:
    """Open an incident."""
    subject = finding.subject
    connection.execute(
        insert(incidents).values(
            finding_key=finding.key,
            kind=finding.kind,
            severity=finding.severity,
            subject=subject.name,
            ecosystem=subject.ecosystem,
            recipe_name=subject.recipe_name,
            failure_group_id=subject.failure_group_id,
            since=finding.since,
            opened_at=now,
            opening_sentence=finding.sentence,
            last_sentence=finding.sentence,
            closed_notified=False,
        )
    )


def update_seen(connection: Connection, incident: Incident, finding: Finding) -> None:
    """Store the present state of a finding, which exists (again)."""
    connection.execute(
        update(incidents)
        .where(_incident.id == incident.id)
        .values(
            kind=finding.kind,
            severity=worst(incident.severity, finding.severity),
            last_sentence=finding.sentence,
            gone_since=None,
        )
    )


def update_gone(connection: Connection, incident: Incident, now: datetime) -> None:
    """Store since when a finding no longer exists."""
    connection.execute(update(incidents).where(_incident.id == incident.id).values(gone_since=now))


def update_closed(connection: Connection, incident: Incident, now: datetime) -> None:
    """Close an incident; it ended when its finding disappeared."""
    connection.execute(
        update(incidents)
        .where(_incident.id == incident.id)
        .values(closed_at=now, gone_since=incident.gone_since or now)
    )


def move_group(connection: Connection, before: int, after: int, now: datetime) -> None:
    """Move incidents and snoozes from a removed failure group to the group of its results.

    If that group has an open incident, the other one is closed without a notification.
    """
    key, new_key = FindingKind.NEW_FAILURE.key(before), FindingKind.NEW_FAILURE.key(after)
    is_open = _incident.closed_at.is_(None)
    known = connection.execute(
        select(_incident.id).where(_incident.finding_key == new_key, is_open)
    ).first()
    if known is not None:
        connection.execute(
            update(incidents)
            .where(_incident.finding_key == key, is_open)
            .values(
                closed_at=now,
                gone_since=func.coalesce(_incident.gone_since, bindparam("now", now, UtcTime)),
                closed_notified=True,
            )
        )
    connection.execute(
        update(incidents)
        .where(_incident.failure_group_id == before)
        .values(failure_group_id=after, finding_key=new_key)
    )
    snooze = alert_snoozes.c
    if connection.execute(select(snooze.until).where(snooze.finding_key == new_key)).first():
        delete_snooze(connection, key)
    else:
        connection.execute(
            update(alert_snoozes).where(snooze.finding_key == key).values(finding_key=new_key)
        )


def update_notified(
    connection: Connection, new: Iterable[Incident], over: Iterable[Incident]
) -> None:
    """Mark incidents whose opening was reported, and those whose end was reported."""
    for incident in new:
        connection.execute(
            update(incidents)
            .where(_incident.id == incident.id)
            .values(notified_severity=incident.severity)
        )
    for incident in over:
        connection.execute(
            update(incidents).where(_incident.id == incident.id).values(closed_notified=True)
        )


def fetch_snoozes(connection: Connection, now: datetime) -> dict[str, datetime]:
    """The ends of the snoozes, by the key of the finding."""
    query = select(alert_snoozes.c.finding_key, alert_snoozes.c.until).where(
        alert_snoozes.c.until > now
    )
    return {row[0]: row[1] for row in connection.execute(query)}


class Snooze(NamedTuple):
    """A finding that is not reported until a time."""

    finding_key: str
    until: datetime
    reason: str


def fetch_snoozed(connection: Connection, now: datetime) -> list[Snooze]:
    """The snoozes in force, the first to end first."""
    row = alert_snoozes.c
    query = select(row.finding_key, row.until, row.reason).where(row.until > now)
    return [Snooze(*each) for each in connection.execute(query.order_by(row.until))]


def find_snooze(connection: Connection, key: str, now: datetime) -> Snooze | None:
    """The current snooze of a finding, None if there is none."""
    row = alert_snoozes.c
    query = select(row.finding_key, row.until, row.reason)
    found = connection.execute(query.where(row.finding_key == key, row.until > now)).one_or_none()
    return None if found is None else Snooze(*found)


def delete_snooze(connection: Connection, key: str) -> bool:
    """End a snooze; False if there is none."""
    gone = connection.execute(delete(alert_snoozes).where(alert_snoozes.c.finding_key == key))
    return gone.rowcount > 0


def replace_snooze(connection: Connection, key: str, until: datetime, reason: str) -> None:
    """Snooze a finding until a time."""
    delete_snooze(connection, key)
    connection.execute(insert(alert_snoozes).values(finding_key=key, until=until, reason=reason))


def fetch_all(connection: Connection) -> list[Incident]:
    """Every incident, in the order they opened; for reports, not for pages."""
    query = select(*_COLUMNS).order_by(_incident.opened_at, _incident.id)
    return [_from_row(*row) for row in connection.execute(query)]
