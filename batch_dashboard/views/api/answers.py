"""The answers of the read API: JSON with a tag, so that a client is sent only what has changed."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from batch_dashboard.model.catalogue.fields import Field, Kind
from batch_dashboard.model.lists.pagination import Cursor, Page
from batch_dashboard.store.times import utc_text
from batch_dashboard.views.finite_json import compact

Row = Sequence[Any]


def list_answer(fields: Sequence[Field], page: Page[Row]) -> Response:
    """A page of a list, with the addresses of its neighbours in the body and in `Link`."""
    neighbours = {"next": _page_url(page.later), "previous": _page_url(page.earlier)}
    body = {"items": [item(fields, row) for row in page.rows], **neighbours}
    response = answer(body)
    # RFC 8288 names the page before `prev`.
    links = (("next", neighbours["next"]), ("prev", neighbours["previous"]))
    if found := ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links if url):
        response.headers["Link"] = found
    return response


def item(fields: Iterable[Field], row: Row) -> dict[str, Any]:
    """A row as a JSON object of its fields."""
    return {
        field.name: _as_json(field.kind, value) for field, value in zip(fields, row, strict=True)
    }


def answer(body: Any) -> Response:
    """A JSON document; 304 without it where the client has it already."""
    response = Response(compact(body) + "\n", mimetype="application/json")
    # A client has to ask each time, which costs no transfer while nothing has changed.
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.add_etag(weak=True)
    return response.make_conditional(request)  # type: ignore[return-value]


def _as_json(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if kind is Kind.LARGE_INTEGER:
        return str(value)
    return bool(value) if kind is Kind.FLAG else value


def _page_url(cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    kept = {name: value for name, value in request.args.items() if name not in ("after", "before")}
    return f"{request.base_url}?{urlencode({**kept, **cursor.query})}"
