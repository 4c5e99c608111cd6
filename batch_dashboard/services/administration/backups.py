"""Backup of the database while it is used, and restore. Source: docs/backup.md."""

import logging
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from batch_dashboard.errors import DiskFull, InputError
from batch_dashboard.services.access import revocations
from batch_dashboard.services.access.revocations import Access, Kept
from batch_dashboard.services.administration.changes import Actor, changing
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.administration.rollups import check_rollups
from batch_dashboard.store import migrations, service_lock
from batch_dashboard.store.administration import system
from batch_dashboard.store.dialects.database import Contents
from batch_dashboard.store.engine import Store

logger = logging.getLogger(__name__)


def back_up(store: Store, actor: Actor, file: Path, now: datetime) -> Contents:
    """Write a checked copy of the database to a new file.

    Raises InputError if the file exists already, cannot be written or is not intact, or if other
    tools must be used.
    """
    backups = store.database.backups
    if file.exists():
        raise InputError("file", f"{file} already exists; choose another name")
    contents = backups.copy_to(file)
    try:
        with changing(store, actor, now) as change:
            system.put_fact(change.connection, system.LAST_BACKUP, now, contents._asdict())
            change.record("back up", file.name, None, contents._asdict())
    except DiskFull:
        logger.warning(
            "the disk is full: the backup was written, but not recorded in the audit log"
        )
    return contents


def compact(store: Store, actor: Actor, now: datetime) -> tuple[int, int]:
    """Rewrite the database file in the least space; returns the sizes before and after (bytes).

    Raises InputError while the database is in use, or if it returns space by itself.
    """
    before, after = store.database.compact()
    with changing(store, actor, now) as change:
        change.record("compact", "database", {"size_bytes": before}, {"size_bytes": after})
    return before, after


class Restored(NamedTuple):
    """The outcome of a restore."""

    contents: Contents
    before: Path | None  # where the previous database is kept; None: there was none
    was_readable: bool  # whether the previous database could be read
    access: Kept


def restore(
    store: Store, actor: Actor, file: Path, now: datetime, *, bring_back: bool = False
) -> Restored:
    """Replace the database by a backup, without its sessions.

    Access revoked after the backup stays revoked, unless `bring_back`. A copy of the backup is
    changed, which then replaces the database in one transaction. Raises InputError if the file is
    not intact or of a newer version, if the service runs, or if other tools must be used.
    """
    backups = store.database.backups
    contents = backups.check(file)
    if contents.revision not in migrations.known_revisions():
        raise InputError(
            "file", f"{file} belongs to a newer version (schema {contents.revision}): upgrade first"
        )
    with service_lock.alone(store):
        before = backups.set_aside(f"before-{now:%Y%m%dT%H%M%SZ}")
        newer = None
        if before is not None and before.is_whole:
            with store.read() as connection:
                newer = revocations.collect(connection)
        store.close()
        with backups.copied_beside(file) as copy:
            draft = store.beside(copy)
            try:
                access = _prepare(draft, actor, file.name, contents, newer, now, bring_back)
            finally:
                draft.close()
            backups.copy_from(copy)
    path = None if before is None else before.path
    return Restored(contents, path, newer is not None, access)


def _prepare(
    draft: Store,
    actor: Actor,
    name: str,
    contents: Contents,
    newer: Access | None,
    now: datetime,
    bring_back: bool,
) -> Kept:
    """Upgrade, check and update the access of a copy of a backup."""
    upgrade_database(draft)
    drift = check_rollups(draft, now)
    with changing(draft, actor, now) as change:
        access = revocations.settle(change, newer, bring_back=bring_back)
        details = {
            **contents._asdict(),
            "rollup_drift_rows": sum(drift.values()),
            **revocations.record_of(access, bring_back=bring_back),
        }
        change.record("restore backup", name, None, details)
    return access
