"""Regular expressions in a form that the re module searches for quickly."""

import re


def alternatives(*expressions: str, after: str = "") -> str:
    """An expression that finds any of several, each of which begins with a plain character.

    They are divided by their first characters: the re module skips to a place where one of these
    stands, and tries only what begins with it. With `after`, a class of characters without its
    brackets, none is found behind one of these characters.
    """
    rests: dict[str, list[str]] = {}
    for expression in expressions:
        rests.setdefault(re.escape(expression[0]), []).append(expression[1:])
    return "|".join(
        rf"{first}{f'(?<![{after}]{first})' if after else ''}(?:{'|'.join(rest)})"
        for first, rest in rests.items()
    )


def any_phrase(*phrases: str) -> re.Pattern[str]:
    """An expression that finds any of several plain texts."""
    return re.compile(alternatives(*(phrase[0] + re.escape(phrase[1:]) for phrase in phrases)))
