"""Letting a recipe that waits run at once."""

from flask import Blueprint, Response

from batch_dashboard.services.plan.planning import try_now
from batch_dashboard.views.forms import changing, done

blueprint = Blueprint("admin_plan", __name__, url_prefix="/admin/plan")


@blueprint.post("/try-now/<name:ecosystem>/<path_name:recipe_name>")
def try_recipe(ecosystem: str, recipe_name: str) -> Response:
    """Try a recipe in the next batch run."""
    with changing() as change:
        try_now(change, ecosystem, recipe_name)
    place = {"ecosystem": ecosystem, "recipe_name": recipe_name}
    return done(f"{recipe_name} runs in the next batch run that asks.", "recipes.show", **place)
