"""A text to look for in a list, or one of a few words to choose: from the URL."""

from collections.abc import Iterable, Mapping

from batch_dashboard.model.wording import CONTROL_CHARACTER, not_one_of

MAX_TEXT_LENGTH = 200


def parse_text(args: Mapping[str, str], name: str, complaints: list[str]) -> str | None:
    """A text of a query string, None when there is none; what is wrong is added to `complaints`."""
    text = args.get(name, "").strip()
    if len(text) > MAX_TEXT_LENGTH or CONTROL_CHARACTER.search(text):
        complaints.append(f"“{name}” must be at most {MAX_TEXT_LENGTH} characters on one line.")
        return None
    return text or None


def parse_word(
    args: Mapping[str, str], name: str, allowed: Iterable[str], complaints: list[str]
) -> str | None:
    """One of a few words of a query string; what is wrong is added to `complaints`."""
    word = args.get(name, "").strip()
    if word and word not in allowed:
        complaints.append(not_one_of(name, allowed, word))
        return None
    return word or None
