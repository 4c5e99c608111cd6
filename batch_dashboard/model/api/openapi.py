"""The OpenAPI 3.1 document of everything that programs can ask for."""

from typing import Any

from batch_dashboard.model.api.documents import other_paths
from batch_dashboard.model.api.operations import (
    ABOUT_GROUP,
    DEFAULT_LIMIT,
    GROUPS,
    OPERATIONS,
    ROOT,
    Operation,
    PathPart,
)
from batch_dashboard.model.api.responses import NOT_CHANGED, json_content, refusals, responses
from batch_dashboard.model.api.schemas import (
    CURSOR,
    OF_KIND,
    PROBLEM,
    ROW_NUMBER,
    Schema,
    filter_schema,
    list_schema,
    reference,
    row_schema,
    upload_schema,
)
from batch_dashboard.model.catalogue.fields import Kind
from batch_dashboard.model.lists.filters import LAST_WORDS, MAX_NAME_LENGTH

VERSION = "1.0"
_DAY = {"type": "string", "format": "date"}
_PERIOD: dict[str, tuple[Schema, str]] = {
    "last": (
        {"type": "string", "enum": list(LAST_WORDS)},
        "The period; by default the last 90 days.",
    ),
    "since": (_DAY, "The first UTC day of the period."),
    "until": (_DAY, "The UTC day after the last one of the period."),
}


def openapi_document(url: str) -> dict[str, Any]:
    """The whole document; `url` is the address of this dashboard."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Batch Dashboard",
            "version": VERSION,
            "summary": "What is broken in a recipe collection, since when, and at what cost.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": url}],
        "security": [{}, {"token": []}],
        "tags": [{"name": group} for group in GROUPS],
        "paths": {
            ROOT: {"get": _index()},
            **{operation.full_path: {"get": _described(operation)} for operation in OPERATIONS},
            **other_paths(),
        },
        "components": {
            "schemas": {
                **{_schema_name(each): row_schema(each.resource) for each in OPERATIONS},
                "batch_run_upload": upload_schema(),
                "problem": PROBLEM,
            },
            "responses": responses(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the dashboard. Reading needs the scope read where"
                    " the dashboard is not public; a token that is sent is always checked.",
                }
            },
        },
    }


def _schema_name(operation: Operation) -> str:
    # Of one name: results of a run and of a recipe have the same fields.
    return operation.resource.name


def _described(operation: Operation) -> dict[str, Any]:
    row = reference(_schema_name(operation))
    headers = {"ETag": {"schema": {"type": "string"}, "description": "For `If-None-Match`."}}
    if operation.is_list:
        headers["Link"] = {
            "schema": {"type": "string"},
            "description": "The pages beside this one (RFC 8288): `next` and `prev`.",
        }
    statuses = [400, *([404] if operation.parts else [])]
    schema = list_schema(row) if operation.is_list else row
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.resource.sentence,
        "tags": [operation.group],
        "parameters": [*map(_path_parameter, operation.parts), *_query_parameters(operation)],
        "responses": {
            "200": {
                "description": "A page of the list." if operation.is_list else "The row.",
                "headers": headers,
                "content": json_content(schema),
            },
            "304": NOT_CHANGED,
            **refusals(*statuses),
        },
    }


def _path_parameter(part: PathPart) -> Schema:
    field = part.description
    is_number = field.kind in (Kind.INTEGER, Kind.LARGE_INTEGER)
    schema = ROW_NUMBER if is_number else {**OF_KIND[field.kind], "minLength": 1}
    escape = "" if is_number else " Write a slash in it as ~2F, a tilde as ~7E."
    return {
        "name": part.name,
        "in": "path",
        "required": True,
        "description": f"{field.sentence}{escape}",
        "schema": schema,
    }


def _query_parameters(operation: Operation) -> list[Schema]:
    filters = {choice.name: choice for choice in operation.filters}
    found = []
    for name in operation.parameters:
        choice = filters.get(name)
        required = choice.is_required if choice else False
        if choice is not None:
            schema, sentence = filter_schema(choice), f"Select {choice.description}."
            if choice.name == "by":
                sentence = f"What one row sums up: {choice.description}."
        elif name in _PERIOD:
            schema, sentence = _PERIOD[name]
        elif name == "ecosystem":
            required = operation.needs_ecosystem
            schema = {"type": "string", "maxLength": MAX_NAME_LENGTH}
            sentence = "Select only rows of this ecosystem."
        else:
            schema, sentence = _of_list(operation, name)
        found.append(
            {
                "name": name,
                "in": "query",
                "required": required,
                "description": sentence,
                "schema": schema,
            }
        )
    return found


def _of_list(operation: Operation, name: str) -> tuple[Schema, str]:
    names = [order.name for order in operation.resource.orders]
    match name:
        case "sort":
            return {"type": "string", "enum": names, "default": names[0]}, "The field to sort by."
        case "order":
            return {"type": "string", "enum": ["asc", "desc"]}, "The direction of the order."
        case "limit":
            limits = {"minimum": 1, "maximum": operation.max_limit, "default": DEFAULT_LIMIT}
            return {"type": "integer", **limits}, "The rows of a page at most."
    return CURSOR, f"A cursor from `next`, `previous` or `Link`: the page {name} that place."


def _index() -> dict[str, Any]:
    resource = {
        "type": "object",
        "properties": {"path": {"type": "string"}, "summary": {"type": "string"}},
        "required": ["path", "summary"],
    }
    return {
        "operationId": "list_resources",
        "summary": "List the addresses of the API",
        "tags": [ABOUT_GROUP],
        "responses": {
            "200": {
                "description": "The addresses.",
                "content": json_content(
                    {
                        "type": "object",
                        "properties": {
                            "resources": {
                                "type": "array",
                                "items": resource,
                                "description": "The path of each operation and what it does.",
                            }
                        },
                        "required": ["resources"],
                    }
                ),
            },
            "304": NOT_CHANGED,
            **refusals(),
        },
    }
