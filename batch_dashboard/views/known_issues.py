"""Known issues: failures that are expected until a given day. Source: docs/known-issues.md."""

from flask import Blueprint, render_template, request, url_for

from batch_dashboard.model.catalogue.known_issues import KNOWN_ISSUES
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.store.failures import known_issues
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.panels.failures.known_issue_list import known_issue_list

blueprint = Blueprint("known_issues", __name__, url_prefix="/known-issues")

PER_PAGE = 50


@blueprint.get("")
def index() -> str:
    """The known issues, those that expire first at the top."""
    conn, today = connection(), current_time().date()
    asked, complaints = ListQuery.of(request.args, KNOWN_ISSUES, EVERYTHING, PER_PAGE)
    page = known_issues.fetch_page(conn, asked, today)
    opened = known_issues.fetch_open(conn, today, with_passes=True)
    return render_template(
        "pages/known_issues/index.html",
        complaints=complaints,
        panel=known_issue_list(url_for(".index"), asked, page, opened, today),
    )
