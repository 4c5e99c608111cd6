"""The contribution of pruned rows to each summary. Source: docs/data-model.md."""

from sqlalchemy import Column, Table

from batch_dashboard.store.schema.batch_runs import ecosystem_days
from batch_dashboard.store.schema.columns import metadata
from batch_dashboard.store.schema.copied import copied
from batch_dashboard.store.schema.failures import (
    failure_group_days,
    failure_group_recipes,
    failure_groups,
)
from batch_dashboard.store.schema.plan import recipe_streaks
from batch_dashboard.store.schema.recipes import recipes
from batch_dashboard.store.schema.spending import ci_job_days, ci_wait_days


def _pruned(table: Table, without: tuple[str, ...] = ()) -> Table:
    """A table of what pruned rows have added to a summary, with the columns of the summary."""
    keys = [
        Column(column.name, column.type, primary_key=True, autoincrement=False)
        for column in table.primary_key
    ]
    return Table(f"pruned_{table.name}", metadata, *keys, *copied(table, without))


pruned_ecosystem_days = _pruned(ecosystem_days)
pruned_ci_job_days = _pruned(ci_job_days)
pruned_ci_wait_days = _pruned(ci_wait_days)
pruned_recipes = _pruned(recipes)
pruned_recipe_streaks = _pruned(recipe_streaks)
# Numbers belong to stored messages, and the class is determined by the line.
pruned_failure_groups = _pruned(failure_groups, without=("number", "last_message", "failure_class"))
pruned_failure_group_days = _pruned(failure_group_days)
pruned_failure_group_recipes = _pruned(failure_group_recipes)
