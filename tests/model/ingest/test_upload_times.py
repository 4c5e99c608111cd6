"""The times of a payload: spellings that clients write, and which times are possible."""

from datetime import UTC, datetime, timedelta

import pytest

from batch_dashboard.errors import Problem
from batch_dashboard.model.ingest.upload_times import ahead_warning, check_time, parse_time
from tests.factories import NOW


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T08:30:00Z",
        "2026-11-20t08:30:00z",
        "2026-11-20T08:30:00",
        "2026-11-20 08:30:00.999",
        "2026-11-20T09:30:00+01:00",
        "2026-11-20T09:30:00+0100",
        "2026-11-20 09:30:00+01",
        "2026-11-20 09:30:00 +0100",
        "2026-11-20T08:30:00+0000",
        "2026-11-20 08:30:00+00",
        "2026-11-20T03:00:00-05:30",
    ],
)
def test_one_moment_has_many_spellings(text: str) -> None:
    assert parse_time(text) == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20",
        "2026-11-20T08:30Z",
        "2026-11-20T08:30:00 UTC",
        "2026-11-20T08:30:00+1",
        "2026-11-20T08:30:00+010",
        "2026-11-20T08:30:00+24:00",
        "2026-11-20T08:30:00 Z",
        "2026-13-20T08:30:00Z",
        "1763632800",
        "٢٠٢٦-11-20T08:30:00Z",
        "0001-01-01T00:00:00+01:00",
        "",
    ],
)
def test_anything_else_is_no_time_and_is_shown(text: str) -> None:
    found = check_time("started_at", text, NOW)
    assert isinstance(found, Problem)
    assert "must be an RFC 3339 time" in found.message
    assert f"“{text}”" in found.message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0001-01-01T00:00:00Z", "must not be before 2000-01-01"),
        ("0999-12-31T00:00:00Z", "must not be before 2000-01-01"),
        ("1970-01-01T00:00:00Z", "the clock of the client is not set"),
        ("1999-12-31T23:59:59Z", "must not be before 2000-01-01"),
        ("2000-01-01T00:00:00+00:01", "must not be before 2000-01-01"),
        ("2000-01-01T00:00:00Z", None),
        ("2026-11-24T12:00:00Z", None),
        ("2026-11-24T12:00:01Z", "is over a day ahead of now (2026-11-23T12:00Z)"),
        ("9999-12-31T23:59:59Z", "is over a day ahead of now"),
    ],
)
def test_a_time_lies_between_2000_and_a_day_ahead(text: str, complaint: str | None) -> None:
    found = check_time("started_at", text, NOW)
    if complaint is None:
        assert found == parse_time(text)
    else:
        assert isinstance(found, Problem)
        assert complaint in found.message
        assert f"“{text}”" in found.message


def test_more_than_five_minutes_ahead_is_a_warning() -> None:
    assert ahead_warning("started_at", NOW + timedelta(minutes=5), NOW) is None
    warning = ahead_warning("started_at", NOW + timedelta(hours=14), NOW)
    assert warning == (
        "started_at is 14 h 0 min ahead of now (2026-11-23T12:00Z); "
        "a time without an offset is read as UTC"
    )
