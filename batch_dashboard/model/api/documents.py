"""Operations beside the catalogue, for the OpenAPI document: CI, badges, the feed, uploads."""

from typing import Any

from batch_dashboard.model.api.operations import ABOUT_GROUP, CI_GROUP, INCIDENTS_GROUP, ROOT
from batch_dashboard.model.api.reference import UPLOAD
from batch_dashboard.model.api.responses import json_content, refusals, refusals_of_pages
from batch_dashboard.model.api.schemas import ROW_NUMBER, TEXT, Schema, nullable, reference
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.ingest.payload import MAX_RECIPE_NAME_LENGTH, MAX_VERSION_LENGTH
from batch_dashboard.model.judgement.circuit_breaker import BreakerState
from batch_dashboard.model.judgement.decision import Advice
from batch_dashboard.model.judgement.ecosystem_health import STATES
from batch_dashboard.model.plan.candidates import MAX_CANDIDATES
from batch_dashboard.model.plan.rule import Action, PlanRule
from batch_dashboard.model.spending.budget import BudgetState

_TIME = nullable({"type": "string", "format": "date-time"})
_NUMBER = nullable({"type": "number"})
_ECOSYSTEM: Schema = {
    "name": "ecosystem",
    "in": "path",
    "required": True,
    "description": "The ecosystem. Write a slash in it as ~2F, a tilde as ~7E.",
    "schema": {"type": "string", "minLength": 1},
}


def other_paths() -> dict[str, Any]:
    """The paths of these operations."""
    return {
        f"{ROOT}/decision/{{ecosystem}}": {"get": _decision()},
        f"{ROOT}/plan/{{ecosystem}}": {"get": _plan(), "post": _choose()},
        f"{ROOT}/openapi.json": {"get": _openapi()},
        "/badges/{ecosystem}.svg": {"get": _badge()},
        "/incidents.atom": {"get": _feed()},
        "/batch-metrics": {"post": _upload()},
    }


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words]}


def _query(name: str, sentence: str, schema: Schema) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": sentence,
        "schema": schema,
    }


def _decision() -> Schema:
    of_each = {
        f"{runner_os}_{name}": schema
        for runner_os in RUNNER_OS
        for name, schema in (
            ("minutes_used", _NUMBER),
            ("minutes_budget", {"type": "number"}),
            ("state", _words(BudgetState.OK, BudgetState.SAMPLE, BudgetState.PAUSE)),
            ("unknown_runs", {"type": "integer"}),
        )
    }
    budget = _object(week_start={"type": "string", "format": "date"}, **of_each)
    budget["properties"]["sampling_active"] = {"type": "boolean"}
    breaker = _object(
        state=_words(*BreakerState),
        failures={"type": "integer"},
        last_failure=_TIME,
        opens_at=_TIME,
    )
    document = _object(
        ecosystem=TEXT,
        decision=_words(*Advice),
        reasons={"type": "array", "items": TEXT},
        state=nullable(_words(*STATES)),
        circuit_breaker=breaker,
        budget=budget,
    )
    content = {**json_content(document), "text/plain": {"schema": TEXT}}
    return {
        "operationId": "get_decision",
        "summary": "Ask whether CI should spend minutes on an ecosystem",
        "description": "Advice from stored facts. An ecosystem that is not known proceeds.",
        "tags": [CI_GROUP],
        "security": [{"token": []}],
        "parameters": [
            _ECOSYSTEM,
            _query(
                "format", "JSON, or `key=value` lines for `$GITHUB_OUTPUT`.", _words("json", "env")
            ),
        ],
        "responses": {
            "200": {"description": "The decision.", "content": content},
            **refusals(400, 404),
        },
    }


_PLANNED = _object(
    recipe_name=TEXT,
    platform=nullable(TEXT),
    advice=_words(Action.RETRY, Action.SKIP, Action.EXPECTED),
    because=TEXT,
    reason=nullable(TEXT),
    failure_group_id=TEXT,
    recipe_version=nullable(TEXT),
    streak={"type": "integer"},
    last_attempt_at=_TIME,
    next_attempt_at=_TIME,
    url={"type": "string", "format": "uri"},
)
_PLAN_HEAD = {
    "ecosystem": TEXT,
    "platform": nullable(TEXT),
    "made_at": {"type": "string", "format": "date-time"},
    "decision": _words(*Advice),
    "reasons": {"type": "array", "items": TEXT},
    "rule": _object(**{name: {"type": "integer"} for name in PlanRule._fields}),
}
_PLAN_PARAMETERS = [
    _ECOSYSTEM,
    _query("format", "JSON, or one recipe name per line.", _words("json", "text")),
    _query("platform", "Where the recipes would run.", {"type": "string", "maxLength": 100}),
    _query("batch_id", "The batch that asks.", {"type": "string", "maxLength": 200}),
]


