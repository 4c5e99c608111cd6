"""What each service receives when a client's names try to notify everybody or to be links."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.alerts.incidents import Message
from batch_dashboard.model.alerts.neutral_text import BREAK
from batch_dashboard.services.alerts.destinations import Destination, send
from tests.receivers import http_receiver

OWN = "https://dash.example.org"
LINK = f"{OWN}/incidents/5"
HOSTILE = (
    "@everyone <!channel> <@U024BE7LH> [free](https://evil.example) <https://evil.example|x> *b*"
)
MESSAGE = Message(f"1 warning: {HOSTILE}", f"WARNING stuck – {HOSTILE}: fails\n{LINK}")

# Services with a configurable server, with the path that each requests.
LOCAL = {
    "json": ("json://{place}/hook", "/hook"),
    "Mattermost": ("mmost://{place}/3ccdd113474722377935511fc85d3dd4", "/hooks/"),
    "as Slack": ("matrix://user:token@{place}/#general?mode=slack", "/api/v1/matrix/hook/"),
    "as Discord": (
        "fluxer://{place}/000000000000000000/abcdefghijklmnopqrstuvwxyz0123?mode=private",
        "",
    ),
}
# Services whose servers are fixed: what would be sent is caught where it would leave.
FIXED = {
    "Slack": "slack://TTTTTTTTT/BBBBBBBBB/XXXXXXXXXXXXXXXXXXXXXXXX/#general",
    "Slack, blocks": "slack://TTTTTTTTT/BBBBBBBBB/XXXXXXXXXXXXXXXXXXXXXXXX/#general?blocks=yes",
    "Slack, Markdown": "slack://TTTTTTTTT/BBBBBBBBB/XXXXXXXXXXXXXXXXXXXXXXXX/#g?format=markdown",
    "Discord": "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz0123456789",
    "Discord, Markdown": (
        "discord://123456789012345678/abcdefghijklmnopqrstuvwxyz0123456789?format=markdown"
    ),
    "Telegram": "tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/12315544/",
    "Teams": "workflows://host:443/workflowid/signature0123",
    "Google Chat": "gchat://workspace/key/token",
}
SHOWS_MARKDOWN = {"Mattermost", "Discord", "Discord, Markdown", "as Discord", "Teams"}


def texts(value: Any) -> Iterator[str]:
    """Every text in a document of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def assert_harmless(body: dict[str, Any], service: str) -> None:
    written = "\n".join(text for text in texts(body) if "WARNING" in text or "warning" in text)
    assert LINK in written, written
    for mark in ("@everyone", "<!", "&lt;!", "<@U", "@U024", "://evil", "](", "|<"):
        assert mark not in written, (mark, written)
    assert f"@{BREAK}everyone" in written
    # Nothing that a service would obey stands beside the text either.
    assert not body.get("allow_mentions", {}).get("parse")
    if service in SHOWS_MARKDOWN:
        assert r"\*b\*" in written, written
    else:
        assert "*b*" in written or r"\*b\*" in written, written


@pytest.mark.parametrize("service", LOCAL)
def test_a_service_on_our_side_receives_harmless_text(service: str) -> None:
    url, path = LOCAL[service]
    with http_receiver() as received:
        place = urlsplit(received.url).netloc
        destination = Destination("d", url.format(place=place), Severity.NOTICE)
        assert send(destination, MESSAGE, OWN) is None
        assert_harmless(received.wait(), service)
        assert received.paths[-1].startswith(path)


@pytest.mark.parametrize("service", FIXED)
def test_what_a_service_elsewhere_is_sent_is_harmless(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[PreparedRequest] = []

    def catch(_self: HTTPAdapter, request: PreparedRequest, **_: Any) -> Response:
        sent.append(request)
        answer = Response()
        answer.status_code, answer._content = 200, b"ok"
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", catch)
    assert send(Destination("d", FIXED[service], Severity.NOTICE), MESSAGE, OWN) is None
    for request in sent:
        assert isinstance(request.body, str | bytes)
        assert_harmless(json.loads(request.body), service)
    assert sent
