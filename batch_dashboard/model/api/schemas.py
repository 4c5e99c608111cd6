"""JSON schemas of what the API takes and answers: from the catalogue and from the payload."""

from typing import Any

from batch_dashboard.model.catalogue.fields import DAY, Field, Filter, Kind, Resource
from batch_dashboard.model.ingest.payload import RESULT_SLICE, BatchRunFields
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.spending.ci_jobs import JOBS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
OF_KIND: dict[Kind, Schema] = {
    Kind.INTEGER: {"type": "integer"},
    Kind.LARGE_INTEGER: {"type": "string", "pattern": "^[0-9]{1,19}$"},
    Kind.NUMBER: {"type": "number"},
    Kind.FLAG: {"type": "boolean"},
    Kind.TEXT: TEXT,
    Kind.WORD: TEXT,
    Kind.TIME: TIME,
    Kind.DAY: {"type": "string", "format": "date"},
}
ROW_NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": MAX_ROW_ID}
CURSOR: Schema = {"type": "string", "maxLength": 4_000, "pattern": "^[A-Za-z0-9_-]*$"}
# pydantic expresses some limits in its own keywords.
_LIMITS = {"ge": "minimum", "le": "maximum"}


def reference(name: str) -> Schema:
    """The schema of that name in the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    """A schema that allows null as well."""
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def field_schema(field: Field) -> Schema:
    """The schema of a field's values."""
    schema = dict(OF_KIND[field.kind])
    if field.words:
        schema["enum"] = [str(word) for word in field.words]
    if field.empty is not None:
        schema = nullable(schema)
    unit = f" Unit: {field.unit}." if field.unit else ""
    empty = f" null: {field.empty}." if field.empty is not None else ""
    return {**schema, "description": f"{field.sentence}{unit}{empty}"}


def row_schema(resource: Resource) -> Schema:
    """The schema of one row of a resource."""
    fields = list(resource.fields)
    required = [field.name for field in fields]
    if "by" in resource.filters_by_name:
        # The first day of a step is named by the step.
        day = resource.by_name[DAY.name]
        required.remove(DAY.name)
        steps = (step.value for step in Step if step is not Step.DAY)
        fields += [day._replace(name=f"{step}_start") for step in steps]
    return {
        "type": "object",
        "description": resource.sentence,
        "properties": {field.name: field_schema(field) for field in fields},
        "required": required,
        "additionalProperties": False,
    }


def list_schema(reference: Schema) -> Schema:
    """The schema of a page of rows."""
    address = nullable({"type": "string", "format": "uri"})
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": reference},
            "next": {**address, "description": "The address of the next page. null: none."},
            "previous": {**address, "description": "The address of the page before. null: none."},
        },
        "required": ["items", "next", "previous"],
        "additionalProperties": False,
    }


def filter_schema(choice: Filter) -> Schema:
    """The schema of a filter's values."""
    if choice.words:
        return {"type": "string", "enum": [str(word) for word in choice.words]}
    if choice.numbers:
        return ROW_NUMBER
    least = {"minLength": 1} if choice.is_required else {}
    return {"type": "string", "maxLength": choice.max_length, **least}


def upload_schema() -> Schema:
    """The schema of a payload of `POST /batch-metrics`."""
    run: Schema = _plain(BatchRunFields.model_json_schema())
    run["description"] = "A batch run with its recipe results."
    results = _plain(RESULT_SLICE.json_schema())
    (result,) = results.pop("$defs").values()
    jobs = _plain(JOBS.json_schema())
    job = next(iter(jobs.pop("$defs").values()))
    run["properties"]["jobs"] = {"type": "array", "items": job}
    run["properties"]["results"] = {"type": "array", "items": result}
    run["required"].append("results")
    # A time without an offset is accepted as UTC too.
    run["properties"]["started_at"] = TIME
    return run


def _plain(schema: Any) -> Any:
    """A schema of pydantic without titles, and with limits as JSON Schema names them."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for name, value in schema.items():
        if name == "title" and isinstance(value, str):
            continue
        found[_LIMITS.get(name, name)] = _plain(value)
    return found


PROBLEM: Schema = {
    "type": "object",
    "description": "What is wrong, as RFC 9457 describes it.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The first problem in a sentence."},
        "errors": {
            "type": "array",
            "description": "Every problem, the first 100 at most.",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "The parameter or field."},
                    "message": {"type": "string"},
                },
                "required": ["path", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
