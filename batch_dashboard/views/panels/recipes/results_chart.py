"""The results of one recipe over time."""

from collections.abc import Sequence

from batch_dashboard.figures.recipe_results import recipe_results_figure
from batch_dashboard.figures.sentences import recipe_results_sentence
from batch_dashboard.model.recipes.recipes import RecipeAttempt
from batch_dashboard.views.charts import Chart

# Up to how many results are drawn.
MAX_MARKS = 300


def recipe_results_chart(latest: Sequence[RecipeAttempt], csv: str) -> Chart:
    """The latest results, MAX_MARKS of them at most; `csv` is the file of all results."""
    return Chart(
        "results-chart",
        "Results over time",
        "outcome, and duration in seconds",
        recipe_results_sentence(latest, len(latest) < MAX_MARKS),
        recipe_results_figure(latest),
        csv,
    )
