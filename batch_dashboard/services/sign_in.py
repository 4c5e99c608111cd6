"""Signing in: passwords, sessions of browsers, and the delay after wrong passwords."""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from werkzeug.security import check_password_hash, generate_password_hash

from batch_dashboard.errors import BatchDashboardError, StoreUnavailable
from batch_dashboard.store import sessions, users
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.users import User

SESSION_BYTES = 32
LONGEST_SESSION = timedelta(days=7)
IDLE_SESSION = timedelta(hours=12)
# A session's last sight is noted at most so often.
SEEN_STEP = timedelta(minutes=5)
# A slow disk or a busy writer must not keep a page from being shown.
NOTE_WAIT_SECONDS = 0.5

# Wrong passwords that cost no time; each further one doubles the delay.
FREE_FAILURES = 5
FREE_FAILURES_OF_ADDRESS = 20
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
FAILURES_KEPT = timedelta(hours=24)

METHOD = "scrypt"  # memory-hard: 32 MiB a guess

# Checked when nobody has the name, so that a guess takes as long as a real check.
_NOBODY = generate_password_hash(secrets.token_urlsafe(), method=METHOD)


class TooManyAttempts(BatchDashboardError):
    """So many passwords were wrong that the next one is not looked at yet."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many failed attempts; wait and try again.")
        self.wait_seconds = int(wait.total_seconds()) + 1


def check_password(
    store: Store, secret_key: str, name: str, password: str, address: str, now: datetime
) -> User | None:
    """The user of this name and password, None when there is none.

    Raises TooManyAttempts when this address failed too often of late, with this name or in all;
    the password is not looked at then, so whoever guesses on learns nothing.
    """
    of_name, of_address = _subjects(secret_key, name, address)
    with store.read() as connection:
        wait = max(
            _delay(connection, of_name, FREE_FAILURES, now),
            _delay(connection, of_address, FREE_FAILURES_OF_ADDRESS, now),
        )
        # Nobody's name has other characters, and PostgreSQL takes no NUL even to look for.
        found = users.find_named(connection, name) if name.isprintable() else None
        had_failed = sessions.find_failures(connection, of_name) is not None
    if wait > timedelta(0):
        raise TooManyAttempts(wait)
    stored = found[1] if found else _NOBODY
    is_right = check_password_hash(stored, password) and found is not None
    if not is_right:
        with store.write() as connection:
            for subject in (of_name, of_address):
                sessions.add_failure(connection, subject, now, FAILURES_KEPT)
        return None
    if had_failed:
        with store.write() as connection:
            sessions.delete_failures(connection, of_name)
    return found[0] if found else None


def begin_session(
    connection: Connection, secret_key: str, user: User, address: str, now: datetime
) -> str:
    """Sign a browser in; the value of its cookie, of which a keyed hash is stored."""
    cookie = secrets.token_urlsafe(SESSION_BYTES)
    sessions.insert_session(connection, hash_session(secret_key, cookie), user.id, address, now)
    return cookie


def find_user(store: Store, secret_key: str, cookie: str, now: datetime) -> User | None:
    """Whose browser this is, None when it is not signed in, or was too long ago or too idle."""
    session_hash = hash_session(secret_key, cookie)
    with store.read() as connection:
        session = sessions.find(connection, session_hash)
    if session is None:
        return None
    if now - session.created_at > LONGEST_SESSION or now - session.last_seen_at > IDLE_SESSION:
        return None
    if now - session.last_seen_at > SEEN_STEP:
        try:
            with store.write(NOTE_WAIT_SECONDS) as connection:
                sessions.update_seen(connection, session_hash, now)
        except StoreUnavailable:
            pass  # noted at the next request
    return session.user


def end_session(connection: Connection, secret_key: str, cookie: str) -> None:
    """Sign a browser out."""
    sessions.delete_session(connection, hash_session(secret_key, cookie))


def hash_session(secret_key: str, cookie: str) -> bytes:
    """What is stored of a session: HMAC-SHA256 under the installation's secret key."""
    return hmac.digest(secret_key.encode(), b"session:" + cookie.encode(), sha256)


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return generate_password_hash(password, method=METHOD)


def _subjects(secret_key: str, name: str, address: str) -> tuple[bytes, bytes]:
    def keyed(*parts: str) -> bytes:
        return hmac.digest(secret_key.encode(), "\n".join(parts).encode(), sha256)

    return keyed("sign-in", address, name), keyed("sign-in", address)


def _delay(connection: Connection, subject: bytes, free: int, now: datetime) -> timedelta:
    failures = sessions.find_failures(connection, subject)
    if failures is None or failures.number < free:
        return timedelta(0)
    doubled = min(failures.number - free, 10)
    delay: timedelta = min(FIRST_DELAY * 2**doubled, LONGEST_DELAY)
    return failures.last_failed_at + delay - now
