"""A text to look for in a list: from the URL."""

from collections.abc import Mapping

MAX_TEXT_LENGTH = 200


def parse_text(args: Mapping[str, str], name: str, complaints: list[str]) -> str | None:
    """A text of a query string, None when there is none; what is wrong is added to `complaints`."""
    text = args.get(name, "").strip()
    if len(text) > MAX_TEXT_LENGTH or not text.isprintable():
        complaints.append(f"“{name}” must be at most {MAX_TEXT_LENGTH} characters on one line.")
        return None
    return text or None
