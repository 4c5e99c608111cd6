"""Which failed results say the same. Source: docs/failure-groups.md.

A message is reduced to its telling line, what differs from one occurrence to the next is masked,
and the group is the error category with what is left.
"""

import re
from hashlib import blake2b

MASK = "*"

# Longer lines say no more: what differs behind this is not looked at.
MAX_LINE_LENGTH = 1_000

TELLING_LINE = re.compile(
    r"^\W*(?:error|fatal|fail(?:ed|ure)?|panic|exception|traceback|abort(?:ed)?|cannot|unable)\b",
    re.IGNORECASE,
)

# What clients end a message with that they cut off.
CUT_OFF = ("...", "…")
LIST_ITEM = ("- ", "* ", "• ")

# Alternatives are tried in this order at each place of the line, so the wide ones come first. Each
# begins where its run of characters begins and never gives any back: the time grows with the
# length of the line alone, whatever a client sends.
_URLS = r"""(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://[^\s)\]>"'`]++"""
_QUOTED_NAMES = r"""
    (?<![\w'’])'[^'\n]{1,200}+'(?!\w) | "[^"\n]{1,200}+" | `[^`\n]{1,200}+` | “[^”\n]{1,200}+”
"""
_PATHS = r"""
      (?<!\w)(?:[a-z]:)?+[~.]{0,2}+[/\\][^\s:,;()\[\]"'`]++
    | (?<![\w.@+-])[\w.@+-]++(?:/[\w.@+-]++)++                    # names with slashes
"""
_NUMBERS = r"""
      \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b             # UUIDs
    | \b0x[0-9a-f]++                                             # addresses
    | \b(?=[a-f]*+\d)[0-9a-f]{7,}+\b                             # hex runs with a digit in them
    | \bv?\d++(?:\.\d++)++(?:[-+.]?[a-z0-9]++)*+                  # versions
    | \d++
"""


def _masked(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | re.VERBOSE)


MASKED = _masked(_URLS, _QUOTED_NAMES, _PATHS, _NUMBERS)
# The same of a line without a slash, in a third of the time.
MASKED_WITHOUT_SLASH = _masked(_QUOTED_NAMES, _NUMBERS)
SLASH = re.compile(r"[/\\]")
REPEATED_MASK = re.compile(r"\*(?:[\s,]*+\*)++")


def telling_line(message: str) -> str:
    """The last line that begins with an error word, else the last line that is not blank.

    An item of a list right below belongs to it. Where the message was cut within the line, the
    unfinished word is masked; a line of that word alone gives way to the one above.
    """
    below = ""
    unfinished = message.rstrip().endswith(CUT_OFF)
    lines = [line for line in map(str.strip, message.splitlines()) if line]
    if unfinished and len(lines) > 1 and " " not in lines[-1]:
        lines.pop()
        unfinished = False
    for line in reversed(lines):
        if TELLING_LINE.match(line):
            if below.startswith(LIST_ITEM):
                line = f"{line} {below}"
            break
        below = line
    else:
        line = lines[-1] if lines else ""
    if unfinished and line.endswith(lines[-1]):
        line = f"{line.rpartition(' ')[0]} {MASK}".lstrip()
    return line[:MAX_LINE_LENGTH]


def masked_line(message: str | None, recipe_name: str) -> str:
    """The telling line with everything masked that differs between occurrences.

    Empty for a result without a message.
    """
    if not message:
        return ""
    line = telling_line(message)
    if recipe_name in line:
        line = re.sub(rf"(?<!\w){re.escape(recipe_name)}(?!\w)", MASK, line)
    masked = MASKED if SLASH.search(line) else MASKED_WITHOUT_SLASH
    return " ".join(REPEATED_MASK.sub(MASK, masked.sub(MASK, line)).split())


def failure_group_id(error_category: str | None, line: str) -> int:
    """The group's number, 0…2⁶³-1: the same on every machine and after every restart."""
    text = f"{error_category or ''}\0{line}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) >> 1
