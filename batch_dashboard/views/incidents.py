"""Incidents: the list, one of them, and the feed. Source: docs/alerts.md."""

from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request, url_for

from batch_dashboard.model.alerts.incidents import Incident
from batch_dashboard.model.catalogue.incidents import INCIDENTS, STATES
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.store.alerts import incidents
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.listing import Listing

blueprint = Blueprint("incidents", __name__)

PER_PAGE = 50
FEED_ENTRIES = 50
# For how long an incident can be snoozed from its page.
SNOOZE_HOURS = {
    4: "4 hours",
    24: "1 day",
    72: "3 days",
    168: "1 week",
    672: "4 weeks",
}


@blueprint.get("/incidents")
def index() -> str:
    """Open and closed incidents, newest first."""
    asked, complaints = ListQuery.of(request.args, INCIDENTS, EVERYTHING, PER_PAGE)
    page = incidents.fetch_page(connection(), asked)
    query = {"state": asked.state} if asked.state else {}
    return render_template(
        "pages/incidents/index.html",
        complaints=complaints,
        states=STATES,
        state=asked.state or "",
        incidents=Listing(url_for(".index"), query, asked.sort, page, asked.cursor),
    )


@blueprint.get("/incidents/<int:incident_id>")
def show(incident_id: int) -> str:
    """One incident: its times, its sentences, and links."""
    found = incidents.find(connection(), incident_id) if incident_id <= MAX_ROW_ID else None
    if found is None:
        abort(404, f"There is no incident {incident_id}.")
    return render_template(
        "pages/incidents/show.html",
        incident=found,
        snooze=incidents.find_snooze(connection(), found.finding_key, current_time()),
        snooze_hours=SNOOZE_HOURS,
    )


@blueprint.get("/incidents.atom")
def feed() -> Response:
    """The last incidents for feed readers, RFC 4287."""
    newest, _ = ListQuery.of({}, INCIDENTS, EVERYTHING, FEED_ENTRIES)
    page = incidents.fetch_page(connection(), newest)
    updated = max((_changed_at(incident) for incident in page.rows), default=None)
    body = render_template("pages/incidents/feed.xml", incidents=page.rows, updated=updated)
    return Response(body, mimetype="application/atom+xml", headers={"Cache-Control": "max-age=60"})


def _changed_at(incident: Incident) -> datetime:
    return incident.closed_at or incident.opened_at
