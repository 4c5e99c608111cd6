"""Every macro in its states on one page, for those who change them; where debug is on only."""

from flask import Blueprint, Flask, render_template

from batch_dashboard.figures.style import empty_figure
from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.batch_runs.vocabulary import RESULTS
from batch_dashboard.model.recipes.recipes import STATES
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.context import current_time
from batch_dashboard.views.panels.search_results import SearchResults
from batch_dashboard.views.patterns.batch_runs import batch_run_patterns
from batch_dashboard.views.patterns.failures import failure_patterns
from batch_dashboard.views.patterns.forms import background_jobs, refused_form
from batch_dashboard.views.patterns.judgement import judgement_patterns
from batch_dashboard.views.patterns.recipes import recipe_patterns
from batch_dashboard.views.patterns.spending import spending_patterns
from batch_dashboard.views.patterns.values import (
    LONG_NAME,
    SLOTS,
    choice_at,
    group_counts,
    stuck_recipe,
    two_runs,
)

blueprint = Blueprint("patterns", __name__)


def register(app: Flask) -> None:
    """Serve the page where debug is on."""
    if app.extensions["settings"].debug:
        app.register_blueprint(blueprint)


@blueprint.get("/patterns")
def index() -> str:
    """The patterns, on made-up values that show each state."""
    now = current_time()
    return render_template(
        "pages/patterns/index.html",
        now=now,
        results=RESULTS,
        states=STATES,
        long_name=LONG_NAME,
        slots=SLOTS,
        choice=choice_at(now, complaints=["“by” must be one of day, week."]),
        attempts=["p" * 20, "f" * 20, "pfpfp", ""],
        judgement=judgement_patterns(now),
        spending=spending_patterns(now),
        failures=failure_patterns(now),
        batch_runs=batch_run_patterns(now),
        recipes=recipe_patterns(now),
        form=refused_form(),
        jobs=background_jobs(now),
        found=[
            SearchResults(
                "bat",
                SLOTS,
                [EcosystemSpan("homebrew", now, now)],
                [stuck_recipe(now)],
                two_runs(now),
                group_counts(now),
                frozenset({"recipes"}),
            ),
            SearchResults("bat", SLOTS),
        ],
        empty_chart=Chart(
            "empty-figure",
            "A figure without data",
            "its unit",
            "Its sentence.",
            empty_figure("No batch run in this period."),
        ),
    )
