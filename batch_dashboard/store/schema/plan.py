"""Streaks of failures, and what operators asked to try. Source: docs/plan.md."""

from sqlalchemy import BigInteger, Column, Table, Text

from batch_dashboard.store.dialects.columns import ROWS_BY_KEY
from batch_dashboard.store.schema.columns import UnixTime, metadata

# One row for each recipe and platform that fails; a recipe that does not has none.
recipe_streaks = Table(
    "recipe_streaks",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("recipe_name", Text, primary_key=True),
    Column("platform", Text, primary_key=True),  # empty: the results do not state one
    Column("failed", BigInteger, nullable=False),  # failures since the last pass
    # The last of them, all for one reason and of one version.
    Column("same_reason", BigInteger, nullable=False),
    Column("failure_group_id", BigInteger),  # of the last failure
    Column("recipe_version", Text),  # NULL: no failure stated it
    Column("began_at", UnixTime, nullable=False),  # the first failure of `same_reason`
    Column("last_failed_at", UnixTime, nullable=False),
    **ROWS_BY_KEY,
)

# Changes whenever the streaks or the requests of an ecosystem do, so that what is made from them
# can be kept. Random: a number that counts could come again after a backup is restored.
plan_versions = Table(
    "plan_versions",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    **ROWS_BY_KEY,
)

# Recipes that an operator asked to try; a later attempt makes a request void.
plan_requests = Table(
    "plan_requests",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("recipe_name", Text, primary_key=True),
    Column("requested_at", UnixTime, nullable=False),
    Column("requested_by", Text, nullable=False),
)
