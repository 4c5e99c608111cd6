"""A place in a list survives the URL, and nothing made up becomes one."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_dashboard.model.lists.pagination import END, MAX_ROW_ID, Place, parse_place

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
    place = Place(key, before)
    assert parse_place(place.query, (str, int, float, datetime)) == (place, [])


def test_the_end_of_a_list_can_be_asked_for() -> None:
    assert parse_place({"before": END}, (int,)) == (Place((), before=True), [])


@pytest.mark.parametrize(
    ("token", "kinds"),
    [
        ("made-up", (int,)),
        ("🎉", (int,)),
        (END, (int,)),  # nothing comes after the end
        ("x" * 5_000, (int,)),
        (Place((1, 2)).token, (int,)),
        (Place(("1",)).token, (int,)),
        (Place((1.5,)).token, (int,)),
        (Place((1,)).token, (str,)),
        (Place((MAX_ROW_ID,)).token, (datetime,)),
        (Place((MAX_ROW_ID + 1,)).token, (int,)),
        (Place((float("nan"),)).token, (float,)),
        (Place((True,)).token, (int,)),
        (Place(("a\nb",)).token, (str,)),
        (made_up('["\\ud83d"]'), (str,)),
        (Place((10**400,)).token, (int,)),
        (Place((10**400,)).token, (float,)),
        (Place((-(10**400),)).token, (datetime,)),
        (Place((float("inf"),)).token, (float,)),
        (Place((1e300,)).token, (float,)),
        (Place((10**11 * 10**4,)).token, (datetime,)),
    ],
)
def test_a_token_of_another_list_or_made_up_names_no_place(
    token: str, kinds: tuple[type, ...]
) -> None:
    place, complaints = parse_place({"after": token}, kinds)
    assert place is None
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
    place, complaints = parse_place({"after": made_up(json.dumps(value))}, kinds)
    assert (place is None) == bool(complaints)
    if place is not None:
        assert [type(part) for part in place.key] == kinds
        assert parse_place(place.query, kinds) == (place, [])
