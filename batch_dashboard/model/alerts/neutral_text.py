"""Text of clients in messages to people: it mentions nobody, links nowhere and formats nothing.

Names, categories and error lines come from whoever holds a token for uploads. A chat service would
notify everybody for `@everyone` in a name, and show `[text](address)` as a link.
Source: docs/alerts.md, "What clients wrote".
"""

import re

# Invisible; a word that contains it is neither a mention nor a link for any service.
BREAK = "\u200b"

_MARKUP = re.compile(r"[@\uff20<](?=\S)|:(?=//)|\](?=[(\[:])")
# Most services make a link of a name that looks like a host, without any scheme.
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
_MARKDOWN = re.compile(r"[\\`*_~\[\]|]")
# Controls but the line feed, and what turns the direction of the text around it.
_INVISIBLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_INCIDENT_PATH = re.compile(r"/incidents(?:/[0-9]+)?")


def neutral(
    text: str, own_url: str | None = None, *, is_markdown: bool = False, keeps_domains: bool = False
) -> str:
    """A text that a service shows unchanged; links to incidents under `own_url` stay links.

    `is_markdown`: the service shows Markdown, so its characters are escaped. `keeps_domains`: names
    such as `crates.io` stay unchanged where no service makes links of them.
    """
    lines = _INVISIBLE.sub("", text).split("\n")
    return "\n".join(_neutral_line(line, own_url, is_markdown, keeps_domains) for line in lines)


def _neutral_line(line: str, own_url: str | None, is_markdown: bool, keeps_domains: bool) -> str:
    start, link = _split_own_link(line, own_url)
    start = _MARKUP.sub(rf"\g<0>{BREAK}", start)
    if not keeps_domains:
        start = _DOMAIN.sub(rf"\g<0>{BREAK}", start)
    if is_markdown:
        start = _MARKDOWN.sub(r"\\\g<0>", start)
    return start + link


def _split_own_link(line: str, own_url: str | None) -> tuple[str, str]:
    """A line without the link that we wrote at its end, and that link."""
    if own_url is not None:
        place = line.rfind(own_url)
        if place >= 0 and _INCIDENT_PATH.fullmatch(line, place + len(own_url)):
            return line[:place], line[place:]
    return line, ""
