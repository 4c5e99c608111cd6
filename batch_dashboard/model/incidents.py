"""Incidents: a finding from when it is first seen until it is gone for good.

Source: docs/alerts.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from batch_dashboard.model.attention import BUDGET_KEY, ECOSYSTEM_KEY, STUCK_KEY, Finding
from batch_dashboard.model.pipelines import CRITICAL, NOTICE, SEVERITIES
from batch_dashboard.model.wording import plural

# What comes and goes is the same incident until it was gone for so long. A streak of failures or a
# new failure group does not come and go.
HELD = {ECOSYSTEM_KEY: timedelta(days=1), BUDGET_KEY: timedelta(days=1)}

# When the daily digest is sent, UTC.
DIGEST_AT = time(7)
MOST_NAMED = 20
TITLE_NAMES = 3


class Incident(NamedTuple):
    """A finding with its times; severity is the worst it had."""

    id: int
    finding_key: str
    kind: str
    severity: str
    subject: str
    ecosystem: str | None
    recipe_name: str | None
    failure_group_id: int | None
    since: datetime
    opened_at: datetime
    opening_sentence: str
    last_sentence: str
    gone_since: datetime | None  # None: the finding is there
    closed_at: datetime | None  # None: open
    told_severity: str | None  # None: nobody was told
    told_closed: bool


class Changes(NamedTuple):
    """What a look at all findings changes."""

    opened: list[Finding]
    seen: list[tuple[Incident, Finding]]  # it is still there, but not quite as it was
    gone: list[Incident]
    closed: list[Incident]


def rank(severity: str | None) -> int:
    """0 for the worst; what nobody was told of comes last."""
    return len(SEVERITIES) if severity is None else SEVERITIES.index(severity)


def worst(one: str, other: str) -> str:
    """The worse of two severities."""
    return min(one, other, key=rank)


def reconcile(
    open_incidents: Iterable[Incident],
    found: Iterable[Finding],
    cut: tuple[str, ...],
    now: datetime,
) -> Changes:
    """Hold the open incidents against what is found now.

    Keys that begin with one of `cut` were not all found: none of them is taken for gone.
    """
    by_key = {finding.key: finding for finding in found}
    changes = Changes([], [], [], [])
    for incident in open_incidents:
        finding = by_key.pop(incident.finding_key, None)
        if finding is not None:
            if _differs(incident, finding):
                changes.seen.append((incident, finding))
        elif cut and incident.finding_key.startswith(cut):
            continue
        elif now - (incident.gone_since or now) >= _held(incident.finding_key):
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


def _held(key: str) -> timedelta:
    return next((held for start, held in HELD.items() if key.startswith(start)), timedelta(0))


class Message(NamedTuple):
    """What is sent, as plain text."""

    title: str
    body: str


TEST_MESSAGE = Message("Test from Batch Dashboard", "If you read this, notifications arrive here.")


def to_tell(
    incidents: Iterable[Incident], snoozed: Mapping[str, datetime], now: datetime
) -> list[Incident]:
    """Those of the open incidents that nobody was told of, or that became worse since, worst first.

    An incident is told once, and once more when it becomes worse.
    """
    untold = [
        incident
        for incident in incidents
        if incident.gone_since is None
        and rank(incident.severity) < rank(incident.told_severity)
        and snoozed.get(incident.finding_key, now) <= now
    ]
    return sorted(untold, key=lambda incident: (rank(incident.severity), incident.id))


def urgent_of(telling: Iterable[Incident], all_open: Iterable[Incident]) -> list[Incident]:
    """Those that are told at once; the rest waits for the daily digest.

    While an ecosystem's own incident is critical, people know of it: recipes of it that get stuck
    meanwhile are no news that cannot wait.
    """
    known = {
        incident.ecosystem
        for incident in all_open
        if incident.severity == CRITICAL and incident.finding_key.startswith(ECOSYSTEM_KEY)
    }
    return [
        incident
        for incident in telling
        if rank(incident.severity) < rank(NOTICE)
        and not (incident.finding_key.startswith(STUCK_KEY) and incident.ecosystem in known)
    ]


def digest_is_due(last_digest_at: datetime | None, now: datetime) -> bool:
    """Whether the digest of this UTC day has still to be sent."""
    due = datetime.combine(now.date(), DIGEST_AT, now.tzinfo)
    return now >= due and (last_digest_at is None or last_digest_at < due)


def admitted(incidents: Iterable[Incident], least_severity: str) -> list[Incident]:
    """Those that are at least as bad as a destination asks for."""
    return [incident for incident in incidents if rank(incident.severity) <= rank(least_severity)]


def compose(
    new: Sequence[Incident], over: Sequence[Incident], url: str | None, is_digest: bool = False
) -> Message:
    """One message of all that is new and all that is over."""
    parts = [
        plural(count, severity) if severity == NOTICE else f"{count} {severity}"
        for severity in SEVERITIES
        if (count := sum(incident.severity == severity for incident in new))
    ]
    if over:
        parts.append(f"{len(over)} over")
    subjects = list(dict.fromkeys(incident.subject for incident in (*new, *over)))
    names = ", ".join(subjects[:TITLE_NAMES])
    if len(subjects) > TITLE_NAMES:
        names += f" and {len(subjects) - TITLE_NAMES} more"
    title = f"{'Daily digest: ' if is_digest else ''}{', '.join(parts)}: {names}"
    lines = [
        f"{incident.severity.upper()} {incident.kind} – {incident.subject}: "
        f"{incident.last_sentence}{_link(url, incident)}"
        for incident in new[:MOST_NAMED]
    ]
    lines += [
        f"OVER {incident.kind} – {incident.subject}: "
        f"open since {incident.opened_at:%Y-%m-%d %H:%M} UTC{_link(url, incident)}"
        for incident in over[:MOST_NAMED]
    ]
    left = max(0, len(new) - MOST_NAMED) + max(0, len(over) - MOST_NAMED)
    if left:
        lines.append(f"and {left:,} more{f': {url}/incidents' if url else ''}")
    return Message(title[:200], "\n\n".join(lines))


def _link(url: str | None, incident: Incident) -> str:
    return f"\n{url}/incidents/{incident.id}" if url else ""
