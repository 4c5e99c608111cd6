"""Alternatives that are divided by their first character find what plain ones find."""

import re

import pytest

from batch_dashboard.model.failures.reasons.expressions import alternatives, any_phrase

WORDS = ("error", r"err_\w+", "fatal", " (?:bad|worse)")


@pytest.mark.parametrize("text", ["no error", "an err_x", "fatal", "so bad", "far worse", "er", ""])
def test_they_find_the_same(text: str) -> None:
    plain = re.search("|".join(WORDS), text)
    divided = re.search(alternatives(*WORDS), text)
    assert (plain and plain.span()) == (divided and divided.span())


def test_none_is_found_behind_a_character_of_the_class() -> None:
    expression = re.compile(alternatives("error", "fatal", after=r"\w-"))
    assert [match.start() for match in expression.finditer("error xerror -fatal (fatal")] == [0, 21]


def test_phrases_are_plain_texts() -> None:
    phrase = any_phrase("(wstat", "a.b", " *")
    assert phrase.search("x (wstat 256)")
    assert phrase.search("2 * 3")
    assert not phrase.search("axb")
