"""Why a notification did not arrive, in words: what Apprise logs holds addresses and secrets."""

import re
from http import HTTPStatus

NOT_ACCEPTED = "the service did not accept the message"

_STATUS = re.compile(r"\berror=(\d{3})\b")
_OF_STATUS = {
    400: "it does not understand the message; check the kind of service in the URL",
    401: "it does not accept the token or password in the URL",
    403: "it does not accept the token or password in the URL",
    404: "it does not know the address or the token in the URL",
    413: "the message is too large for it",
    429: "it receives too many messages",
}
# What the log holds, and what it means; the first that is found.
_SIGNS = (
    (("Failed to resolve", "Name or service not known"), "there is no host of this name"),
    (("Connection refused",), "nothing listens at this host and port"),
    (("No route to host", "Network is unreachable"), "this host cannot be reached from here"),
    (("CERTIFICATE_VERIFY_FAILED",), "its TLS certificate is not trusted"),
    (("SSLError", "[SSL"), "it does not speak TLS at this port; check the scheme of the URL"),
    (("timed out", "Timeout"), "it did not answer in time"),
    (("SMTPAuthentication", "(535"), "the mail server does not accept the name and password"),
    (("SMTPRecipientsRefused",), "the mail server does not accept the recipients"),
    (("SMTPSenderRefused",), "the mail server does not accept the sender"),
    (("RemoteDisconnected", "Connection reset"), "it closed the connection without an answer"),
    (("Connection error",), "the connection failed"),
)


def in_words(log: str) -> str:
    """The reason of a failed delivery, derived from its log without quoting it."""
    found = _STATUS.search(log)
    if found:
        return _status_in_words(int(found[1]))
    return next((words for signs, words in _SIGNS if any(s in log for s in signs)), NOT_ACCEPTED)


def _status_in_words(status: int) -> str:
    try:
        answer = f"the service answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"the service answered {status}"
    if status >= 500:
        return f"{answer}: it has a problem of its own"
    return f"{answer}: {_OF_STATUS[status]}" if status in _OF_STATUS else answer
