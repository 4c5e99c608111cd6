"""Every page, and what a reader finds on it."""

import re
from html import unescape

# Every page, with the number of SQL statements that it sends, whatever is stored. The tests of all
# pages and the visits in Chromium go through this list.
STATEMENTS = {
    "/": 26,
    "/ecosystems/homebrew": 24,
    "/minutes": 10,
    "/failures": 8,
    "/failures/{group}": 8,
    "/recipes": 4,
    "/recipes/homebrew/wget": 11,
    "/batch-runs": 5,
    "/batch-runs/3": 9,
    "/batch-runs/compare?a=1&b=2": 4,
    "/search": 1,
    "/search?q=3": 5,
    "/known-issues": 2,
    "/incidents": 1,
    "/incidents/1": 2,
    "/incidents.atom": 1,
    "/badges/homebrew.svg": 9,
    "/badges/homebrew.svg?show=minutes": 2,
    "/exports/": 9,
    "/api/docs": 5,
    "/setup": 3,
    "/setup/first-run?after=1&ecosystem=npm": 1,
}


def text_of(page: str) -> str:
    """The words of a page, without its markup."""
    page = re.sub(r"<script.*?</script>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def table(page: str, name: str) -> list[list[str]]:
    """The cells of a table's body."""
    body = re.search(rf'id="{name}">.*?<tbody>(.*?)</tbody>', page, re.S)
    assert body is not None
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.S)
    return [
        [text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in rows
    ]
