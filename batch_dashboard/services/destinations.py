"""Where notifications go: Apprise URLs from the settings and those operators made."""

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
from batch_dashboard.model.incidents import Message
from batch_dashboard.model.neutral_text import neutral
from batch_dashboard.model.pipelines import NOTICE, SEVERITIES
from batch_dashboard.services.changes import Change
from batch_dashboard.store import alerts
from batch_dashboard.store.engine import Connection

# Longer than every time limit of Apprise itself; whoever trickles beyond that is left alone.
SEND_SECONDS = 30
LONGEST_ERROR = 300
SHORTEST_SECRET = 6
MAX_NAME_LENGTH = 60

MARKDOWN = apprise.NotifyFormat.MARKDOWN
# Apprise hands them plain text, and they show it as Markdown.
SHOW_TEXT_AS_MARKDOWN = {"Discord", "Fluxer", "Guilded", "Mattermost", "Revolt"}
# Their messages are read by programs, which make no links of names.
FOR_PROGRAMS = {"JSON", "XML", "Form"}


@dataclass(frozen=True)
class Destination:
    """Where messages go; the URL holds secrets and stays out of the representation."""

    name: str
    url: str
    least_severity: str

    def __repr__(self) -> str:
        return f"Destination({self.name!r}, {self.least_severity!r})"


def fetch_all(
    connection: Connection, secret_key: str, setting_urls: Sequence[str]
) -> list[Destination]:
    """Every destination; one sealed under another secret key cannot be used and is left out."""
    found = [
        Destination(_name_of(secret_key, url), url, NOTICE) for url in dict.fromkeys(setting_urls)
    ]
    for stored in alerts.fetch_destinations(connection):
        try:
            url = _seal(secret_key).decrypt(stored.sealed_url).decode()
        except InvalidToken:
            logging.getLogger(__name__).error(
                "destination %r was made under another secret key; make it again", stored.name
            )
            continue
        found.append(Destination(stored.name, url, stored.least_severity))
    return found


def create(change: Change, secret_key: str, name: str, url: str, least_severity: str) -> None:
    """Make a destination, or change the one of that name.

    Raises InputError when Apprise does not know the URL, or the name or severity cannot be used.
    """
    name, url = name.strip(), url.strip()
    if not name.isprintable() or not 0 < len(name) <= MAX_NAME_LENGTH:
        raise InputError("name", f"a name has 1 to {MAX_NAME_LENGTH} printable characters")
    if not apprise.Apprise().add(url):
        raise InputError(
            "url",
            "this is no URL that Apprise can send to; it looks like mailto://user:password@host",
        )
    before = _find_stored(change, name)
    sealed = _seal(secret_key).encrypt(url.encode())
    stored = alerts.StoredDestination(name, sealed, _checked(least_severity))
    alerts.replace_destination(change.connection, stored, change.now)
    kind = {"kind": url.split("://")[0], "least_severity": least_severity}
    change.record("set destination", name, before and _said(before), kind)


def set_severity(change: Change, name: str, least_severity: str) -> None:
    """From which severity on a destination is told. Raises NotFound or InputError."""
    before = _find_stored(change, name)
    if before is None:
        raise NotFound(f"there is no destination {name}")
    after = before._replace(least_severity=_checked(least_severity))
    alerts.replace_destination(change.connection, after, change.now)
    change.record("set destination", name, _said(before), _said(after))


def remove(change: Change, name: str) -> None:
    """Delete a destination; what waits for it is given up. Raises NotFound."""
    before = _find_stored(change, name)
    if before is None or not alerts.delete_destination(change.connection, name):
        raise NotFound(f"there is no destination {name!r} to remove")
    change.record("remove destination", name, _said(before), None)


def note_test(
    change: Change, destination: Destination, message: Message, error: str | None
) -> None:
    """Note a test message in the delivery log, and who sent it."""
    alerts.insert_tested(change.connection, destination.name, message, error, change.now)
    change.record("test destination", destination.name, None, {"error": error})


def _find_stored(change: Change, name: str) -> alerts.StoredDestination | None:
    found = alerts.fetch_destinations(change.connection)
    return next((each for each in found if each.name == name), None)


def _said(stored: alerts.StoredDestination) -> dict[str, str]:
    return {"least_severity": stored.least_severity}


def _checked(least_severity: str) -> str:
    if least_severity not in SEVERITIES:
        raise InputError(
            "least_severity",
            f"a severity is one of {', '.join(SEVERITIES)}, not {least_severity!r}",
        )
    return least_severity


def send(destination: Destination, message: Message, own_url: str | None) -> str | None:
    """Send one message; None when it was accepted, else what went wrong, without secrets.

    What clients wrote is made neutral for the service; links under `own_url` stay links.
    """
    outcome: list[str | None] = []
    thread = threading.Thread(
        target=lambda: outcome.append(_notify(destination.url, message, own_url)), daemon=True
    )
    thread.start()
    thread.join(SEND_SECONDS)
    return outcome[0] if outcome else f"no answer within {SEND_SECONDS} s"


def _notify(url: str, message: Message, own_url: str | None) -> str | None:
    try:
        services = apprise.Apprise()
        if not services.add(url):
            return "this is no URL that Apprise can send to"
        with apprise.LogCapture(level=logging.WARNING) as said:  # type: ignore[no-untyped-call]
            answers = [_notify_service(each, message, own_url) for each in services]
            reasons = said.getvalue()
    except Exception as error:
        # Whatever a destination's code raises is why it did not get through.
        return f"{type(error).__name__} while sending"
    return None if all(answers) else _without_secrets(url, reasons) or "it was not accepted"


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


def _without_secrets(url: str, text: str) -> str:
    """What was said, with each longer part of the URL hidden."""
    parts = url.replace("://", "/").replace("@", "/").replace(":", "/").replace("?", "/")
    for part in sorted(parts.split("/"), key=len, reverse=True):
        if len(part) >= SHORTEST_SECRET:
            text = text.replace(part, "…")
    return " ".join(text.split())[:LONGEST_ERROR]


def _name_of(secret_key: str, url: str) -> str:
    """A name that tells destinations of the settings apart without telling what they are."""
    digest = hmac.digest(secret_key.encode(), url.encode(), sha256).hex()[:6]
    return f"{url.split('://')[0]} of the settings ({digest})"


def _seal(secret_key: str) -> Fernet:
    key = hmac.digest(secret_key.encode(), b"alert destinations", sha256)
    return Fernet(base64.urlsafe_b64encode(key))
