"""Pages, CSV files and the API show the same numbers, whatever is chosen."""

import csv
import io
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_dashboard.model.api.operations import OPERATIONS, Operation
from batch_dashboard.model.catalogue.fields import Field, Kind

LISTS = {
    operation.resource.name: operation
    for operation in OPERATIONS
    if operation.is_list and not operation.parts and not operation.needs_ecosystem
}
# The page with the rows of a list, the link to each row, and the field in it.
PAGES = {
    "batch_runs": ("/batch-runs", r'href="/batch-runs/(\d+)"', "id"),
    "failure_groups": ("/failures", r'href="/failures/(\d+)[?"]', "id"),
}
DAYS = [f"2026-11-{day}" for day in range(17, 23)]
PERIODS = st.one_of(
    st.sampled_from([{}, {"last": "7d"}, {"last": "all"}]),
    st.tuples(st.integers(0, 4), st.integers(1, 5))
    .filter(lambda pair: pair[0] < pair[1])
    .map(lambda pair: {"since": DAYS[pair[0]], "until": DAYS[pair[1]]}),
    st.sampled_from(DAYS).map(lambda day: {"since": day}),
    st.sampled_from(DAYS).map(lambda day: {"until": day}),
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "ecosystem": st.sampled_from(["homebrew", "npm", "never-was"]),
        "by": st.sampled_from(["day", "week", "month"]),
        "text": st.sampled_from(["18", "cur", "o", "nothing like it"]),
        "state": st.sampled_from(["failing", "open"]),
    },
)


def api_rows(client: FlaskClient, operation: Operation, query: dict[str, str]) -> list[Any]:
    """All rows, over as many pages as they take."""
    rows: list[Any] = []
    following: str | None = f"{operation.full_path}?{urlencode({**query, 'limit': 3})}"
    while following:
        body: Any = client.get(following).json
        rows += body["items"]
        following = body["next"]
    return rows


def value_of(field: Field, cell: Any) -> Any:
    """A value of a file or of the API, one way: numbers as numbers, nothing as an empty text."""
    if cell is None or cell == "":
        return ""
    is_number = field.kind in (Kind.INTEGER, Kind.NUMBER, Kind.FLAG)
    return float(cell) if is_number else str(cell)


def comparable(operation: Operation, by: str, rows: list[Any]) -> list[str]:
    """Rows in one order, as files and the API have orders of their own."""
    fields = operation.resource.fields_by(by)
    return sorted(str([value_of(field, row[field.name]) for field in fields]) for row in rows)


def usable(operation: Operation, chosen: dict[str, str]) -> dict[str, str]:
    """The part of a choice that a list takes."""
    words = {choice.name: choice.words for choice in operation.filters}
    return {
        name: value
        for name, value in chosen.items()
        if name in operation.parameters and (not words.get(name) or value in words[name])
    }


@pytest.mark.usefixtures("filled")
@settings(
    max_examples=6,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(period=PERIODS, filters=FILTERS)
def test_pages_files_and_the_api_have_the_same_rows(
    client: FlaskClient, period: dict[str, str], filters: dict[str, str]
) -> None:
    for name, operation in LISTS.items():
        query = usable(operation, {**period, **filters})
        by = query.get("by", "day")
        file = client.get(f"/exports/{name}.csv?{urlencode(query)}")
        lines = list(csv.DictReader(io.StringIO(file.text, newline="")))
        rows = api_rows(client, operation, query)
        assert comparable(operation, by, lines) == comparable(operation, by, rows), (name, query)
        # Without a row, a page shows another period.
        if name in PAGES and rows:
            path, link, field = PAGES[name]
            page = client.get(f"{path}?{urlencode(query)}").text.partition("<tbody>")[2]
            found = list(dict.fromkeys(re.findall(link, page)))
            assert found == [str(row[field]) for row in rows], (name, query)
