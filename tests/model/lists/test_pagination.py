"""A place in a list survives the URL, and nothing made up becomes one."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_dashboard.model.lists.pagination import END, MAX_ROW_ID, Cursor, parse_cursor

KEYS = st.tuples(
    st.text(st.characters(exclude_categories=("C", "Z")), max_size=200),
    st.integers(-MAX_ROW_ID, MAX_ROW_ID),
    st.floats(-1e18, 1e18),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
        lambda time: time.replace(microsecond=0, tzinfo=UTC)
    ),
)


def made_up(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(KEYS, st.booleans())
def test_a_place_comes_back_from_the_url(
    key: tuple[str, int, float, datetime], before: bool
) -> None:
    cursor = Cursor(key, before)
    assert parse_cursor(cursor.query, (str, int, float, datetime)) == (cursor, [])


def test_the_end_of_a_list_can_be_asked_for() -> None:
    assert parse_cursor({"before": END}, (int,)) == (Cursor((), before=True), [])


@pytest.mark.parametrize(
    ("token", "kinds"),
    [
        ("made-up", (int,)),
        ("🎉", (int,)),
        (END, (int,)),  # nothing comes after the end
        ("x" * 5_000, (int,)),
        (Cursor((1, 2)).token, (int,)),
        (Cursor(("1",)).token, (int,)),
        (Cursor((1.5,)).token, (int,)),
        (Cursor((1,)).token, (str,)),
        (Cursor((MAX_ROW_ID,)).token, (datetime,)),
        (Cursor((MAX_ROW_ID + 1,)).token, (int,)),
        (Cursor((float("nan"),)).token, (float,)),
        (Cursor((True,)).token, (int,)),
        (Cursor(("a\nb",)).token, (str,)),
        (made_up('["\\ud83d"]'), (str,)),
        (Cursor((10**400,)).token, (int,)),
        (Cursor((10**400,)).token, (float,)),
        (Cursor((-(10**400),)).token, (datetime,)),
        (Cursor((float("inf"),)).token, (float,)),
        (Cursor((1e300,)).token, (float,)),
        (Cursor((10**11 * 10**4,)).token, (datetime,)),
    ],
)
def test_a_token_of_another_list_or_made_up_names_no_place(
    token: str, kinds: tuple[type, ...]
) -> None:
    cursor, complaints = parse_cursor({"after": token}, kinds)
    assert cursor is None
    assert len(complaints) == 1


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.integers(10**18, 10**400)
        | st.floats()
        | st.text(st.characters()),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
        max_leaves=5,
    ),
    st.lists(st.sampled_from([str, int, float, datetime]), min_size=1, max_size=3),
)
def test_any_json_is_a_place_or_a_complaint(value: Any, kinds: list[type]) -> None:
    cursor, complaints = parse_cursor({"after": made_up(json.dumps(value))}, kinds)
    assert (cursor is None) == bool(complaints)
    if cursor is not None:
        assert [type(part) for part in cursor.key] == kinds
        assert parse_cursor(cursor.query, kinds) == (cursor, [])
