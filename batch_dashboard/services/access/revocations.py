"""Revoked access, which an older copy of the database must not restore.

Source: docs/backup.md, "What a restore does not bring back".
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from batch_dashboard.errors import InputError
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access.publishers import subject_of as publisher_subject
from batch_dashboard.services.access.tokens import subject_of
from batch_dashboard.services.administration.changes import Actor, Change, changing
from batch_dashboard.store import service_lock
from batch_dashboard.store.access import publishers, sessions, tokens, users
from batch_dashboard.store.access.publishers import PublisherEnd
from batch_dashboard.store.access.tokens import TokenEnd
from batch_dashboard.store.access.users import Credentials
from batch_dashboard.store.administration import audit
from batch_dashboard.store.administration.audit import AuditKey
from batch_dashboard.store.engine import Connection, Store


class UserAction(StrEnum):
    """Actions of the audit log that take access away from a user."""

    REMOVE_USER = "remove user"
    SET_PASSWORD = "set password"  # noqa: S105 - an action
    SET_ROLE = "set role"


@dataclass(frozen=True)
class Access:
    """The access stored in a database, and changes of users; contains hashes."""

    tokens: dict[bytes, TokenEnd]  # by their hash
    users: dict[str, Credentials]  # by their name
    publishers: list[PublisherEnd]
    changes: frozenset[AuditKey]  # of users

    def __repr__(self) -> str:
        return f"Access({len(self.tokens)} tokens, {len(self.users)} users)"


def collect(connection: Connection) -> Access:
    """Read the access that is stored in a database."""
    return Access(
        tokens.fetch_ends(connection),
        users.fetch_credentials(connection),
        publishers.fetch_ends(connection),
        audit.fetch_keys(connection, tuple(UserAction)),
    )


@dataclass(frozen=True)
class Kept:
    """The effect of a restore on access."""

    ended_sessions: int
    revocations: list[str]  # one sentence for each access revoked after the backup
    has_administrator: bool


def settle(change: Change, newer: Access | None, *, bring_back: bool) -> Kept:
    """End every session of a restored database, and revoke again what `newer` revoked."""
    ended = sessions.delete_all(change.connection)
    kept = [] if newer is None else keep(change, newer, bring_back=bring_back)
    administrators = users.count(change.connection, Role.ADMINISTRATOR)
    return Kept(ended, kept, administrators > 0)


def settle_restored(
    store: Store, actor: Actor, file: Path, now: datetime, *, bring_back: bool
) -> Kept:
    """The same for a database that another tool restored; `save` wrote `file` before.

    Raises InputError while the service runs, or when the file cannot be used.
    """
    newer = load(file)
    with service_lock.alone(store), changing(store, actor, now) as change:
        kept = settle(change, newer, bring_back=bring_back)
        change.record("keep revocations", file.name, None, record_of(kept, bring_back=bring_back))
    return kept


def record_of(kept: Kept, *, bring_back: bool) -> dict[str, Any]:
    """Its record in the audit log."""
    name = "brought_back" if bring_back else "kept_revoked"
    return {"ended_sessions": kept.ended_sessions, name: kept.revocations}


def keep(change: Change, newer: Access, *, bring_back: bool) -> list[str]:
    """Revoke in a restored database what is revoked in `newer`; returns a sentence for each.

    With `bring_back`, nothing is changed, and the sentences state what has access again.
    """
    older = collect(change.connection)
    return [
        *_keep_tokens(change, older, newer, bring_back),
        *_keep_publishers(change, older, newer, bring_back),
        *_keep_users(change, older, newer, bring_back),
    ]


def _keep_tokens(change: Change, older: Access, newer: Access, bring_back: bool) -> list[str]:
    said = []
    for token_hash, end in older.tokens.items():
        known = newer.tokens.get(token_hash)
        if known is None:
            continue
        subject = subject_of(end.id, end.name)
        if known.revoked_at is not None and end.revoked_at is None:
            said.append(f"{subject}: revoked {_moment(known.revoked_at)}")
            if not bring_back:
                tokens.update_revoked(change.connection, end.id, known.revoked_at)
                after = {"revoked_at": known.revoked_at}
                change.record("revoke token", subject, {"revoked_at": None}, after)
        elif known.expires_at is not None and (
            end.expires_at is None or known.expires_at < end.expires_at
        ):
            said.append(f"{subject}: rotated, ends {_moment(known.expires_at)}")
            if not bring_back:
                tokens.update_expiry(change.connection, end.id, known.expires_at)
                before, after = {"expires_at": end.expires_at}, {"expires_at": known.expires_at}
                change.record("set end of token", subject, before, after)
    return said


def _keep_publishers(change: Change, older: Access, newer: Access, bring_back: bool) -> list[str]:
    said = []
    removed = {(end.id, end.created_at): end.removed_at for end in newer.publishers}
    for end in older.publishers:
        removed_at = removed.get((end.id, end.created_at))
        if end.removed_at is not None or removed_at is None:
            continue
        subject = publisher_subject(end.id, end.name)
        said.append(f"{subject}: removed {_moment(removed_at)}")
        if not bring_back:
            publishers.update_removed(change.connection, end.id, removed_at)
            before, after = {"removed_at": None}, {"removed_at": removed_at}
            change.record("remove trusted publisher", subject, before, after)
    return said


def _keep_users(change: Change, older: Access, newer: Access, bring_back: bool) -> list[str]:
    """Uses only the audit log, because an unknown user can also be newer than the other copy."""
    said = []
    since = newer.changes - older.changes
    for name in sorted({key.subject for key in since} & older.users.keys()):
        mine, known = older.users[name], newer.users.get(name)
        if known is None:
            said.append(f"user {name}: removed")
            if not bring_back:
                users.delete_user(change.connection, mine.id)
                change.record(UserAction.REMOVE_USER, name, {"role": mine.role}, None)
            continue
        if known.password_hash != mine.password_hash:
            said.append(f"user {name}: the password was changed")
            if not bring_back:
                users.update_password(change.connection, mine.id, known.password_hash)
                change.record(UserAction.SET_PASSWORD, name)
        if (mine.role, known.role) == (Role.ADMINISTRATOR, Role.VIEWER):
            said.append(f"user {name}: made a viewer")
            if not bring_back:
                users.update_role(change.connection, mine.id, Role.VIEWER)
                change.record(UserAction.SET_ROLE, name, {"role": mine.role}, {"role": Role.VIEWER})
    return said


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def save(access: Access, file: Path) -> None:
    """Write the present access to a new file that only its owner can read.

    Raises InputError when the file is there already or cannot be written.
    """
    document = {
        "tokens": [
            {"hash": token_hash.hex(), **_texts(end._asdict())}
            for token_hash, end in access.tokens.items()
        ],
        "users": [{"name": name, **user._asdict()} for name, user in access.users.items()],
        "publishers": [_texts(end._asdict()) for end in access.publishers],
        "changes": [_texts(key._asdict()) for key in sorted(access.changes)],
    }
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            json.dump(document, target)
    except OSError as error:
        raise InputError("file", f"{file} cannot be written: {error.strerror}") from None


def load(file: Path) -> Access:
    """Read a file of `save`. Raises InputError if the file contains something else."""
    try:
        document = json.loads(file.read_text())
        return Access(
            {
                bytes.fromhex(row["hash"]): TokenEnd(
                    row["id"], row["name"], _time(row["revoked_at"]), _time(row["expires_at"])
                )
                for row in document["tokens"]
            },
            {
                row["name"]: Credentials(row["id"], row["password_hash"], row["role"])
                for row in document["users"]
            },
            [
                PublisherEnd(
                    row["id"],
                    datetime.fromisoformat(row["created_at"]),
                    row["name"],
                    _time(row["removed_at"]),
                )
                for row in document["publishers"]
            ],
            frozenset(
                AuditKey(datetime.fromisoformat(row["at"]), row["action"], row["subject"])
                for row in document["changes"]
            ),
        )
    except OSError as error:
        raise InputError("file", f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise InputError("file", f"{file} was not written by `revocations save`") from None


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
