"""Why a notification did not arrive, from logs in the style of Apprise."""

import pytest

from batch_dashboard.model.alerts.delivery_errors import NOT_ACCEPTED, in_words


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            "Failed to send JSON POST notification: Page not found., error=404.",
            "the service answered 404 Not Found: "
            "it does not know the address or the token in the URL",
        ),
        (
            "Failed to send to Slack: error=503.",
            "the service answered 503 Service Unavailable: it has a problem of its own",
        ),
        ("Failed to send: error=418.", "the service answered 418 I'm a Teapot"),
        ("Failed to send: error=299.", "the service answered 299"),
        (
            "A Connection error occurred.\nSocket Exception: (Caused by NameResolutionError("
            "\"Failed to resolve 'hooks.invalid'\"))",
            "there is no host of this name",
        ),
        (
            "A Connection error occurred.\n[Errno 111] Connection refused",
            "nothing listens at this host and port",
        ),
        (
            "Socket Exception: SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed",
            "its TLS certificate is not trusted",
        ),
        (
            "Socket Exception: SSLError(1, '[SSL: WRONG_VERSION_NUMBER]')",
            "it does not speak TLS at this port; check the scheme of the URL",
        ),
        ("Read timed out. (read timeout=4.0)", "it did not answer in time"),
        (
            "SMTPAuthenticationError(535, b'5.7.8')",
            "the mail server does not accept the name and password",
        ),
        ("A Connection error occurred.", "the connection failed"),
        ("something new with secret-token in it", NOT_ACCEPTED),
        ("", NOT_ACCEPTED),
    ],
)
def test_a_log_is_put_into_words(log: str, words: str) -> None:
    assert in_words(log) == words
