"""CSV files of what the pages show, and the page that explains them."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import NamedTuple

from flask import Blueprint, Response, abort, render_template, request

from batch_dashboard.exports.columns import FILES, columns_of
from batch_dashboard.exports.csv_stream import file_chunks, gzip_chunks
from batch_dashboard.model.filters import RunFilter
from batch_dashboard.model.periods import Period
from batch_dashboard.model.recipes import STATES
from batch_dashboard.model.search import parse_text, parse_word
from batch_dashboard.model.vocabulary import RESULTS
from batch_dashboard.store import csv_rows
from batch_dashboard.store.engine import Store
from batch_dashboard.views.access import is_limited, require_reading_all
from batch_dashboard.views.choice import current_time
from batch_dashboard.views.connection import store

blueprint = Blueprint("exports", __name__, url_prefix="/exports")


class Options(NamedTuple):
    """What can be chosen for a file besides its rows' period, ecosystem and platform."""

    result: str | None
    state: str | None
    category: str | None
    text: str | None
    by: str
    bom: bool
    # Of runs that list results of several ecosystems, a limited token gets its own only.
    result_ecosystem: str | None = None


ROWS: dict[str, Callable[[Store, RunFilter, Options], Generator[bytes]]] = {
    "batch_runs.csv": lambda s, chosen, o: csv_rows.iter_batch_runs(s, chosen, o.text),
    "recipe_results.csv": lambda s, chosen, o: csv_rows.iter_recipe_results(
        s, chosen, o.result, o.result_ecosystem
    ),
    "minutes.csv": lambda s, chosen, o: csv_rows.iter_minutes(s, chosen, o.by),
    "failure_rates.csv": lambda s, chosen, o: csv_rows.iter_failure_rates(s, chosen, o.by),
    "failure_groups.csv": lambda s, chosen, o: csv_rows.iter_failure_groups(
        s, chosen, o.category, o.text, current_time().date()
    ),
    "recipes.csv": lambda s, chosen, o: csv_rows.iter_recipes(s, chosen, o.state, o.text),
}


@blueprint.get("/")
def index() -> str:
    """Every file, with its columns explained."""
    run_filter, complaints = RunFilter.parse(request.args, current_time().date())
    return render_template(
        "pages/exports/index.html", files=FILES, run_filter=run_filter, complaints=complaints
    )


@blueprint.get("/<name>")
def download(name: str) -> Response:
    """A file of all rows that match, streamed."""
    if name not in ROWS:
        abort(404, f"There is no file of that name here, only {', '.join(ROWS)}.")
    if name == "failure_groups.csv":
        require_reading_all("a failure group")
    run_filter, complaints = RunFilter.parse(request.args, current_time().date())
    options = _options(request.args, name, complaints)
    if complaints:
        return Response("\n".join(complaints) + "\n", 400, mimetype="text/plain")
    if is_limited():
        options = options._replace(result_ecosystem=run_filter.ecosystem)
    pages = ROWS[name](store(), run_filter, options)
    # Read before answering: a database that is away is still a 503 here.
    first_page = next(pages, b"")
    chunks = file_chunks(columns_of(name, options.by), first_page, pages, bom=options.bom)
    compressed = request.accept_encodings.quality("gzip") > 0
    response = Response(gzip_chunks(chunks) if compressed else chunks, mimetype="text/csv")
    # A client that leaves, or asks for the headers only, never gets to the end of the pages.
    response.call_on_close(pages.close)
    if compressed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.cache_control.no_store = True
    file_name = f"{name.removesuffix('.csv')}_{_period_in_name(run_filter.period)}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _options(args: Mapping[str, str], name: str, complaints: list[str]) -> Options:
    known = FILES[name].options

    def word(option: str, allowed: Sequence[str]) -> str | None:
        return parse_word(args, option, allowed, complaints) if option in known else None

    def text(option: str) -> str | None:
        return parse_text(args, option, complaints) if option in known else None

    return Options(
        result=word("result", RESULTS),
        state=word("state", STATES),
        category=text("category"),
        text=text("text"),
        by=word("by", csv_rows.BY) or csv_rows.BY_DAY,
        bom=parse_word(args, "bom", ("0", "1"), complaints) == "1",
    )


def _period_in_name(period: Period) -> str:
    since, last_day = period.since, period.last_day
    if since and last_day:
        return f"{since}_{last_day}"
    if since:
        return f"from_{since}"
    return f"to_{last_day}" if last_day else "all"
