"""Deletion of rows that can no longer be used."""

from datetime import datetime

from batch_dashboard.services.access.sign_in import FAILURES_KEPT, MAX_SESSION
from batch_dashboard.store.access import forms, sessions
from batch_dashboard.store.engine import Connection

# Older forms are rejected, so their marks are not needed.
FORMS_KEPT = MAX_SESSION


def forget_old(connection: Connection, now: datetime) -> None:
    """Delete ended sessions, marks of old forms, and old wrong passwords."""
    forms.delete_before(connection, now - FORMS_KEPT)
    sessions.delete_before(connection, now - MAX_SESSION)
    sessions.delete_failures_before(connection, now - FAILURES_KEPT)
