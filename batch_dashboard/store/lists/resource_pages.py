"""Pages and single rows of the resources: the same rows as in the CSV files."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal

from batch_dashboard.model.catalogue.fields import Kind, Resource
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.store.alerts import incidents
from batch_dashboard.store.batch_runs import batch_runs, recipe_results
from batch_dashboard.store.failures import failure_group_list, known_issues
from batch_dashboard.store.lists.keyset import SortKey, fetch_page_by_keys
from batch_dashboard.store.lists.resource_queries import SELECT
from batch_dashboard.store.recipes import recipe_list

Row = Sequence[Any]

# The lists of pages are ordered by expressions that an index has.
_SORT_KEYS: dict[str, Callable[[Sort, Select[Any]], list[SortKey]]] = {
    "batch_runs": lambda sort, _: batch_runs.sort_keys(sort),
    "recipe_results": lambda sort, _: recipe_results.sort_keys(sort),
    "recipes": lambda sort, _: recipe_list.sort_keys(sort),
    "failure_groups": lambda sort, rows: failure_group_list.sort_keys(
        sort, rows.selected_columns["failed"]
    ),
    "failure_group_recipes": lambda sort, _: failure_group_list.recipe_sort_keys(sort),
    "incidents": lambda sort, _: incidents.sort_keys(sort),
    "known_issues": lambda sort, _: known_issues.sort_keys(sort),
}
# Replaces NULL in a sort order; below every value.
_LOWEST: dict[Kind, Any] = {Kind.TEXT: "", Kind.NUMBER: -1.0, Kind.DAY: date.min}


def fetch_page(
    connection: Connection, resource: Resource, query: ListQuery, today: date
) -> Page[Row]:
    """One page of the rows of a resource that is stored as rows; the values of its fields."""
    rows = SELECT[resource.name](connection, query, today)
    keys = _SORT_KEYS.get(resource.name, _keys_of(resource))(query.sort, rows)
    return fetch_page_by_keys(
        connection, _fields_only(rows, resource), keys, query, lambda *row: row
    )


def find_row(
    connection: Connection,
    resource: Resource,
    query: ListQuery,
    today: date,
    key: Mapping[str, Any],
) -> Row | None:
    """The row whose fields have the values of `key`, None if there is none."""
    rows = SELECT[resource.name](connection, query, today)
    wanted = [rows.selected_columns[name] == value for name, value in key.items()]
    return connection.execute(_fields_only(rows, resource).where(*wanted)).one_or_none()


def _fields_only(rows: Select[Any], resource: Resource) -> Select[Any]:
    columns = rows.selected_columns
    return rows.with_only_columns(
        *(columns[field.name].label(field.name) for field in resource.fields),
        maintain_column_froms=True,
    )


def _keys_of(resource: Resource) -> Callable[[Sort, Select[Any]], list[SortKey]]:
    """The sort keys of a resource as plain fields, all in one direction."""

    def keys(sort: Sort, rows: Select[Any]) -> list[SortKey]:
        return [
            SortKey(_never_null(resource, name, rows.selected_columns[name]), sort.descending)
            for name in resource.key_by(sort.column.name)
        ]

    return keys


def _never_null(resource: Resource, name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    field = resource.by_name[name]
    if field.empty is None:
        return column
    return func.coalesce(column, literal(_LOWEST[field.kind], column.type))
