"""Snoozed findings: pages show them, but no message is sent."""

from datetime import datetime

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.store.alerts import incidents
from batch_dashboard.store.alerts.incidents import Snooze
from batch_dashboard.store.engine import Connection

MAX_HOURS = 24 * 90
MAX_REASON_LENGTH = 500
MAX_KEY_LENGTH = 500


def fetch(connection: Connection, now: datetime) -> list[Snooze]:
    """The current snoozes."""
    return incidents.fetch_snoozed(connection, now)


def snooze(change: Change, key: str, until: datetime, reason: str) -> None:
    """Snooze a finding until a time. Raises InputError for a key or reason that is too long."""
    reason = " ".join(CONTROL_CHARACTER.sub(" ", reason).split())
    if len(reason) > MAX_REASON_LENGTH:
        raise InputError("reason", f"a reason can have up to {MAX_REASON_LENGTH} characters")
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise InputError("key", "enter the key that the page of the incident shows")
    incidents.replace_snooze(change.connection, key, until, reason)
    change.record("snooze", key, None, {"until": until, "reason": reason})


def end(change: Change, key: str) -> None:
    """End a snooze. Raises NotFound if the finding is not snoozed."""
    if CONTROL_CHARACTER.search(key) or not incidents.delete_snooze(change.connection, key):
        raise NotFound("this finding is no longer snoozed")
    change.record("end snooze", key)
