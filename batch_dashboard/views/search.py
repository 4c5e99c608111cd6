"""One search over recipes, ecosystems, batch runs and failures, for every page and as a page."""

from flask import Blueprint, render_template, request

from batch_dashboard.model.batch_runs.records import BatchRun, EcosystemSpan
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.search import holds_words, parse_text, run_number, words_of
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.store.batch_runs import batch_runs, exclusion
from batch_dashboard.store.failures import failure_group_list
from batch_dashboard.store.recipes import recipe_list
from batch_dashboard.views.context import connection
from batch_dashboard.views.panels.failures.top_groups import MOST_FREQUENT
from batch_dashboard.views.panels.search_results import SearchResults

blueprint = Blueprint("search", __name__)

PER_KIND = 6
# Shorter texts begin the commits of too many runs to help.
MIN_COMMIT_LENGTH = 4


@blueprint.get("/search")
def index() -> str:
    """The results of a search; the dialog of every page shows the results of this page."""
    complaints: list[str] = []
    text = parse_text(request.args, "q", complaints)
    spans = batch_runs.fetch_ecosystems(connection())
    return render_template(
        "pages/search/index.html",
        text=text or "",
        complaints=complaints,
        found=_find(text, spans) if text else None,
    )


def _find(text: str, spans: list[EcosystemSpan]) -> SearchResults:
    conn, words = connection(), words_of(text)
    named = [span for span in spans if holds_words(span.ecosystem, words)]
    named.sort(key=lambda span: (len(span.ecosystem), span.ecosystem))
    recipes = recipe_list.fetch_named(conn, words, PER_KIND + 1)
    runs = _runs(text)
    with_text = ListQuery(EVERYTHING, MOST_FREQUENT, count=PER_KIND, text=text)
    groups = failure_group_list.fetch_page(conn, with_text)
    more = {
        "ecosystems": len(named) > PER_KIND,
        "recipes": len(recipes) > PER_KIND,
        "runs": len(runs) > PER_KIND,
        "groups": groups.later is not None,
    }
    return SearchResults(
        text,
        colour_slots(spans),
        named[:PER_KIND],
        recipes[:PER_KIND],
        runs[:PER_KIND],
        groups.rows,
        frozenset(kind for kind, is_more in more.items() if is_more),
    )


def _runs(text: str) -> list[BatchRun]:
    """The run of a number first, then those whose batch id or commit begins with the text."""
    conn, number = connection(), run_number(text)
    numbered = None if number is None else batch_runs.find(conn, number)
    if number is not None and numbered is None:
        excluded = exclusion.find(conn, number)
        numbered = excluded and excluded.run
    commit = text if len(text) >= MIN_COMMIT_LENGTH else None
    begun = batch_runs.fetch_beginning_with(conn, text, commit, PER_KIND + 1)
    found = {run.id: run for run in (*([numbered] if numbered else []), *begun)}
    return list(found.values())
