"""The page about the API: every operation of the OpenAPI document, with lines that work here."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request

from batch_dashboard.model.api.openapi import openapi_document
from batch_dashboard.model.api.reference import described
from batch_dashboard.model.catalogue import (
    BATCH_RUNS,
    FAILURE_GROUPS,
    INCIDENTS,
    KNOWN_ISSUES,
    RECIPES,
)
from batch_dashboard.model.catalogue.fields import Resource
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.store.lists import resource_pages
from batch_dashboard.views.context import connection, current_time, settings

blueprint = Blueprint("api_docs", __name__)


@blueprint.get("/api/docs")
def show() -> str:
    """Every operation with its parameters, its answer, its errors, and a `curl` line."""
    document = openapi_document(request.url_root.rstrip("/"))
    return render_template(
        "pages/api/docs.html",
        groups=described(document, _stored_values(), with_token=not settings().public),
        public=settings().public,
    )


def _stored_values() -> dict[str, str]:
    """Values for the paths of stored rows, by the names of their parts."""
    recipe = _first(RECIPES)
    ecosystem = recipe.get("ecosystem")
    run = _first(BATCH_RUNS, ecosystem)
    found = {
        "ecosystem": ecosystem,
        "recipe_name": recipe.get("recipe_name"),
        "batch_run_id": run.get("id"),
        "later_batch_run_id": run.get("id"),
        "failure_group_id": _first(FAILURE_GROUPS).get("id"),
        "incident_id": _first(INCIDENTS).get("id"),
        "known_issue_id": _first(KNOWN_ISSUES).get("id"),
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def _first(resource: Resource, ecosystem: str | None = None) -> dict[str, Any]:
    """The first row of a list over all time, empty if there is none."""
    run_filter = replace(EVERYTHING, ecosystem=ecosystem)
    query, _ = ListQuery.of({}, resource, run_filter, 1)
    page = resource_pages.fetch_page(connection(), resource, query, current_time().date())
    names = [field.name for field in resource.fields]
    return dict(zip(names, page.rows[0], strict=True)) if page.rows else {}
