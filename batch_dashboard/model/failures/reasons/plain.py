"""A message without what only a terminal understands."""

import re

# CSI, OSC (ended by BEL or ST) and the two- and three-character escape sequences of ECMA-48.
# The parameters of a sequence that was cut off are removed with it.
_ESCAPE_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]?"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*+(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*+[0-~]?"
)
# Control characters other than tab and line feed, and the marks that reverse the order of text.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain_text(message: str) -> str:
    """The message as a terminal would leave it on the screen, as lines of visible text.

    ANSI sequences are removed, text that a carriage return overwrote is removed, and so are all
    other control characters except line feed and tab.
    """
    if not _CONTROLS.search(message):
        return message
    text = message.replace("\r\n", "\n")
    if "\x1b" in text or "\x9b" in text or "\x9d" in text:
        text = _ESCAPE_SEQUENCES.sub("", text)
    if "\r" in text:
        text = "\n".join(map(_last_written, text.split("\n")))
    return _CONTROLS.sub("", text)


def _last_written(line: str) -> str:
    """The visible text of a line that was overwritten once or several times."""
    if "\r" not in line:
        return line
    return line.rstrip("\r").rpartition("\r")[2]


def lowered(text: str) -> str:
    """The text in lower case and of the same length."""
    low = text.lower()
    # The capital dotted I becomes two characters.
    return low if len(low) == len(text) else text.replace("\u0130", "i").lower()
