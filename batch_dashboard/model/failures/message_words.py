"""The words of a message, as searches know them. Source: docs/failure-groups.md, "Search"."""

import re
import unicodedata

from batch_dashboard.model.failures.failure_groups import plain_text

# What is longer is no word that anybody types; its beginning is found.
MAX_WORD_LENGTH = 64
# Letters, digits and underscores in a row: `ERR_ASSERTION` is a word, `libssl.so.3` are three.
WORD = re.compile(rf"(\w{{1,{MAX_WORD_LENGTH}}}+)\w*+")
# The last word of a search may be the beginning of one, unless it is so short that much begins so.
MIN_BEGINNING = 3


def message_words(message: str) -> list[str]:
    """The different words of a message, in lower case, in the order they come."""
    text = plain_text(message)
    text = text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()
    return list(dict.fromkeys(WORD.findall(text)))


def is_beginning(word: str) -> bool:
    """Whether the last word of a search matches every word that begins with it."""
    return MIN_BEGINNING <= len(word) < MAX_WORD_LENGTH
