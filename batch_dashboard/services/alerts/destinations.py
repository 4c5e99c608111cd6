"""Destinations of notifications: Apprise URLs from the settings and from operators."""

import base64
import hmac
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import apprise
from cryptography.fernet import Fernet, InvalidToken

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.alerts.delivery_errors import in_words
from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.alerts.incidents import Message
from batch_dashboard.model.alerts.neutral_text import neutral
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.store.alerts import alerts
from batch_dashboard.store.engine import Connection

# Longer than every time limit of Apprise; slower services are abandoned.
SEND_SECONDS = 30
MAX_NAME_LENGTH = 60

# Log lines of Apprise contain URLs with secrets, so they do not go to the log of the process.
logging.getLogger("apprise").propagate = False

MARKDOWN = apprise.NotifyFormat.MARKDOWN
# Services that get plain text from Apprise and show it as Markdown.
SHOW_TEXT_AS_MARKDOWN = {"Discord", "Fluxer", "Guilded", "Mattermost", "Revolt"}
# Programs read these messages, and make no links of names.
FOR_PROGRAMS = {"JSON", "XML", "Form"}


@dataclass(frozen=True)
class Destination:
    """A destination; its URL contains secrets and is not part of the representation."""

    name: str
    url: str
    min_severity: Severity

    def __repr__(self) -> str:
        return f"Destination({self.name!r}, {self.min_severity!r})"


def fetch_all(
    connection: Connection, secret_key: str, setting_urls: Sequence[str]
) -> list[Destination]:
    """Every destination, except those encrypted with another secret key."""
    found = [
        Destination(_name_of(secret_key, url), url, Severity.NOTICE)
        for url in dict.fromkeys(setting_urls)
    ]
    for stored in alerts.fetch_destinations(connection):
        try:
            url = _seal(secret_key).decrypt(stored.encrypted_url).decode()
        except InvalidToken:
            logging.getLogger(__name__).error(
                "destination %r was created with another secret key; create it again", stored.name
            )
            continue
        found.append(Destination(stored.name, url, stored.min_severity))
    return found


def create(change: Change, secret_key: str, name: str, url: str, min_severity: str) -> None:
    """Create a destination, or change the one with that name.

    Raises InputError if Apprise does not know the URL, or the name or severity is invalid.
    """
    made = checked(name, url, min_severity)
    before = _find_stored(change, made.name)
    sealed = _seal(secret_key).encrypt(made.url.encode())
    stored = alerts.StoredDestination(made.name, sealed, made.min_severity)
    alerts.replace_destination(change.connection, stored, change.now)
    kind = {"kind": made.url.split("://")[0], "min_severity": made.min_severity}
    change.record("set destination", made.name, before and _said(before), kind)


def checked(name: str, url: str, min_severity: str) -> Destination:
    """A destination as it was entered.

    Raises InputError if Apprise does not know the URL, or the name or severity is invalid.
    """
    name, url = name.strip(), url.strip()
    if not name.isprintable() or not 0 < len(name) <= MAX_NAME_LENGTH:
        raise InputError("name", f"a name must have 1 to {MAX_NAME_LENGTH} printable characters")
    if not apprise.Apprise().add(url):
        raise InputError(
            "url",
            "this is not a URL that Apprise supports; it looks like mailto://user:password@host",
        )
    return Destination(name, url, _checked_severity(min_severity))


def set_severity(change: Change, name: str, min_severity: str) -> None:
    """Set the lowest severity that a destination receives. Raises NotFound or InputError."""
    before = _find_stored(change, name)
    if before is None:
        raise NotFound(f"there is no destination {name}")
    after = before._replace(min_severity=_checked_severity(min_severity))
    alerts.replace_destination(change.connection, after, change.now)
    change.record("set destination", name, _said(before), _said(after))


def remove(change: Change, name: str) -> None:
    """Delete a destination and give up its unsent messages. Raises NotFound."""
    before = _find_stored(change, name)
    if before is None or not alerts.delete_destination(change.connection, name):
        raise NotFound(f"there is no destination {name!r} to remove")
    change.record("remove destination", name, _said(before), None)


def note_test(
    change: Change, destination: Destination, message: Message, error: str | None
) -> None:
    """Write a test message to the delivery log, and its sender to the audit log."""
    alerts.insert_tested(change.connection, destination.name, message, error, change.now)
    outcome = {"accepted": error is None, **({"reason": error} if error else {})}
    change.record("test destination", destination.name, None, outcome)


def _find_stored(change: Change, name: str) -> alerts.StoredDestination | None:
    found = alerts.fetch_destinations(change.connection)
    return next((each for each in found if each.name == name), None)


def _said(stored: alerts.StoredDestination) -> dict[str, str]:
    return {"min_severity": stored.min_severity}


def _checked_severity(min_severity: str) -> Severity:
    if min_severity not in set(Severity):
        raise InputError(
            "min_severity",
            f"the severity must be one of {', '.join(Severity)}, not {min_severity!r}",
        )
    return Severity(min_severity)


def send(destination: Destination, message: Message, own_url: str | None) -> str | None:
    """Send one message; None if it was accepted, otherwise the reason without secrets.

    Text of clients is neutralised for the service; links under `own_url` stay links.
    """
    outcome: list[str | None] = []
    thread = threading.Thread(
        target=lambda: outcome.append(_notify(destination.url, message, own_url)), daemon=True
    )
    thread.start()
    thread.join(SEND_SECONDS)
    return outcome[0] if outcome else f"the service did not answer within {SEND_SECONDS} s"


def _notify(url: str, message: Message, own_url: str | None) -> str | None:
    try:
        services = apprise.Apprise()
        if not services.add(url):
            return "this is not a URL that Apprise supports"
        # The error of a connection is logged only for debugging.
        with apprise.LogCapture(level=logging.DEBUG) as log:  # type: ignore[no-untyped-call]
            answers = [_notify_service(each, message, own_url) for each in services]
            reasons = log.getvalue()
    except Exception as error:
        # Every exception in the code of a destination is a failed delivery.
        return f"sending failed with {type(error).__name__}"
    return None if all(answers) else in_words(reasons)


def _notify_service(service: apprise.NotifyBase, message: Message, own_url: str | None) -> bool:
    name = str(service.service_name)
    takes_markdown = service.resolve_format(apprise.NotifyFormat.TEXT) == MARKDOWN
    is_markdown = takes_markdown or name in SHOW_TEXT_AS_MARKDOWN
    title_is_apart = service.title_maxlen > 0
    one = apprise.Apprise()
    one.add(service)
    return bool(
        one.notify(
            title=neutral(message.title, is_markdown=is_markdown, keeps_domains=title_is_apart),
            body=neutral(
                message.body, own_url, is_markdown=is_markdown, keeps_domains=name in FOR_PROGRAMS
            ),
            body_format=MARKDOWN if takes_markdown else apprise.NotifyFormat.TEXT,
        )
    )


def _name_of(secret_key: str, url: str) -> str:
    """A name that distinguishes destinations of the settings without revealing them."""
    digest = hmac.digest(secret_key.encode(), url.encode(), sha256).hex()[:6]
    return f"{url.split('://')[0]} of the settings ({digest})"


def _seal(secret_key: str) -> Fernet:
    key = hmac.digest(secret_key.encode(), b"alert destinations", sha256)
    return Fernet(base64.urlsafe_b64encode(key))
