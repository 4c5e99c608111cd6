"""CSV files of what the pages show, and the page that explains them."""

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, render_template, request

from batch_dashboard.exports.columns import FILES, columns_of
from batch_dashboard.exports.csv_stream import file_chunks, gzip_chunks
from batch_dashboard.exports.lines import lines
from batch_dashboard.model.comparison import LISTED, UNCHANGED
from batch_dashboard.model.filters import RunFilter
from batch_dashboard.model.periods import Period
from batch_dashboard.model.recipes import STATES
from batch_dashboard.model.result_filter import ResultFilter
from batch_dashboard.model.search import parse_number, parse_text, parse_word
from batch_dashboard.model.vocabulary import RESULTS
from batch_dashboard.model.wording import CONTROL_CHARACTER
from batch_dashboard.store import batch_runs, csv_counts, csv_rows, csv_tables
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.views import computed_files
from batch_dashboard.views.access import is_limited, require_reading_all
from batch_dashboard.views.choice import BATCH_RUN, choose, current_time
from batch_dashboard.views.connection import connection, store
from batch_dashboard.views.incidents import STATES as INCIDENT_STATES

blueprint = Blueprint("exports", __name__, url_prefix="/exports")

CHANGES = (*LISTED, UNCHANGED)
# The longest that a client can send.
MAX_RECIPE_NAME = 500


class Options(NamedTuple):
    """What can be chosen for a file besides its rows' period, ecosystem and platform."""

    results: ResultFilter
    state: str | None
    by: str
    change: str | None
    failure_group: int | None
    batch_run: int | None
    recipe_name: str | None
    before: int | None
    after: int | None
    bom: bool
    # Of runs that list results of several ecosystems, a limited token gets its own only.
    result_ecosystem: str | None = None


Pages = Generator[bytes]


def _recipe_results(store: Store, chosen: RunFilter, options: Options) -> Pages:
    run, recipe = options.batch_run, options.recipe_name
    if run is None and recipe is None:
        return csv_rows.iter_recipe_results(
            store, chosen, options.results.result, options.result_ecosystem
        )
    return csv_tables.iter_chosen_results(
        store, chosen, options.results, run, recipe, options.result_ecosystem
    )


def _comparison(store: Store, chosen: RunFilter, options: Options) -> Pages:
    before, after = options.before or 0, options.after or 0
    return csv_tables.iter_comparison(store, before, after, options.change, chosen.ecosystem)


def _computed(make: Callable[[Connection, RunFilter, datetime], computed_files.Rows]) -> Any:
    """The one page of a file whose rows are computed from all that is read first."""

    def pages(store: Store, chosen: RunFilter, _options: Options) -> Pages:
        with store.read() as connection:
            body = lines(make(connection, chosen, current_time()))
        yield body

    return pages


ROWS: dict[str, Callable[[Store, RunFilter, Options], Pages]] = {
    "batch_runs.csv": lambda s, chosen, o: csv_rows.iter_batch_runs(s, chosen, o.results.text),
    "recipe_results.csv": _recipe_results,
    "minutes.csv": lambda s, chosen, o: csv_rows.iter_minutes(s, chosen, o.by),
    "failure_rates.csv": lambda s, chosen, o: csv_rows.iter_failure_rates(s, chosen, o.by),
    "failure_groups.csv": lambda s, chosen, o: csv_rows.iter_failure_groups(
        s, chosen, o.results.category, o.results.text, current_time().date()
    ),
    "recipes.csv": lambda s, chosen, o: csv_rows.iter_recipes(s, chosen, o.state, o.results.text),
    "ecosystems.csv": _computed(computed_files.ecosystem_rows),
    "failure_counts.csv": lambda s, chosen, o: csv_tables.iter_failure_counts(
        s, chosen, o.failure_group, o.by
    ),
    "failure_group_recipes.csv": lambda s, chosen, o: csv_tables.iter_failure_group_recipes(
        s, chosen, o.failure_group, o.recipe_name
    ),
    "comparison.csv": _comparison,
    "incidents.csv": lambda s, chosen, o: csv_tables.iter_incidents(
        s, chosen, None if o.state is None else o.state == "open"
    ),
    "circuit_breakers.csv": lambda s, chosen, _: csv_tables.iter_circuit_breakers(s, chosen),
    "error_budgets.csv": _computed(computed_files.error_budget_rows),
    "burn_up.csv": _computed(computed_files.burn_up_rows),
    "prices.csv": _computed(computed_files.price_rows),
}
# What a file's option `state` may be.
FILE_STATES = {"recipes.csv": STATES, "incidents.csv": INCIDENT_STATES}
# What is about all ecosystems together, whichever is chosen.
OF_ALL = {"failure_groups.csv": "a failure group", "burn_up.csv": "a budget"}


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
    if name not in ROWS:
        abort(404, f"There is no file of that name here, only {', '.join(ROWS)}.")
    if name in OF_ALL:
        require_reading_all(OF_ALL[name])
    today = current_time().date()
    run_filter, complaints = RunFilter.parse(request.args, today)
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
    period = _period_in_name(run_filter.period) if FILES[name].has_period else today
    file_name = f"{name.removesuffix('.csv')}_{period}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _options(args: Mapping[str, str], name: str, complaints: list[str]) -> Options:
    known = FILES[name].options
    # What a file does not take is not looked at.
    given = {option: args.get(option, "") for option in (*known, "bom")}
    results = ResultFilter(
        parse_word(given, "result", RESULTS, complaints),
        parse_text(given, "category", complaints),
        parse_text(given, "text", complaints),
    )
    options = Options(
        results=results,
        state=parse_word(given, "state", FILE_STATES.get(name, ()), complaints),
        by=parse_word(given, "by", csv_rows.BY, complaints) or csv_rows.BY_DAY,
        change=parse_word(given, "change", CHANGES, complaints),
        failure_group=parse_number(given, "failure_group", "a failure group", complaints),
        batch_run=parse_number(given, "batch_run", "a batch run", complaints),
        recipe_name=_recipe_name(given, complaints),
        before=parse_number(given, "before", "a batch run", complaints),
        after=parse_number(given, "after", "a batch run", complaints),
        bom=parse_word(given, "bom", ("0", "1"), complaints) == "1",
    )
    is_of_all = options.batch_run is None and options.recipe_name is None
    if name == "recipe_results.csv" and is_of_all and (results.category or results.text):
        complaints.append("“category” and “text” go with “batch_run” or “recipe_name”.")
    for end in ("before", "after"):
        if end in known and not given[end].strip():
            complaints.append(f"“{end}” must be the number of a batch run.")
    return options


def _recipe_name(args: Mapping[str, str], complaints: list[str]) -> str | None:
    name = args.get("recipe_name", "")
    if len(name) > MAX_RECIPE_NAME or CONTROL_CHARACTER.search(name):
        complaints.append(
            f"“recipe_name” must be at most {MAX_RECIPE_NAME} characters on one line."
        )
        return None
    return name or None


def _period_in_name(period: Period) -> str:
    since, last_day = period.since, period.last_day
    if since and last_day:
        return f"{since}_{last_day}"
    if since:
        return f"from_{since}"
    return f"to_{last_day}" if last_day else "all"
