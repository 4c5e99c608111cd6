"""A text to look for in a list, or one of a few words to choose: from the URL."""

from collections.abc import Iterable, Mapping

from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.text.wording import CONTROL_CHARACTER, not_one_of

MAX_TEXT_LENGTH = 200
MAX_WORDS = 6


def parse_text(args: Mapping[str, str], name: str, complaints: list[str]) -> str | None:
    """A text of a query string, None if there is none; errors are added to `complaints`."""
    text = nfc(args.get(name, "").strip())
    if len(text) > MAX_TEXT_LENGTH or CONTROL_CHARACTER.search(text):
        complaints.append(f"“{name}” must be at most {MAX_TEXT_LENGTH} characters on one line.")
        return None
    return text or None


def parse_number(
    args: Mapping[str, str], name: str, what: str, complaints: list[str]
) -> int | None:
    """The number of a row in a query string; what is wrong is added to `complaints`.

    `what` is what it numbers, such as `a batch run`.
    """
    text = args.get(name, "").strip()
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ROW_ID))
    if not is_number or int(text) > MAX_ROW_ID:
        complaints.append(f"“{name}” must be the number of {what}, not “{text[:40]}”.")
        return None
    return int(text)


def parse_word(
    args: Mapping[str, str], name: str, allowed: Iterable[str], complaints: list[str]
) -> str | None:
    """One of a few words of a query string; what is wrong is added to `complaints`."""
    word = args.get(name, "").strip()
    if word and word not in allowed:
        complaints.append(not_one_of(name, allowed, word))
        return None
    return word or None


def words_of(text: str) -> list[str]:
    """The words of a search text, up to MAX_WORDS of them."""
    return text.split()[:MAX_WORDS]


def holds_words(name: str, words: Iterable[str]) -> bool:
    """Whether a name holds every word, in any order and in capitals or not."""
    folded = name.casefold()
    return all(word.casefold() in folded for word in words)


def run_number(text: str) -> int | None:
    """The id in `7`, `#7` or `run 7`, None if a text contains none."""
    digits = text.casefold().removeprefix("run").strip().removeprefix("#")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(MAX_ROW_ID)):
        return None
    number = int(digits)
    return number if number <= MAX_ROW_ID else None
