"""CSV files of what the pages show, and the page that explains them."""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request

from batch_dashboard.exports.csv_stream import file_chunks, gzip_chunks
from batch_dashboard.exports.lines import lines
from batch_dashboard.model.catalogue import FILES
from batch_dashboard.model.catalogue.fields import Resource
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.periods import Period
from batch_dashboard.model.lists.search import parse_word
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.lists import csv_counts, csv_rows
from batch_dashboard.views import computed_files
from batch_dashboard.views.access import current_principal
from batch_dashboard.views.choice import BATCH_RUN, choose
from batch_dashboard.views.context import connection, current_time, store

blueprint = Blueprint("exports", __name__, url_prefix="/exports")

# The files whose rows are computed from all that is read first.
COMPUTED: dict[str, Callable[[Connection, RunFilter, datetime], computed_files.Rows]] = {
    "ecosystems": computed_files.ecosystem_rows,
    "error_budgets": computed_files.error_budget_rows,
    "findings": computed_files.finding_rows,
    "budgets": computed_files.budget_rows,
    "budget_changes": computed_files.budget_change_rows,
    "burn_up": computed_files.burn_up_rows,
    "prices": computed_files.price_rows,
}
# What is about all ecosystems together, whichever is chosen.
OF_ALL = {
    "failure_groups": "a failure group",
    "findings": "what needs attention",
    "budgets": "a budget",
    "budget_changes": "a budget",
    "burn_up": "a budget",
}


@blueprint.get("/")
def index() -> str:
    """Every file with its number of rows, and its columns explained."""
    conn = connection()
    choice = choose(conn, request.args)
    choice = choice.over_data(lambda chosen: batch_runs.find_last(conn, chosen), BATCH_RUN)
    return render_template(
        "pages/exports/index.html",
        files=FILES,
        choice=choice,
        query=choice.shown.query(),
        counts=csv_counts.count_rows(conn, choice.shown)
        | computed_files.count_rows(conn, choice.shown, choice.spans),
    )


@blueprint.get("/<name>")
def download(name: str) -> Response:
    """A file of all rows that match, streamed."""
    if name not in FILES:
        abort(404, f"There is no such file. The files are {', '.join(FILES)}.")
    resource, principal = FILES[name], current_principal()
    if resource.name in OF_ALL:
        principal.require_all(OF_ALL[resource.name])
    today = current_time().date()
    query, complaints = ListQuery.parse(request.args, resource, today)
    has_mark = parse_word(request.args, "bom", ("0", "1"), complaints) == "1"
    if complaints:
        return Response("\n".join(complaints) + "\n", 400, mimetype="text/plain")
    if principal.is_limited:
        query = replace(query, result_ecosystem=query.filter.ecosystem)
    pages = _pages(resource, query)
    # Read before answering: a database that is away is still a 503 here.
    first_page = next(pages, b"")
    columns = [field.name for field in resource.fields_by(query.by)]
    chunks = file_chunks(columns, first_page, pages, bom=has_mark)
    compressed = request.accept_encodings.quality("gzip") > 0
    response = Response(gzip_chunks(chunks) if compressed else chunks, mimetype="text/csv")
    # A client that disconnects, or requests only the headers, never reads all pages.
    response.call_on_close(pages.close)
    if compressed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.cache_control.no_store = True
    period = _period_in_name(query.filter.period) if resource.has_period else today
    response.headers["Content-Disposition"] = f'attachment; filename="{resource.name}_{period}.csv"'
    return response


def _pages(resource: Resource, query: ListQuery) -> Generator[bytes]:
    compute = COMPUTED.get(resource.name)
    if compute is None:
        return csv_rows.iter_rows(store(), resource, query, current_time().date())
    return _computed_page(compute, query)


def _computed_page(
    compute: Callable[[Connection, RunFilter, datetime], computed_files.Rows], query: ListQuery
) -> Generator[bytes]:
    with store().read() as connection:
        body = lines(compute(connection, query.filter, current_time()))
    yield body


def _period_in_name(period: Period) -> str:
    since, last_day = period.since, period.last_day
    if since and last_day:
        return f"{since}_{last_day}"
    if since:
        return f"from_{since}"
    return f"to_{last_day}" if last_day else "all"
