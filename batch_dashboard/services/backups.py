"""Backing the database up while it is used, and restoring it. Source: docs/backup.md."""

import logging
from datetime import datetime
from pathlib import Path

from batch_dashboard.errors import DiskFull, InputError
from batch_dashboard.services.changes import Actor, changing
from batch_dashboard.services.database import upgrade_database
from batch_dashboard.services.rollups import check_rollups
from batch_dashboard.store import backup, migrations, system
from batch_dashboard.store.backup import Contents
from batch_dashboard.store.engine import Store

logger = logging.getLogger(__name__)

OTHER_TOOLS = "this is for SQLite; docs/backup.md says how PostgreSQL is backed up and restored"


def back_up(store: Store, actor: Actor, file: Path, now: datetime) -> Contents:
    """Write a checked copy of the database to a new file.

    Raises InputError when the file is there already, cannot be written, or is not whole.
    """
    if not store.is_sqlite:
        raise InputError("file", OTHER_TOOLS)
    if file.exists():
        raise InputError("file", f"{file} is there already; choose another name")
    contents = backup.copy_to(store, file)
    try:
        with changing(store, actor, now) as change:
            system.put_fact(change.connection, system.LAST_BACKUP, now, contents._asdict())
            change.record("back up", file.name, None, contents._asdict())
    except DiskFull:
        logger.warning("the disk is full: the backup is made, but not in the audit log")
    return contents


def compact(store: Store, actor: Actor, now: datetime) -> tuple[int, int]:
    """Rewrite the database file in the least space; its size before and after, in bytes.

    Raises InputError for PostgreSQL, or while the database is in use.
    """
    if not store.is_sqlite:
        raise InputError("file", "this is for SQLite; PostgreSQL has autovacuum")
    with store.read():
        pass  # it is there
    before, after = backup.compact(store)
    with changing(store, actor, now) as change:
        change.record("compact", "database", {"size_bytes": before}, {"size_bytes": after})
    return before, after


def restore(store: Store, actor: Actor, file: Path, now: datetime) -> tuple[Contents, Path]:
    """Put a backup in the place of the database; what it held, and where the old one is kept.

    Raises InputError when the file is not whole, or of a newer version, or the database is in use.
    """
    if not store.is_sqlite:
        raise InputError("file", OTHER_TOOLS)
    contents = backup.check(file)
    if contents.revision not in migrations.known_revisions():
        raise InputError(
            "file", f"{file} is of a newer version (schema {contents.revision}): upgrade first"
        )
    kept = Path(f"{store.url.database}.before-{now:%Y%m%dT%H%M%SZ}")
    backup.copy_to(store, kept)
    store.close()
    backup.copy_from(store, file)
    upgrade_database(store)
    drift = check_rollups(store, now)
    with changing(store, actor, now) as change:
        said = {**contents._asdict(), "rollup_drift_rows": sum(drift.values())}
        change.record("restore backup", file.name, None, said)
    return contents, kept
