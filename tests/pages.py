"""What a reader finds on a page."""

import re
from html import unescape


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
