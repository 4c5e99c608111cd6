"""Lines that differ in numbers only: what is found out about one of them is true of all."""

import re

# Some numbers stay as they are: those within a name, such as `x64`, and those whose value
# distinguishes causes: a single 0, HTTP codes of errors, exit codes of signals, Windows codes.
# A digit comes first in the expression, so that the re module skips to one.
_NUMBERS = re.compile(
    r"[0-9](?<![A-Za-z_0-9].)(?:(?<=0)x(?![8cC]0)[0-9a-fA-F]+"
    r"|(?!(?<=0)(?![0-9])|(?<=[45])[0-9]{2}(?![0-9])|(?<=1)(?:2[467]|3[479]|43)(?![0-9]))[0-9]*)"
)


def shape_of(line: str) -> str:
    """The line with its numbers written in ones, of the same length."""
    return _NUMBERS.sub(_ones, line)


def _ones(match: re.Match[str]) -> str:
    number = match[0]
    return f"0x{'1' * (len(number) - 2)}" if number.startswith("0x") else "1" * len(number)
