"""The audit log: who changed what, when and from where. There is no way to change it here."""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from batch_dashboard.exports.audit import audit_chunks
from batch_dashboard.model.administration.audit import SORTS, AuditFilter
from batch_dashboard.store.administration import audit
from batch_dashboard.views.context import connection, current_time, store
from batch_dashboard.views.listing import Listing, parse_order

blueprint = Blueprint("admin_audit", __name__, url_prefix="/admin/audit")

PER_PAGE = 50


@blueprint.get("")
def index() -> str:
    """The entries, newest first."""
    chosen, complaints = AuditFilter.parse(request.args, current_time().date())
    sort, cursor = parse_order(request.args, SORTS, complaints)
    entries = audit.fetch_page(connection(), chosen, sort, cursor, PER_PAGE)
    actors, actions = audit.fetch_words(connection())
    return render_template(
        "pages/admin/audit/index.html",
        complaints=complaints,
        chosen=chosen,
        actors=actors,
        actions=actions,
        entries=Listing(url_for(".index"), dict(chosen.query), sort, entries, cursor),
        csv=_url(".download", chosen),
    )


def _url(endpoint: str, chosen: AuditFilter) -> str:
    values: dict[str, Any] = dict(chosen.query)
    return url_for(endpoint, **values)


@blueprint.get("/audit_log.csv")
def download() -> Response:
    """The entries chosen, as CSV."""
    chosen, complaints = AuditFilter.parse(request.args, current_time().date())
    if complaints:
        return Response("\n".join(complaints) + "\n", 400, mimetype="text/plain")
    response = Response(audit_chunks(store(), chosen), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="audit_log.csv"'
    return response
