"""Incidents: a finding from when it is first seen until it is gone for good.

Source: docs/alerts.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import NamedTuple

from batch_dashboard.model.alerts.attention import Finding
from batch_dashboard.model.alerts.finding_kinds import (
    FindingKind,
    Severity,
    Subject,
    SubjectPage,
    rank,
)
from batch_dashboard.model.text.wording import plural

# When the daily digest is sent, UTC.
DIGEST_AT = time(7)
MAX_NAMED = 20
TITLE_NAMES = 3


class Incident(NamedTuple):
    """A finding with its times; severity is the worst it had."""

    id: int
    finding_key: str
    kind: FindingKind
    severity: Severity
    subject: Subject
    since: datetime
    opened_at: datetime
    opening_sentence: str
    last_sentence: str
    gone_since: datetime | None  # None: the finding is there
    closed_at: datetime | None  # None: open
    notified_severity: Severity | None  # of the last notification; None: none was sent
    closed_notified: bool


class Changes(NamedTuple):
    """The changes of incidents after a check of all findings."""

    opened: list[Finding]
    seen: list[tuple[Incident, Finding]]  # it is still there, but not quite as it was
    gone: list[Incident]
    closed: list[Incident]


def worst(one: Severity, other: Severity) -> Severity:
    """The worse of two severities."""
    return min(one, other, key=rank)


def reconcile(
    open_incidents: Iterable[Incident],
    found: Iterable[Finding],
    cut: Collection[FindingKind],
    now: datetime,
) -> Changes:
    """Compare the open incidents with the findings of now.

    Not all findings of the kinds in `cut` are given: no incident of these kinds counts as gone.
    """
    by_key = {finding.key: finding for finding in found}
    changes = Changes([], [], [], [])
    for incident in open_incidents:
        finding = by_key.pop(incident.finding_key, None)
        if finding is not None:
            if _differs(incident, finding):
                changes.seen.append((incident, finding))
        elif incident.kind in cut:
            continue
        elif now - (incident.gone_since or now) >= incident.kind.hold:
            changes.closed.append(incident)
        elif incident.gone_since is None:
            changes.gone.append(incident)
    changes.opened.extend(by_key.values())
    return changes


def _differs(incident: Incident, finding: Finding) -> bool:
    return (
        incident.gone_since is not None
        or incident.last_sentence != finding.sentence
        or rank(finding.severity) < rank(incident.severity)
    )


class Message(NamedTuple):
    """The title and body of a message, as plain text."""

    title: str
    body: str


TEST_MESSAGE = Message("Test from Batch Dashboard", "If you read this, notifications arrive here.")


def to_tell(
    incidents: Iterable[Incident], snoozed: Mapping[str, datetime], now: datetime
) -> list[Incident]:
    """The open incidents that were not reported yet or became worse since, worst first.

    An incident is reported once, and once more when it becomes worse.
    """
    to_notify = [
        incident
        for incident in incidents
        if incident.gone_since is None
        and rank(incident.severity) < rank(incident.notified_severity)
        and snoozed.get(incident.finding_key, now) <= now
    ]
    return sorted(to_notify, key=lambda incident: (rank(incident.severity), incident.id))


def urgent_of(telling: Iterable[Incident], all_open: Iterable[Incident]) -> list[Incident]:
    """The incidents that are reported at once; the rest are in the daily digest.

    While an ecosystem's own incident is critical, people know of it: recipes of it that get stuck
    meanwhile are no news that cannot wait.
    """
    known = {
        incident.subject.ecosystem
        for incident in all_open
        if incident.severity is Severity.CRITICAL and incident.kind.page is SubjectPage.ECOSYSTEM
    }
    return [
        incident
        for incident in telling
        if rank(incident.severity) < rank(Severity.NOTICE)
        and not (incident.kind.waits_for_ecosystem and incident.subject.ecosystem in known)
    ]


def digest_is_due(last_digest_at: datetime | None, now: datetime) -> bool:
    """Whether the digest of this UTC day has still to be sent."""
    due = datetime.combine(now.date(), DIGEST_AT, now.tzinfo)
    return now >= due and (last_digest_at is None or last_digest_at < due)


def admitted(incidents: Iterable[Incident], min_severity: Severity) -> list[Incident]:
    """The incidents of at least the severity of a destination."""
    return [incident for incident in incidents if rank(incident.severity) <= rank(min_severity)]


def compose(
    new: Sequence[Incident], over: Sequence[Incident], url: str | None, is_digest: bool = False
) -> Message:
    """One message of all that is new and all that is over."""
    parts = [
        plural(count, severity) if severity is Severity.NOTICE else f"{count} {severity}"
        for severity in Severity
        if (count := sum(incident.severity == severity for incident in new))
    ]
    if over:
        parts.append(f"{len(over)} over")
    subjects = list(dict.fromkeys(incident.subject.name for incident in (*new, *over)))
    names = ", ".join(subjects[:TITLE_NAMES])
    if len(subjects) > TITLE_NAMES:
        names += f" and {len(subjects) - TITLE_NAMES} more"
    title = f"{'Daily digest: ' if is_digest else ''}{', '.join(parts)}: {names}"
    lines = [
        f"{incident.severity.upper()} {incident.kind} – {incident.subject.name}: "
        f"{incident.last_sentence}{_link(url, incident)}"
        for incident in new[:MAX_NAMED]
    ]
    lines += [
        f"OVER {incident.kind} – {incident.subject.name}: "
        f"open since {incident.opened_at:%Y-%m-%d %H:%M} UTC{_link(url, incident)}"
        for incident in over[:MAX_NAMED]
    ]
    left = max(0, len(new) - MAX_NAMED) + max(0, len(over) - MAX_NAMED)
    if left:
        lines.append(f"and {left:,} more{f': {url}/incidents' if url else ''}")
    return Message(title[:200], "\n\n".join(lines))


def _link(url: str | None, incident: Incident) -> str:
    return f"\n{url}/incidents/{incident.id}" if url else ""
