"""The words of messages and of searches."""

import pytest

from batch_dashboard.model.failures.message_words import is_beginning, message_words


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("  code: 'ERR_ASSERTION',", ["code", "err_assertion"]),
        ("libssl.so.3 not found: libssl.so.3", ["libssl", "so", "3", "not", "found"]),
        ("\x1b[31mError\x1b[0m: Straße", ["error", "strasse"]),
        ("50%\r100% done", ["100", "done"]),
        ("cafe\u0301 café", ["café"]),
        ("*** (!) ***", []),
        ("", []),
        ("x" * 99, ["x" * 64]),
    ],
)
def test_words_are_letters_digits_and_underscores(message: str, words: list[str]) -> None:
    assert message_words(message) == words


def test_a_beginning_has_three_characters_or_more() -> None:
    assert [is_beginning(word) for word in ("er", "err", "x" * 64)] == [False, True, False]
