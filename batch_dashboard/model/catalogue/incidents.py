"""Incidents."""

from enum import StrEnum

from batch_dashboard.model.alerts.finding_kinds import FindingKind, Severity
from batch_dashboard.model.catalogue.fields import (
    FINDING_KEY,
    SUBJECT_FIELDS,
    Field,
    Filter,
    Kind,
    Order,
    Resource,
)


class IncidentState(StrEnum):
    """Whether an incident is still open."""

    OPEN = "open"
    CLOSED = "closed"


STATES = (IncidentState.OPEN, IncidentState.CLOSED)

INCIDENTS = Resource(
    "incidents",
    "One row for each incident opened in the selected period.",
    "In the order in which they were opened.",
    (
        Field("id", Kind.INTEGER, "The number of the incident in this dashboard."),
        Field(
            "kind",
            Kind.WORD,
            "Its kind in a word or two, such as stuck.",
            words=tuple(FindingKind),
        ),
        Field(
            "severity",
            Kind.WORD,
            "Its highest severity: critical, warning or notice.",
            words=tuple(Severity),
        ),
        *SUBJECT_FIELDS,
        Field("since", Kind.TIME, "The time at which the problem began."),
        Field("opened_at", Kind.TIME, "The time at which the problem was found."),
        Field("opening_sentence", Kind.TEXT, "The problem at that time, after the subject."),
        Field("last_sentence", Kind.TEXT, "The problem when it was last seen."),
        Field("gone_since", Kind.TIME, "The time at which it disappeared.", empty="it persists"),
        Field("closed_at", Kind.TIME, "The time at which it was closed.", empty="it is open"),
        FINDING_KEY,
        Field(
            "notified_severity",
            Kind.WORD,
            "The severity in the last notification about it.",
            empty="no notification was sent",
            words=tuple(Severity),
        ),
        Field(
            "snoozed_until",
            Kind.TIME,
            "The time until which notifications about its finding are snoozed, or were.",
            empty="no snooze was set, or it was ended",
        ),
        Field("snooze_reason", Kind.TEXT, "The reason for the snooze.", empty="there is none"),
    ),
    (Filter("state", "only incidents that are open or closed", words=STATES),),
    key=("opened_at", "id"),
    orders=(Order("opened_at"),),
)
