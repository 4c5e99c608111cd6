"""Failure messages in the style of many tools, and how they are grouped.

The files in `reasons/` hold families of messages as they look. Each family has a message with its
group, two messages that differ in the cause and must be in different groups, and two with the same
cause that must be in one group. The recipe is always `widget`.

In the files, ␛ is an escape character, ␍ a carriage return and ␠ a blank at the end of a line.
"""

from pathlib import Path
from typing import NamedTuple

RECIPE = "widget"

_FOLDER = Path(__file__).parent / "reasons"
_CONTROLS = str.maketrans({"␛": "\x1b", "␍": "\r", "␠": " "})


class Family(NamedTuple):
    """Messages of one tool or situation."""

    name: str
    message: str
    group: str
    different: tuple[str, str]
    same: tuple[str, str]


def read_families(path: Path) -> list[Family]:
    """The families in a file, in their order."""
    title, *parts = path.read_text(encoding="utf-8").translate(_CONTROLS).split("@@ family ")
    assert title.startswith("# "), path
    return [_family(part) for part in parts]


def _family(part: str) -> Family:
    name, *messages = part.split("@@ ")
    titles, texts = zip(*(message.split("\n", 1) for message in messages), strict=True)
    group, *others = titles
    assert others == ["different", "different", "same", "same"], name
    message, first, second, third, fourth = (text.rstrip("\n") for text in texts)
    return Family(
        name.strip(), message, group.removeprefix("group "), (first, second), (third, fourth)
    )


FAMILIES = [family for path in sorted(_FOLDER.glob("*.txt")) for family in read_families(path)]