def _plan() -> Schema:
    of_planned = {"type": "array", "items": _PLANNED}
    document = _object(**_PLAN_HEAD, retry=of_planned, skip=of_planned, expected=of_planned)
    return {
        "operationId": "get_plan",
        "summary": "Read which recipes of an ecosystem wait",
        "description": "The recipes with other advice than to run; all others run. As text:"
        " the known recipes to run.",
        "tags": [CI_GROUP],
        "parameters": _PLAN_PARAMETERS,
        "responses": {
            "200": {
                "description": "The plan.",
                "content": {**json_content(document), "text/plain": {"schema": TEXT}},
            },
            **refusals(400, 404),
        },
    }


def _choose() -> Schema:
    version = nullable({"type": "string", "maxLength": MAX_VERSION_LENGTH})
    name = {"type": "string", "minLength": 1, "maxLength": MAX_RECIPE_NAME_LENGTH}
    candidate = {
        "type": "object",
        "properties": {"recipe_name": name, "recipe_version": version},
        "required": ["recipe_name"],
    }
    run = {
        "type": "object",
        "properties": {"recipe_name": TEXT, "recipe_version": TEXT},
        "required": ["recipe_name"],
    }
    document = _object(
        **_PLAN_HEAD,
        candidates={"type": "integer"},
        run={"type": "array", "items": run},
        skip={"type": "array", "items": _PLANNED},
    )
    return {
        "operationId": "choose_recipes",
        "summary": "Ask which of some recipes to run",
        "description": "The candidates to run in the best order, and those that wait. A recipe that"
        " is not known runs.",
        "tags": [CI_GROUP],
        "parameters": _PLAN_PARAMETERS,
        "requestBody": {
            "required": True,
            "content": json_content(
                {"type": "array", "items": candidate, "maxItems": MAX_CANDIDATES}
            ),
        },
        "responses": {
            "200": {
                "description": "The candidates to run, and those to skip.",
                "content": {**json_content(document), "text/plain": {"schema": TEXT}},
            },
            **refusals(400, 404, 413, 415),
        },
    }


def _openapi() -> Schema:
    return {
        "operationId": "get_openapi",
        "summary": "Read this document",
        "tags": [ABOUT_GROUP],
        "responses": {
            "200": {
                "description": "An OpenAPI 3.1 document.",
                "content": json_content({"type": "object"}),
            },
            "304": {"description": "Nothing has changed since the tag of `If-None-Match`."},
            **refusals(),
        },
    }


def _badge() -> Schema:
    return {
        "operationId": "get_badge",
        "summary": "Show a badge of an ecosystem",
        "tags": [CI_GROUP],
        "parameters": [
            _ECOSYSTEM,
            _query("show", "What the badge shows.", _words("state", "rate", "minutes")),
        ],
        "responses": {
            "200": {"description": "The badge.", "content": {"image/svg+xml": {"schema": TEXT}}},
            "304": {"description": "Nothing has changed since the tag of `If-None-Match`."},
            **refusals_of_pages(400, 404),
        },
    }


def _feed() -> Schema:
    return {
        "operationId": "get_feed",
        "summary": "Read the latest incidents as an Atom feed",
        "tags": [INCIDENTS_GROUP],
        "responses": {
            "200": {
                "description": "The feed (RFC 4287).",
                "content": {"application/atom+xml": {"schema": TEXT}},
            },
            **refusals_of_pages(),
        },
    }


def _upload() -> Schema:
    warnings = {"type": "array", "items": TEXT}
    stored = _object(
        batch_run_id=ROW_NUMBER, url={"type": "string", "format": "uri"}, warnings=warnings
    )
    would_store = _object(
        dry_run={"type": "boolean"},
        batch_run={"type": "object"},
        stored_as=nullable({"type": "integer"}),
        warnings=warnings,
    )
    flag = {"type": "string", "enum": ["0", "1"]}
    key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
    return {
        "operationId": UPLOAD,
        "summary": "Store a batch run",
        "description": "Stored whole or not at all. The same content again is answered with the"
        " first `batch_run_id`. Fields and rules are in docs/ingest-api.md.",
        "tags": [CI_GROUP],
        "security": [{"token": []}],
        "parameters": [
            _query("dry_run", "1: check the payload, store nothing.", flag),
            _query("summary", "1: answer with what changed since the previous run.", flag),
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "A key of this upload; another content under it is refused.",
                "schema": key,
            },
        ],
        "requestBody": {"required": True, "content": json_content(reference("batch_run_upload"))},
        "responses": {
            "201": {"description": "It is stored.", "content": json_content(stored)},
            "200": {
                "description": "With `dry_run=1`: what would be stored.",
                "content": json_content(would_store),
            },
            **refusals(400, 413, 415, 422),
            "401": {
                "description": "No token, or one that is not valid: the text Unauthorized.",
                "content": {"text/plain": {"schema": TEXT}},
            },
        },
    }
