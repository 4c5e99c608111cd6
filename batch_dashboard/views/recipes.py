"""The list of recipes, and one of them with its history."""

from flask import Blueprint, abort, render_template, request

from batch_dashboard.model.catalogue import RECIPES
from batch_dashboard.model.catalogue.batch_runs import RECIPE_HISTORY
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.services.plan.planning import advise_recipe
from batch_dashboard.store.recipes import previous_attempts, recipe_history, recipe_list
from batch_dashboard.views.choice import choose
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.panels.recipes.last_attempt import last_attempt
from batch_dashboard.views.panels.recipes.recipe_groups import recipe_groups
from batch_dashboard.views.panels.recipes.recipe_list import recipe_list_panel
from batch_dashboard.views.panels.recipes.recipe_plan import recipe_plan
from batch_dashboard.views.panels.recipes.recipe_results import recipe_results
from batch_dashboard.views.panels.recipes.recipe_summary import RecipeSummary
from batch_dashboard.views.panels.recipes.results_chart import MAX_MARKS, recipe_results_chart

blueprint = Blueprint("recipes", __name__, url_prefix="/recipes")

RECIPES_PER_PAGE = 50
RESULTS_PER_PAGE = 25
MAX_FAILURE_GROUPS = 20


@blueprint.get("")
def index() -> str:
    """The recipes seen in the selected period, those stuck longest first or in another order."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    asked, complaints = ListQuery.of(request.args, RECIPES, choice.asked, RECIPES_PER_PAGE)
    choice.complaints.extend(complaints)
    text, state = asked.text, asked.state
    # That no recipe is in a state is worth knowing, so it takes an empty period to look elsewhere.
    choice, total = choice.with_data(
        lambda chosen: recipe_list.count_recipes(conn, chosen.shown, None, text),
        lambda always: recipe_list.find_last_seen(conn, always, state, text),
        _missing(state, text),
    )
    if state:
        total = recipe_list.count_recipes(conn, choice.shown, state, text)
    page = recipe_list.fetch_page(conn, asked.over(choice.shown))
    return render_template(
        "pages/recipes/index.html",
        choice=choice,
        recipes=recipe_list_panel(choice, asked, page, total),
    )


@blueprint.get("/<name:ecosystem>/<path_name:recipe_name>")
def show(ecosystem: str, recipe_name: str) -> str:
    """One recipe: since when it fails and why, and its results over time."""
    conn = connection()
    recipe = recipe_list.find(conn, ecosystem, recipe_name)
    if recipe is None:
        abort(404, f"No result of a recipe “{recipe_name}” in “{ecosystem}” is stored.")
    choice = choose(conn, request.args, ecosystem)
    args = {**request.args, "recipe_name": recipe_name}
    asked, complaints = ListQuery.of(args, RECIPE_HISTORY, choice.asked, RESULTS_PER_PAGE)
    choice.complaints.extend(complaints)
    result = asked.result
    of_recipe = (conn, ecosystem, recipe_name)
    platform = choice.asked.platform
    choice = choice.over_data(
        lambda chosen: recipe_history.find_last(*of_recipe, chosen.period, platform, result),
        " ".join(filter(None, (result, "result of this recipe", platform and f"on {platform}"))),
    )
    latest = recipe_history.fetch_latest(*of_recipe, choice.shown.period, platform, MAX_MARKS)
    page = recipe_history.fetch_page(*of_recipe, asked.over(choice.shown))
    last_failure = (
        recipe_history.find_failure(*of_recipe, recipe.last_failed_at)
        if recipe.last_failed_at
        else None
    )
    attempts = previous_attempts.fetch_compared(conn, [row.id for row in page.rows])
    groups = recipe_history.fetch_failure_groups(*of_recipe, MAX_FAILURE_GROUPS)
    results = recipe_results(choice, recipe_name, asked, page, attempts)
    return render_template(
        "pages/recipes/show.html",
        choice=choice,
        recipe=recipe,
        platforms=sorted({name for name in (platform, *(m.platform for m in latest)) if name}),
        summary=RecipeSummary(recipe, last_failure),
        plan=recipe_plan(
            ecosystem,
            recipe_name,
            advise_recipe(conn, ecosystem, recipe_name, current_time()),
        ),
        attempt=last_attempt(ecosystem, recipe_name, previous_attempts.find_last(*of_recipe)),
        groups=recipe_groups(ecosystem, recipe_name, groups),
        chart=recipe_results_chart(latest, results.csv),
        results=results,
    )


def _missing(state: str | None, text: str | None) -> str:
    """The filter of the list of recipes, in words."""
    named = f" with “{text}” in its name" if text else ""
    return f"result of a {state + ' ' if state else ''}recipe{named}"
