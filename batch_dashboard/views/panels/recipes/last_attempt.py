"""The last attempt of a recipe beside the one before it."""

from dataclasses import dataclass

from batch_dashboard.model.recipes.attempts import ComparedAttempt
from batch_dashboard.views.choice import csv_url


@dataclass(frozen=True)
class LastAttempt:
    """The attempt with what it is compared with."""

    compared: ComparedAttempt
    csv: str


def last_attempt(
    ecosystem: str, recipe_name: str, compared: ComparedAttempt | None
) -> LastAttempt | None:
    """The last attempt of a recipe; None: it was never attempted."""
    if compared is None:
        return None
    query = {"ecosystem": ecosystem, "recipe_name": recipe_name, "last": "all"}
    return LastAttempt(compared, csv_url("recipe_results.csv", query))
