"""The read API under /api/v1/: one route for each operation of `model/api`. Source: docs/api.md."""

from functools import partial

from flask import Blueprint, Response, request

from batch_dashboard.model.api.openapi import openapi_document
from batch_dashboard.model.api.operations import OPERATIONS, ROOT
from batch_dashboard.views.api import plan, reading
from batch_dashboard.views.api.answers import answer

CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match",
    "Access-Control-Expose-Headers": "ETag, Link, Retry-After",
    "Access-Control-Max-Age": "86400",
}

blueprint = Blueprint("api", __name__)

for _operation in OPERATIONS:
    blueprint.add_url_rule(
        _operation.route,
        _operation.name,
        partial(reading.show_list if _operation.is_list else reading.show_one, _operation),
    )


# One route for both methods: with two, a name that is not possible would be answered with 405.
blueprint.add_url_rule(
    f"{ROOT}/plan/<name:ecosystem>", "plan", plan.show_or_choose, methods=["GET", "POST"]
)


@blueprint.get(ROOT)
def index() -> Response:
    """Every resource with its address."""
    resources = [
        {"path": operation.full_path, "summary": operation.summary} for operation in OPERATIONS
    ]
    return answer({"resources": resources})


@blueprint.get(f"{ROOT}/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    return answer(openapi_document(request.url_root.rstrip("/")))


@blueprint.after_app_request
def allow_any_origin(response: Response) -> Response:
    """Pages of all sites may read the API, with a token if one is needed; no cookie is sent."""
    if f"{request.path}/".startswith("/api/"):
        response.headers.update(CORS_HEADERS)
    return response
