from datetime import UTC, datetime, timedelta

import pytest

from batch_dashboard.model.text import wording

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (None, "–"),
        (0, "0 %"),
        (1, "100 %"),
        (0.99999, "99.9 %"),
        (0.00001, "0.1 %"),
        (0.456, "45.6 %"),
        (1.204, "120.4 %"),
    ],
)
def test_only_all_is_100_percent_and_only_nothing_0(rate: float | None, words: str) -> None:
    assert wording.percent(rate).replace("\u202f", " ") == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "unknown"),
        (0, "0"),
        (0.001, "< 0.01"),
        (0.0667, "0.07"),
        (56.74, "56.7"),
        (1234.5, "1,234"),
    ],
)
def test_minutes_have_the_decimals_that_help(value: float | None, words: str) -> None:
    assert wording.minutes(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (10, "just now"),
        (60, "1 min ago"),
        (3 * 3600, "3 h ago"),
        (86_400, "1 day ago"),
        (253 * 86_400, "253 days ago"),
        (-7200, "in 2 h"),
    ],
)
def test_times_are_said_from_now(seconds: int, words: str) -> None:
    assert wording.relative(NOW - timedelta(seconds=seconds), NOW) == words


def test_durations_are_said_in_two_units() -> None:
    assert [wording.duration(s) for s in (None, 8.44, 59.9, 200, 15_120, 90_000)] == [
        "unknown",
        "8.4 s",
        "1 min 0 s",
        "3 min 20 s",
        "4 h 12 min",
        "1 d 1 h",
    ]


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("jq", "", "jq"),
        ("x" * 20, "", "x" * 20),
        ("org.apache.commons.very.long.name", "org.apache.commons.very", ".long.name"),
        # A letter keeps its accent, a joined sign its parts.
        ("n" * 15 + "e" + "\u0301" * 10, "n" * 15, "e" + "\u0301" * 10),
        ("n" * 19 + "👩\u200d💻" + "abcdefgh", "n" * 19, "👩\u200d💻" + "abcdefgh"),
        ("\u0301" * 30, "", "\u0301" * 30),
    ],
)
def test_a_long_name_keeps_its_end(name: str, start: str, end: str) -> None:
    assert wording.in_two(name) == (start, end)


def test_what_is_too_much_of_a_name_is_left_out_in_the_middle() -> None:
    assert wording.shortened("org.apache.commons.very.long.name", 28) == (
        "org.apache.common….long.name"
    )
    assert wording.shortened("x" * 28, 28) == "x" * 28


@pytest.mark.parametrize(
    ("message", "shown"),
    [("it is gone", "It is gone."), ("Gone.", "Gone."), ("who asks?", "Who asks?"), ("", "")],
)
def test_a_message_becomes_a_sentence(message: str, shown: str) -> None:
    assert wording.sentence(message) == shown
