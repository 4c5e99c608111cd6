"""What clients wrote mentions nobody and links nowhere; what we wrote stays as it is."""

import pytest

from batch_dashboard.model.alerts.neutral_text import BREAK, neutral

OWN = "https://dash.example.org/ci"


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("@everyone", "@|everyone"),
        ("\uff20here", "\uff20|here"),
        ("<!channel>", "<|!channel>"),
        ("<@U024BE7LH>", "<|@|U024BE7LH>"),
        ("[free](https://evil.example)", "[free]|(https:|//evil.|example)"),
        ("[free]: //evil", "[free]|: //evil"),
        ("ftp://evil", "ftp:|//evil"),
        ("crates.io", "crates.|io"),
        ("mail me@evil.example", "mail me@|evil.|example"),
        ("1.2.3 a < b, c @ d. End", "1.2.3 a < b, c @ d. End"),
        ("\u202eabc\x1b[31m\x00", "abc[31m"),
    ],
)
def test_mentions_and_links_are_broken_and_nothing_else_is(text: str, broken: str) -> None:
    assert neutral(text) == broken.replace("|", BREAK)


def test_links_to_our_incidents_stay_links() -> None:
    link = f"{OWN}/incidents/7"
    text = f"wget: see https://evil.example/x\n{link}\n\nand 2 more: {OWN}/incidents"
    shown = neutral(text, OWN, is_markdown=True).split("\n")
    assert shown[1:] == [link, "", f"and 2 more: {OWN}/incidents"]
    assert f"https:{BREAK}//evil.{BREAK}example/x" in shown[0]


@pytest.mark.parametrize("rest", ["/incidents/7x", "/incidents/7 more", "/incidents//evil", ""])
def test_what_only_begins_like_our_link_is_broken(rest: str) -> None:
    assert "://" not in neutral(f"{OWN}{rest}", OWN)


def test_markdown_is_shown_as_its_characters() -> None:
    assert neutral("checksum of *-*.tar_gz | `x`", is_markdown=True, keeps_domains=True) == (
        r"checksum of \*-\*.tar\_gz \| \`x\`"
    )


def test_programs_get_names_of_hosts_unchanged() -> None:
    assert neutral("crates.io", keeps_domains=True) == "crates.io"
