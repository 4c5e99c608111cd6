"""What is forgotten by itself, because nothing can use it any more."""

from datetime import datetime

from batch_dashboard.services.access.sign_in import FAILURES_KEPT, MAX_SESSION
from batch_dashboard.store.access import forms, sessions
from batch_dashboard.store.engine import Connection

# Older forms are refused, so which of them were sent need not be known.
FORMS_KEPT = MAX_SESSION


def forget_old(connection: Connection, now: datetime) -> None:
    """Forget sessions that are over, forms too old to be sent, and old wrong passwords."""
    forms.delete_before(connection, now - FORMS_KEPT)
    sessions.delete_before(connection, now - MAX_SESSION)
    sessions.delete_failures_before(connection, now - FAILURES_KEPT)
