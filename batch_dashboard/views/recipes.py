"""The list of recipes, and one of them with its history."""

from flask import Blueprint, abort, render_template, request

from batch_dashboard.model.batch_runs.vocabulary import RESULTS
from batch_dashboard.model.catalogue import RECIPES
from batch_dashboard.model.catalogue.batch_runs import RECIPE_HISTORY
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.series import colour_slots
from batch_dashboard.model.recipes.recipes import STATES
from batch_dashboard.store.recipes import previous_attempts, recipe_history, recipe_list
from batch_dashboard.views.choice import choose, csv_url
from batch_dashboard.views.context import connection
from batch_dashboard.views.listing import Listing
from batch_dashboard.views.panels.recipes.results_chart import MAX_MARKS, recipe_results_chart

blueprint = Blueprint("recipes", __name__, url_prefix="/recipes")

RECIPES_PER_PAGE = 50
RESULTS_PER_PAGE = 25
MAX_FAILURE_GROUPS = 20


@blueprint.get("")
def index() -> str:
    """The recipes seen in the period chosen, those stuck longest first or in another order."""
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
    chosen = {name: value for name, value in (("state", state), ("text", text)) if value}
    query = {**choice.query, **chosen}
    return render_template(
        "pages/recipes/index.html",
        choice=choice,
        state=state,
        states=STATES,
        text=text,
        total=total,
        recipes=Listing(choice.path, query, asked.sort, page, asked.cursor),
        slots=colour_slots(choice.ecosystems),
        csv=csv_url("recipes.csv", query),
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
    query = {**choice.query, "result": result} if result else choice.query
    csv = csv_url(
        "recipe_results.csv", {**choice.shown.query(result=result), "recipe_name": recipe_name}
    )
    return render_template(
        "pages/recipes/show.html",
        choice=choice,
        recipe=recipe,
        last_failure=last_failure,
        last_attempt=previous_attempts.find_last(*of_recipe),
        compared_attempts=previous_attempts.fetch_compared(conn, [row.id for row in page.rows]),
        groups=recipe_history.fetch_failure_groups(*of_recipe, MAX_FAILURE_GROUPS),
        results=Listing(choice.path, query, asked.sort, page, asked.cursor),
        result=result,
        result_words=RESULTS,
        results_csv=csv,
        platforms=sorted({name for name in (platform, *(m.platform for m in latest)) if name}),
        chart=recipe_results_chart(latest, csv),
        slots=colour_slots(choice.ecosystems),
    )


def _missing(state: str | None, text: str | None) -> str:
    """What a list of recipes looks for, in words."""
    named = f" with “{text}” in its name" if text else ""
    return f"result of a {state + ' ' if state else ''}recipe{named}"
