"""Lists of the read API, and single rows: parse, fetch, draw, one way for every resource."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Response, request

from batch_dashboard.errors import NotFound
from batch_dashboard.model.api.operations import Operation
from batch_dashboard.model.api.parameters import parse_query
from batch_dashboard.model.catalogue.fields import Resource
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import KeyValue, Page, page_of
from batch_dashboard.store.lists import resource_pages
from batch_dashboard.views.access import current_principal, require_reading
from batch_dashboard.views.api.answers import Row, answer, item, list_answer
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.exports import COMPUTED, OF_ALL


def show_list(operation: Operation, **path: Any) -> Response:
    """One page of a list."""
    query = _asked(operation, path)
    found = [_require_row(part.resource, {part.field: path[part.name]}) for part in operation.parts]
    resource = operation.resource
    if current_principal().is_limited:
        query = _within_token(operation, query, found)
    page = _computed_page(resource, query) if resource.name in COMPUTED else _page(resource, query)
    return list_answer(resource.fields_by(query.by), page)


def show_one(operation: Operation, **path: Any) -> Response:
    """One row."""
    query = _asked(operation, path)
    resource = operation.resource
    key = {part.field: path[part.name] for part in operation.parts}
    return answer(item(resource.fields, _require_row(resource, key, query)))


def _asked(operation: Operation, path: Mapping[str, Any]) -> ListQuery:
    """The requested rows. Raises Forbidden for rows that the token may not read."""
    if operation.resource.name in OF_ALL:
        current_principal().require_all(OF_ALL[operation.resource.name])
    require_reading(*(path[part.name] for part in operation.parts if part.field == "ecosystem"))
    return parse_query(operation, request.args.items(multi=True), path, _today())


def _within_token(operation: Operation, query: ListQuery, found: Sequence[Row]) -> ListQuery:
    """The same rows as far as a token that is limited to ecosystems may see them."""
    ecosystem = query.filter.ecosystem
    # Rows that are computed are left out one by one.
    if operation.has_ecosystem and (ecosystem or operation.resource.name not in COMPUTED):
        require_reading(ecosystem)
    if ecosystem is None and found:
        ecosystem = operation.parts[0].resource.field_of(found[0], "ecosystem")
    # A run of one ecosystem can list results of another.
    return replace(query, result_ecosystem=ecosystem)


def _require_row(resource: Resource, key: Mapping[str, Any], query: ListQuery | None = None) -> Row:
    """The row of a key. Raises NotFound if there is none that the token may read."""
    query = query or ListQuery.of({}, resource, EVERYTHING)[0]
    if resource.name in COMPUTED:
        query = replace(query, filter=replace(query.filter, ecosystem=key["ecosystem"]))
        row = next((row for row in _computed(resource, query) if _has(resource, row, key)), None)
    else:
        row = resource_pages.find_row(connection(), resource, query, _today(), key)
    if row is None or not _is_readable(resource, row):
        raise NotFound(f"There is no {resource.singular} {' / '.join(map(str, key.values()))}.")
    return row


def _page(resource: Resource, query: ListQuery) -> Page[Row]:
    return resource_pages.fetch_page(connection(), resource, query, _today())


def _computed_page(resource: Resource, query: ListQuery) -> Page[Row]:
    rows = [row for row in _computed(resource, query) if _is_readable(resource, row)]
    names = [field.name for field in resource.fields]
    places = [names.index(name) for name in resource.key_by(query.sort.column.name)]

    def key(row: Row) -> tuple[KeyValue, ...]:
        # Only the first price and budget are of no day: they come before all others.
        return tuple(date.min if row[cursor] is None else row[cursor] for cursor in places)

    return page_of(rows, key, query.sort.descending, query.cursor, query.count)


def _computed(resource: Resource, query: ListQuery) -> Sequence[Row]:
    return list(COMPUTED[resource.name](connection(), query.filter, current_time()))


def _has(resource: Resource, row: Row, key: Mapping[str, Any]) -> bool:
    return all(resource.field_of(row, name) == value for name, value in key.items())


def _is_readable(resource: Resource, row: Row) -> bool:
    """Whether the token of this request is for the ecosystem of a row."""
    if "ecosystem" not in resource.by_name:
        return True
    ecosystem = resource.field_of(row, "ecosystem")
    principal = current_principal()
    return principal.may_see(ecosystem) if ecosystem else not principal.is_limited


def _today() -> date:
    return current_time().date()
