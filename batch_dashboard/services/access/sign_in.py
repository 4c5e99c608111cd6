"""Sign-in: passwords, sessions of browsers, and the delay after wrong passwords."""

import hmac
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from werkzeug.security import check_password_hash, generate_password_hash

from batch_dashboard.errors import BatchDashboardError, StoreUnavailable
from batch_dashboard.model.access.clients import network_of
from batch_dashboard.services.administration import metrics
from batch_dashboard.services.administration.metrics import PasswordCheck
from batch_dashboard.store.access import sessions, users
from batch_dashboard.store.access.sessions import Failures
from batch_dashboard.store.access.users import User
from batch_dashboard.store.engine import Connection, Store

SESSION_BYTES = 32
MAX_SESSION = timedelta(days=7)
IDLE_SESSION = timedelta(hours=12)
# The last use of a session is stored at most this often.
SEEN_STEP = timedelta(minutes=5)
# A slow disk or a busy writer must not delay a page.
NOTE_WAIT_SECONDS = 0.5

# The number of wrong passwords without a delay; each further one doubles it.
FREE_FAILURES = 5
FREE_FAILURES_OF_ADDRESS = 20
FIRST_DELAY = timedelta(seconds=5)
MAX_DELAY = timedelta(minutes=15)
FAILURES_KEPT = timedelta(hours=24)

# Addresses rarely share a lock, and then wait only briefly.
TURNS = 64
MAX_TURN_SECONDS = 20.0

METHOD = "scrypt:32768:8:1"  # memory-hard: 32 MiB per guess

_turns = tuple(threading.Lock() for _ in range(TURNS))


class TooManyAttempts(BatchDashboardError):
    """There were too many wrong passwords; the next one is not checked yet."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many failed attempts; wait and try again.")
        self.wait_seconds = int(wait.total_seconds()) + 1


def check_password(
    store: Store, secret_key: str, name: str, password: str, address: str, now: datetime
) -> User | None:
    """The user with a name and password, None if there is none.

    The guess is counted before the password is checked, and the count is taken back if it was
    right. Simultaneous guesses in all processes are therefore limited like successive ones.
    Raises TooManyAttempts without checking the password if this address failed too often recently,
    with this name or in total.
    """
    subjects = _subjects(secret_key, name, address)
    _refuse_when_delayed(store, subjects, now)
    with _turn(subjects.address):
        counted_before = _count_guess(store, subjects, now)
        with store.read() as connection:
            # No user name has other characters, and PostgreSQL rejects NUL even in a query.
            found = users.find_named(connection, name) if name.isprintable() else None
        stored = found[1] if found else _hash_of_nobody()
        is_right = check_password_hash(stored, password) and found is not None
        outcome = PasswordCheck.RIGHT if is_right else PasswordCheck.WRONG
        metrics.password_checks.labels(outcome).inc()
        if not is_right or found is None:
            return None
        with store.write() as connection:
            sessions.delete_failures(connection, subjects.name)
            sessions.take_failure_back(connection, subjects.address, now, counted_before)
    return found[0]


def _refuse_when_delayed(store: Store, subjects: "_Subjects", now: datetime) -> None:
    """Reject most guesses of a flood without a write. Raises TooManyAttempts."""
    with store.read() as connection:
        _check_delay(connection, subjects, now)


@contextmanager
def _turn(subject: bytes) -> Iterator[None]:
    """Check one password of an address at a time in each process.

    A check needs 32 MiB, and correct passwords sent at once must not count as many guesses.
    """
    turn = _turns[subject[0] % len(_turns)]
    if not turn.acquire(timeout=MAX_TURN_SECONDS):
        metrics.password_checks.labels(PasswordCheck.NOT_CHECKED).inc()
        raise TooManyAttempts(FIRST_DELAY)
    try:
        yield
    finally:
        turn.release()


def _count_guess(store: Store, subjects: "_Subjects", now: datetime) -> Failures | None:
    """Count a guess as failed in advance; returns the earlier counts of its address.

    Raises TooManyAttempts.
    """
    with store.write() as connection:
        _check_delay(connection, subjects, now)
        before = sessions.find_failures(connection, subjects.address)
        for subject in subjects:
            sessions.add_failure(connection, subject, now, FAILURES_KEPT)
    return before


def _check_delay(connection: Connection, subjects: "_Subjects", now: datetime) -> None:
    wait = max(
        _delay(connection, subjects.name, FREE_FAILURES, now),
        _delay(connection, subjects.address, FREE_FAILURES_OF_ADDRESS, now),
    )
    if wait > timedelta(0):
        metrics.password_checks.labels(PasswordCheck.NOT_CHECKED).inc()
        raise TooManyAttempts(wait)


def begin_session(
    connection: Connection, secret_key: str, user: User, address: str, now: datetime
) -> str:
    """Sign a browser in; returns the value of its cookie, of which a keyed hash is stored."""
    cookie = secrets.token_urlsafe(SESSION_BYTES)
    sessions.insert_session(connection, hash_session(secret_key, cookie), user.id, address, now)
    return cookie


def find_user(store: Store, secret_key: str, cookie: str, now: datetime) -> User | None:
    """The user of a session, None if it does not exist, is too old or was unused too long."""
    session_hash = hash_session(secret_key, cookie)
    with store.read() as connection:
        session = sessions.find(connection, session_hash)
    if session is None:
        return None
    if now - session.created_at > MAX_SESSION or now - session.last_seen_at > IDLE_SESSION:
        return None
    if now - session.last_seen_at > SEEN_STEP:
        try:
            with store.write(NOTE_WAIT_SECONDS) as connection:
                sessions.update_seen(connection, session_hash, now)
        except StoreUnavailable:
            pass  # stored at the next request
    return session.user


def end_session(connection: Connection, secret_key: str, cookie: str) -> None:
    """Sign a browser out."""
    sessions.delete_session(connection, hash_session(secret_key, cookie))


def hash_session(secret_key: str, cookie: str) -> bytes:
    """The stored hash of a session: HMAC-SHA256 with the installation's secret key."""
    return hmac.digest(secret_key.encode(), b"session:" + cookie.encode(), sha256)


def hash_password(password: str) -> str:
    """The stored hash of a password."""
    return generate_password_hash(password, method=METHOD)


def _hash_of_nobody() -> str:
    """A hash that matches no password and takes as long to check as that of a user."""
    return f"{METHOD}$nobody$"


class _Subjects(NamedTuple):
    """The keyed hashes by which failures are counted."""

    name: bytes  # with the address
    address: bytes


def _subjects(secret_key: str, name: str, address: str) -> _Subjects:
    def keyed(*parts: str) -> bytes:
        return hmac.digest(secret_key.encode(), "\n".join(parts).encode(), sha256)

    network = network_of(address)
    return _Subjects(keyed("sign-in", network, name), keyed("sign-in", network))


def _delay(connection: Connection, subject: bytes, free: int, now: datetime) -> timedelta:
    failures = sessions.find_failures(connection, subject)
    if failures is None or failures.number < free:
        return timedelta(0)
    doubled = min(failures.number - free, 10)
    delay: timedelta = min(FIRST_DELAY * 2**doubled, MAX_DELAY)
    return failures.last_failed_at + delay - now
