"""A line is judged and masked by its shape as it would be by itself, whatever its numbers are."""

import re
from random import Random

import pytest

from batch_dashboard.model.failures.reasons.kinds import judge, read_line
from batch_dashboard.model.failures.reasons.masking import mask, mask_line
from batch_dashboard.model.failures.reasons.shapes import shape_of
from tests.model.failures.reason_cases import FAMILIES

LINES = sorted(
    {
        line
        for family in FAMILIES
        for message in (family.message, *family.different, *family.same)
        for line in message.split("\n")
        if re.search(r"\d", line)
    }
)
# Numbers that rules know, among others.
NUMBERS = (
    *("0", "1", "7", "12", "124", "137", "200", "404", "503", "1000", "00", "0xc0000005"),
    *("0x7ffe12a8", "1077", "20260131", "3.14", "137.5", "64"),
)


def varied(line: str, random: Random) -> str:
    """The line with other numbers, of the same or of another length."""
    if random.random() < 0.5:
        return re.sub(r"\d", lambda _: str(random.randrange(10)), line)
    return re.sub(r"\d+", lambda _: random.choice(NUMBERS), line)


@pytest.mark.parametrize("seed", range(4))
def test_a_line_is_judged_and_masked_as_it_would_be_by_itself(seed: int) -> None:
    random = Random(seed)
    for line in LINES:
        other = varied(line, random)
        assert read_line(other) == judge.__wrapped__(other), other
        assert mask(other, "") == mask_line.__wrapped__(other), other


def test_a_shape_has_the_length_of_its_line() -> None:
    assert shape_of("step 7: 0x2f0a after 12.50 s") == "step 1: 0x1111 after 11.11 s"


@pytest.mark.parametrize(
    "line", ["0 errors", "HTTP 404", "exit code 137", "exit code 143", "0x80070005", "x64"]
)
def test_numbers_that_tell_causes_apart_are_part_of_the_shape(line: str) -> None:
    assert shape_of(line) == line
