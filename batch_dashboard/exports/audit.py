"""The audit log as CSV. Source: docs/exports.md, "The format"."""

import csv
import io
from collections.abc import Generator

from batch_dashboard.model.administration.audit import AuditFilter
from batch_dashboard.model.text.spreadsheets import guarded
from batch_dashboard.store.administration import audit
from batch_dashboard.store.engine import Store
from batch_dashboard.store.times import utc_text

COLUMNS = ("id", "at", "actor", "address", "action", "subject", "before", "after")
ROWS_AT_ONCE = 500


def audit_chunks(store: Store, audit_filter: AuditFilter) -> Generator[bytes]:
    """The file, header first; newest entry first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with store.read() as connection:
        for number, entry in enumerate(audit.iter_entries(connection, audit_filter), 1):
            words = (entry.actor, entry.address, entry.action, entry.subject)
            states = (entry.before or "", entry.after or "")
            writer.writerow((entry.id, utc_text(entry.at), *map(guarded, (*words, *states))))
            if number % ROWS_AT_ONCE == 0:
                yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    chunk = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return chunk
