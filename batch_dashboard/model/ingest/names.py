"""Names that clients write: one name in two Unicode spellings is one name.

`é` can be one character or an `e` with an accent; names are compared and kept in NFC, the first.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar
from unicodedata import is_normalized, normalize

from batch_dashboard.errors import Problem

Name = TypeVar("Name", str, str | None)


def nfc(name: str) -> str:
    """A name in NFC."""
    return name if name.isascii() else normalize("NFC", name)


def nfc_column(names: list[Name]) -> list[Name]:
    """Many names in NFC; the same list where all of them are already, which is most often."""
    # Nothing combines with a line feed, so one look at all of them is enough.
    joined = "\n".join(filter(None, names))
    if joined.isascii() or is_normalized("NFC", joined):
        return names
    return [nfc(name) if name else name for name in names]


def long_names(path: str, names: Sequence[str | None], longest: int) -> Iterator[Problem]:
    """A problem for each name that is too long in NFC, which a few characters get longer by.

    `path` has a place for the index of a name, where there are many.
    """
    for index, name in enumerate(names):
        if name and len(name) > longest:
            place = path.format(index)
            message = f"must be at most {longest} characters in Unicode NFC, not {len(name):,}"
            yield Problem(place, f"{place} {message}")
