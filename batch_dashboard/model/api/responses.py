"""The responses that operations share: every error, and what has not changed."""

from typing import Any

from batch_dashboard.model.api.schemas import TEXT, Schema, reference

PROBLEM_TYPE = "application/problem+json"
NOT_CHANGED: Schema = {"description": "Nothing has changed since the tag of `If-None-Match`."}
RESPONSES = {
    400: "A parameter or the body cannot be used; `errors` names every problem.",
    401: "No token, or one that is not valid.",
    403: "The token is for another scope or for other ecosystems.",
    404: "There is no such row, or the token is not for its ecosystem.",
    413: "The body is too large.",
    414: "The address is longer than 8,190 bytes.",
    415: "The encoding of the body is not supported.",
    421: "The dashboard has another host name.",
    422: "The Idempotency-Key was sent before with other content.",
    429: "Too many failed attempts; wait for `Retry-After` seconds.",
    431: "A header is longer than 8,190 bytes.",
    500: "An error of the dashboard.",
    503: "The database cannot be used at the moment; wait for `Retry-After` seconds.",
}
# Any request can end with one of these.
ALWAYS = (401, 403, 414, 421, 429, 431, 500, 503)
# The server rejects these with its own page before the application sees them.
OF_SERVER = (414, 431)


def json_content(schema: Schema) -> Schema:
    """The content of a response in JSON."""
    return {"application/json": {"schema": schema}}


def responses() -> dict[str, Schema]:
    """Every error response, by its status."""
    return {
        str(status): {
            "description": sentence,
            "content": {"text/html": {"schema": TEXT}}
            if status in OF_SERVER
            else {PROBLEM_TYPE: {"schema": reference("problem")}},
        }
        for status, sentence in RESPONSES.items()
    }


def refusals(*statuses: int) -> dict[str, Schema]:
    """The error responses of an operation, those that every operation has included."""
    return {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in sorted({*ALWAYS, *statuses})
    }


def refusals_of_pages(*statuses: int) -> dict[str, Any]:
    """The same where errors are pages for people, or a line of text."""
    content = {kind: {"schema": {"type": "string"}} for kind in ("text/html", "text/plain")}
    return {
        str(status): {"description": RESPONSES[status], "content": content}
        for status in sorted({*ALWAYS, *statuses})
    }
