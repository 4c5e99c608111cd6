from datetime import UTC, datetime, timedelta

import pytest

from batch_dashboard.model import wording

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
