"""The attempts that the results of a batch run are, by recipe. Pure."""

from collections.abc import Collection, Sequence

from batch_dashboard.model.batch_runs.vocabulary import PASSED, SKIPPED
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.ingest.payload import NewRecipeResults
from batch_dashboard.model.ingest.summaries import RecipeKey
from batch_dashboard.model.plan.streaks import ANY_PLATFORM, Attempt


def is_infrastructure(reported: str | None, of_group: str | None) -> bool:
    """Whether a failure is the infrastructure's: as the client reported, or as its group is."""
    return (reported or of_group) == FailureClass.INFRASTRUCTURE


def attempts_of(
    results: NewRecipeResults,
    groups: Sequence[int | None],
    infrastructure_groups: Collection[int],
    recipe_names: Collection[str],
    started_at: int,
) -> dict[RecipeKey, list[tuple[int, Attempt]]]:
    """The attempts of recipes of some names in a batch run in their order, each with its index.

    `groups` are the failure groups of all results, `started_at` when the run started in Unix
    seconds.
    """
    found: dict[RecipeKey, list[tuple[int, Attempt]]] = {}
    for index in [i for i, name in enumerate(results.recipe_name) if name in recipe_names]:
        result = results.result[index]
        if result == SKIPPED:
            continue
        group_id, reported = groups[index], results.failure_class[index]
        of_group = FailureClass.INFRASTRUCTURE if group_id in infrastructure_groups else None
        attempt = Attempt(
            started_at,
            results.platform[index] or ANY_PLATFORM,
            result == PASSED,
            group_id,
            results.recipe_version[index],
            group_id is not None and is_infrastructure(reported, of_group),
        )
        key = (results.ecosystem[index], results.recipe_name[index])
        found.setdefault(key, []).append((index, attempt))
    return found
