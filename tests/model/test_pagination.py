"""A place in a list survives the URL, and nothing made up becomes one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_dashboard.model.pagination import END, MAX_ROW_ID, Place, parse_place

KEYS = st.tuples(
    st.text(st.characters(exclude_categories=("C", "Z")), max_size=200),
    st.integers(-MAX_ROW_ID, MAX_ROW_ID),
    st.floats(-1e18, 1e18),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
        lambda time: time.replace(microsecond=0, tzinfo=UTC)
    ),
)


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
    ],
)
def test_a_token_of_another_list_or_made_up_names_no_place(
    token: str, kinds: tuple[type, ...]
) -> None:
    place, complaints = parse_place({"after": token}, kinds)
    assert place is None
    assert len(complaints) == 1
