"""Pages, CSV files and the API show the same numbers, whatever is chosen."""

import csv
import io
import re
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batch_dashboard.model.api.operations import OPERATIONS, Operation
from batch_dashboard.model.catalogue.fields import Field, Kind
from batch_dashboard.model.text.wording import percent
from tests.clients import json_of
from tests.pages import table, text_of

LISTS = {
    operation.resource.name: operation
    for operation in OPERATIONS
    if operation.is_list and not operation.parts and not operation.needs_ecosystem
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


class Both(NamedTuple):
    """The same rows as a page shows them and as the API gives them."""

    page: list[Any]
    api: list[Any]


def cells_of(client: FlaskClient, path: str, query: dict[str, str], name: str) -> Any:
    """The cells of a page's table."""
    return table(client.get(f"{path}?{urlencode(query)}").text, name)


def number(cell: str) -> int:
    """The number that a cell begins with."""
    found = re.match(r"[\d,]+", cell)
    assert found is not None, cell
    return int(found[0].replace(",", ""))


def batch_runs(client: FlaskClient, query: dict[str, str], rows: list[Any]) -> Both:
    names = ("total_recipes", "passed", "failed", "skipped")
    cells = cells_of(client, "/batch-runs", query, "runs")
    return Both(
        [(row[1], row[2], *map(number, row[3:7])) for row in cells],
        [(row["batch_id"], row["ecosystem"], *(row[name] for name in names)) for row in rows],
    )


def failure_groups(client: FlaskClient, query: dict[str, str], rows: list[Any]) -> Both:
    cells = cells_of(client, "/failures", query, "groups")
    return Both(
        [(row[0].removesuffix(" new"), number(row[1]), row[3]) for row in cells],
        [
            (f"install_failed {row['masked_line']}", row["failed"], row["first_seen_at"][:10])
            for row in rows
        ],
    )


def recipes(client: FlaskClient, query: dict[str, str], rows: list[Any]) -> Both:
    names = ("recipe_name", "ecosystem", "state", "failure_streak", "failed")
    cells = cells_of(client, "/recipes", query, "recipes")
    return Both(
        [
            (*row[:2], row[2].removesuffix(" expected") or None, number(row[3]), number(row[7]))
            for row in cells
        ],
        [tuple(row[name] for name in names) for row in rows],
    )


def minutes(client: FlaskClient, query: dict[str, str], rows: list[Any]) -> Both:
    """Sums of all ecosystems, the last step first."""
    start = f"{query['by']}_start" if query["by"] != "day" else "day"
    steps = sorted({row[start] for row in rows}, reverse=True)
    names = ("runs", "macos_minutes", "linux_minutes")
    sums = [[sum(row[n] for row in rows if row[start] == step) for n in names] for step in steps]
    cells = cells_of(client, "/minutes", query, "minutes-table")
    return Both(
        [[row[0][:10], *row[1:]] for row in cells if row[1] != "0"],
        [
            [step, str(runs), f"{macos:.1f}", f"{linux:.1f}"]
            for step, (runs, macos, linux) in zip(steps, sums, strict=True)
        ],
    )


def failure_rates(client: FlaskClient, query: dict[str, str], rows: list[Any]) -> Both:
    """A cell for each step of the page and each ecosystem."""
    page = client.get(f"/?{urlencode(query)}").text
    caption, names = re.findall(
        r'<table[^>]* id="failure-rates-table">(.*?)</caption>(.*?)</thead>', page, re.S
    )[0]
    ecosystems = [text_of(head) for head in re.findall(r'class="number">(.*?)</th>', names)]
    by = re.findall(r"per (day|week|month|year)", caption)[0]
    rows = api_rows(client, LISTS["failure_rates"], {**query, "by": by})
    start = f"{by}_start" if by != "day" else "day"
    shown = {
        (step[:10], name): cell
        for step, *cells in table(page, "failure-rates-table")
        for name, cell in zip(ecosystems, cells, strict=True)
        if cell != "–"
    }
    return Both(
        sorted(shown.items()),
        sorted(
            (
                (row[start], row["ecosystem"]),
                " ".join(f"{percent(row['failure_rate'])} ({row['attempts']})".split()),
            )
            for row in rows
        ),
    )


def ecosystems(client: FlaskClient, query: dict[str, str], rows: list[Any]) -> Both:
    cells = cells_of(client, "/", query, "ecosystems")
    return Both(
        sorted([*row[:2], number(row[3]), *row[8:10]] for row in cells),
        [
            [row["ecosystem"], row["state"], row["runs"]]
            + [f"{row[name] or 0:.1f}" for name in ("macos_minutes", "linux_minutes")]
            for row in rows
        ],
    )


def incidents(client: FlaskClient, query: dict[str, str], _rows: list[Any]) -> Both:
    """The page has those of all times and ecosystems."""
    kept = {name: value for name, value in query.items() if name == "state"}
    everything = api_rows(client, LISTS["incidents"], {**kept, "last": "all"})
    cells = cells_of(client, "/incidents", kept, "incidents")
    return Both(
        [(row[0], row[1], row[2].split(": ", 1)[1]) for row in cells],
        [
            (row["opened_at"][:16].replace("T", " "), row["severity"], row["last_sentence"])
            for row in everything
        ],
    )


def known_issues(client: FlaskClient, query: dict[str, str], _rows: list[Any]) -> Both:
    """The page has those of all ecosystems."""
    kept = {name: value for name, value in query.items() if name == "state"}
    everything = api_rows(client, LISTS["known_issues"], kept)
    cells = cells_of(client, "/known-issues", kept, "known-issues")
    return Both(
        [(row[0].split()[0], row[2]) for row in cells],
        [(row["recipe_name"], row["expires_on"]) for row in everything],
    )


# The lists that a page shows as a table of its own.
SHOWN = {
    shown.__name__: shown
    for shown in (
        batch_runs,
        failure_groups,
        recipes,
        minutes,
        failure_rates,
        ecosystems,
        incidents,
        known_issues,
    )
}


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
    chosen = {**period, "by": "day", **filters}
    for name, operation in LISTS.items():
        query = usable(operation, chosen)
        by = query.get("by", "day")
        file = client.get(f"/exports/{name}.csv?{urlencode(query)}")
        lines = list(csv.DictReader(io.StringIO(file.text, newline="")))
        rows = api_rows(client, operation, query)
        assert comparable(operation, by, lines) == comparable(operation, by, rows), (name, query)
        # Without a batch run, a page shows another period.
        if name in SHOWN and rows and has_runs(client, chosen):
            found = SHOWN[name](client, query, rows)
            assert found.page == found.api, (name, query)


def has_runs(client: FlaskClient, chosen: dict[str, str]) -> bool:
    query = usable(LISTS["batch_runs"], {**chosen, "text": "", "limit": "1"})
    return bool(json_of(client.get(f"/api/v1/batch-runs?{urlencode(query)}"))["items"])
