"""Sessions of browsers, and failed password checks. Both are stored as keyed hashes."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from batch_dashboard.store.access.users import User
from batch_dashboard.store.schema import sign_in_failures, user_sessions, users

_session = user_sessions.c
_failure = sign_in_failures.c


class Session(NamedTuple):
    """A signed-in browser and its user."""

    user: User
    created_at: datetime
    last_seen_at: datetime


class Failures(NamedTuple):
    """The number of wrong passwords in a row, and the time of the last one."""

    number: int
    last_failed_at: datetime


def insert_session(
    connection: Connection, session_hash: bytes, user_id: int, address: str, now: datetime
) -> None:
    """Sign a browser in."""
    connection.execute(
        insert(user_sessions).values(
            session_hash=session_hash,
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            address=address,
        )
    )
    connection.execute(update(users).where(users.c.id == user_id).values(last_signed_in_at=now))


def find(connection: Connection, session_hash: bytes) -> Session | None:
    """The session with this hash, None if there is none."""
    row = connection.execute(
        select(
            *(users.c[name] for name in User._fields), _session.created_at, _session.last_seen_at
        )
        .join(users, users.c.id == _session.user_id)
        .where(_session.session_hash == session_hash)
    ).one_or_none()
    return None if row is None else Session(User(*row[:-2]), row.created_at, row.last_seen_at)


def update_seen(connection: Connection, session_hash: bytes, now: datetime) -> None:
    """Store when a session was last used."""
    connection.execute(
        update(user_sessions).where(_session.session_hash == session_hash).values(last_seen_at=now)
    )


def delete_session(connection: Connection, session_hash: bytes) -> None:
    """Sign a browser out."""
    connection.execute(delete(user_sessions).where(_session.session_hash == session_hash))


def delete_of_user(connection: Connection, user_id: int, but: bytes | None = None) -> None:
    """Sign out all browsers of a user, optionally except one."""
    query = delete(user_sessions).where(_session.user_id == user_id)
    connection.execute(query if but is None else query.where(_session.session_hash != but))


def delete_all(connection: Connection) -> int:
    """Sign every browser out; how many there were."""
    return connection.execute(delete(user_sessions)).rowcount


def delete_before(connection: Connection, created_at: datetime) -> None:
    """Delete the sessions that began before a time."""
    connection.execute(delete(user_sessions).where(_session.created_at < created_at))


def find_failures(connection: Connection, subject: bytes) -> Failures | None:
    """The wrong passwords of a subject, None if there were none."""
    row = connection.execute(
        select(_failure.failures, _failure.last_failed_at).where(_failure.subject == subject)
    ).one_or_none()
    return None if row is None else Failures(*row)


def add_failure(
    connection: Connection, subject: bytes, now: datetime, forgotten_after: timedelta
) -> None:
    """Count a wrong password; failures older than `forgotten_after` no longer count."""
    known = find_failures(connection, subject)
    count = 0 if known is None or now - known.last_failed_at > forgotten_after else known.number
    delete_failures(connection, subject)
    connection.execute(
        insert(sign_in_failures).values(subject=subject, failures=count + 1, last_failed_at=now)
    )


def take_failure_back(
    connection: Connection, subject: bytes, counted_at: datetime, before: Failures | None
) -> None:
    """Take back the count of a password that proved right; `before` is the count before it.

    Failures that were counted meanwhile remain.
    """
    known = find_failures(connection, subject)
    if known is None or known.number <= 1:
        delete_failures(connection, subject)
        return
    is_last = before is not None and known.last_failed_at == counted_at
    last_failed_at = before.last_failed_at if before and is_last else known.last_failed_at
    connection.execute(
        update(sign_in_failures)
        .where(_failure.subject == subject)
        .values(failures=known.number - 1, last_failed_at=last_failed_at)
    )


def delete_failures(connection: Connection, subject: bytes) -> None:
    """Forget the wrong passwords of a subject."""
    connection.execute(delete(sign_in_failures).where(_failure.subject == subject))


def delete_failures_before(connection: Connection, until: datetime) -> None:
    """Forget wrong passwords before a time."""
    connection.execute(delete(sign_in_failures).where(_failure.last_failed_at < until))


def count_of_user(connection: Connection, user_id: int) -> int:
    """The number of browsers in which a user is signed in."""
    query = select(func.count()).where(_session.user_id == user_id)
    found: int = connection.execute(query.select_from(user_sessions)).scalar_one()
    return found


def count_sessions(connection: Connection) -> int:
    """How many browsers are signed in."""
    found: int = connection.execute(select(func.count()).select_from(user_sessions)).scalar_one()
    return found
