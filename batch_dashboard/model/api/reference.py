"""The contents of the API page, read from the OpenAPI document."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from batch_dashboard.model.api.schemas import Schema

# An example of a value by the name of its field; others follow from their schema.
_BY_NAME: dict[str, Any] = {
    "batch_id": "2026-11-20-homebrew",
    "commit_sha": "4f1c2d9",
    "ecosystem": "homebrew",
    "error_category": "install_failed",
    "error_message": "Error: checksum of wget-1.25.tar.gz does not match",
    "masked_line": "Error: checksum of * does not match",
    "platform": "linux-glibc-x86_64",
    "reason": "Error: checksum of * does not match",
    "recent_attempts": "ppffpfffff",
    "recipe_name": "wget",
    "recipe_version": "1.25",
    "run_url": "https://ci.example.org/runs/7",
    "sample_message": "Error: checksum of wget-1.25.tar.gz does not match",
    "started_at": "2026-11-20T08:30:00Z",
    "completed_at": "2026-11-20T09:00:00Z",
}
_BY_FORMAT = {"date-time": "2026-11-20T08:30:00Z", "date": "2026-11-20", "uri": None}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 12, "number": 0.25, "boolean": False}
UPLOAD = "upload_batch_run"
_MIN_UPLOAD = ("batch_id", "ecosystem", "started_at", "total_recipes")


@dataclass(frozen=True)
class Row:
    """A parameter or a field: its name, the kind of its values, and what it means."""

    name: str
    kind: str
    meaning: str
    is_required: bool = False


@dataclass(frozen=True)
class Described:
    """One operation, as its section shows it."""

    name: str
    group: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Row]
    fields: list[Row]  # of the answer's rows, or of the body that is sent
    example: str  # an answer
    errors: list[tuple[str, str]]  # status and sentence
    curl: str


def described(
    document: Mapping[str, Any], values: Mapping[str, str], *, with_token: bool
) -> dict[str, list[Described]]:
    """The operations of each group; `values` are those of the paths in the `curl` lines."""
    groups: dict[str, list[Described]] = {tag["name"]: [] for tag in document["tags"]}
    reader = _Reader(document, values, with_token)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found = reader.read(method.upper(), path, operation)
            groups[found.group].append(found)
    return groups


@dataclass(frozen=True)
class _Reader:
    document: Mapping[str, Any]
    values: Mapping[str, str]
    with_token: bool

    def read(self, method: str, path: str, operation: Mapping[str, Any]) -> Described:
        answers = operation["responses"]
        statuses = [status for status in answers if status < "300"]
        content = next(iter(answers[min(statuses)]["content"].items()))
        kind, schema = content[0], self._resolved(content[1]["schema"])
        body = operation.get("requestBody")
        rows = self._row_schema(schema)
        if body is not None:
            rows = self._resolved(body["content"]["application/json"]["schema"])
            rows = rows.get("items", rows)
        is_json = kind == "application/json"
        return Described(
            name=operation["operationId"],
            group=operation["tags"][0],
            method=method,
            path=path,
            summary=operation["summary"],
            description=operation.get("description", ""),
            parameters=[self._parameter(each) for each in operation.get("parameters", [])],
            fields=self._fields(rows),
            example=json.dumps(self._example("", schema), indent=2) if is_json else "",
            errors=[
                (status, self._sentence(status, answers)) for status in answers if status >= "400"
            ],
            curl=self._curl(method, path, operation),
        )

    def _resolved(self, schema: Schema) -> Schema:
        name = schema.get("$ref", "").removeprefix("#/components/schemas/")
        found: Schema = self.document["components"]["schemas"][name] if name else schema
        return found

    def _row_schema(self, schema: Schema) -> Schema:
        items = schema.get("properties", {}).get("items")
        return self._resolved(items["items"]) if items else schema

    def _parameter(self, parameter: Mapping[str, Any]) -> Row:
        meaning, schema = parameter["description"], parameter["schema"]
        if "default" in schema:
            meaning += f" Default: {schema['default']}."
        return Row(parameter["name"], _kind(schema), meaning, parameter["required"])

    def _fields(self, schema: Schema) -> list[Row]:
        required = schema.get("required", [])
        return [
            Row(name, _kind(field), field.get("description", ""), name in required)
            for name, field in schema.get("properties", {}).items()
        ]

    def _sentence(self, status: str, answers: Mapping[str, Any]) -> str:
        shared = self.document["components"]["responses"]
        sentence: str = answers[status].get("description") or shared[status]["description"]
        return sentence

    def _example(self, name: str, schema: Schema) -> Any:
        schema = self._resolved(schema)
        if name in _BY_NAME:
            return _BY_NAME[name]
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        kind = schema.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            fields = schema.get("properties", {})
            names = [name for name in fields if name in schema["required"]] if fields else []
            names += [name for name in fields if name == "day"]
            return {name: self._example(name, fields[name]) for name in names}
        if kind == "array":
            return [self._example("", schema["items"])] if "items" in schema else []
        return str(_BY_TYPE["integer"]) if "pattern" in schema else _BY_TYPE[kind]

    def _curl(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        query = {}
        for parameter in operation.get("parameters", []):
            name, place = parameter["name"], parameter["in"]
            value = self.values.get(name, str(_BY_NAME.get(name, "1")))
            if place == "path":
                path = path.replace(f"{{{name}}}", quote(value, safe="~"))
            elif parameter["required"]:
                query[name] = value
            elif name == "limit":
                query[name] = "2"
        parts = ["curl"]
        if self.with_token or {} not in operation.get("security", self.document["security"]):
            parts.append('-H "Authorization: Bearer $BATCH_METRICS_TOKEN"')
        if method == "POST":
            schema = self._resolved(
                operation["requestBody"]["content"]["application/json"]["schema"]
            )
            body = self._example("", schema)
            if operation["operationId"] == UPLOAD:
                query["dry_run"] = "1"
                fields = schema["properties"]
                body = {name: self._example(name, fields[name]) for name in _MIN_UPLOAD}
                body["results"] = []
            parts += ["-H 'Content-Type: application/json'"]
            parts += [f"-d {shlex.quote(json.dumps(body))}"]
        url = self.document["servers"][0]["url"] + path
        parts.append(shlex.quote(f"{url}?{urlencode(query)}" if query else url))
        return " ".join(parts)


def _kind(schema: Schema) -> str:
    """The kind of values in a word or two, and the values where there are only a few."""
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join("null" if value is None else value for value in schema["enum"])
    kinds = schema.get("type", "object")
    words = [kinds] if isinstance(kinds, str) else kinds
    words = [schema.get("format", word) if word == "string" else word for word in words]
    limits = [str(schema[name]) for name in ("minimum", "maximum") if name in schema]
    if len(limits) == 2 and schema["maximum"] <= 1_000:
        words = [*words, f"{limits[0]} to {limits[1]}"]
    return ", ".join(words) if len(limits) == 2 else " or ".join(words)
