"""Recipes. Source: docs/data-model.md."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from batch_dashboard.store.dialects.columns import ROWS_BY_KEY, only_where
from batch_dashboard.store.schema.columns import UnixTime, metadata

# One row for each recipe with results.
recipes = Table(
    "recipes",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("recipe_name", Text, primary_key=True),
    Column("passed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("failed_milliseconds", BigInteger, nullable=False),
    # Failed attempts since the last pass. Within a transaction, -1 marks a streak to be recounted.
    Column("failure_streak", BigInteger, nullable=False),
    Column("failing_since", UnixTime),  # the streak's first failed attempt; NULL: no streak
    Column("first_seen_at", UnixTime, nullable=False),
    Column("last_seen_at", UnixTime, nullable=False),
    Column("last_passed_at", UnixTime),  # NULL: never
    Column("last_failed_at", UnixTime),  # NULL: never
    # The last 20 attempts, oldest first: p for passed, f for failed.
    Column("recent_attempts", Text, nullable=False, server_default=""),
    **ROWS_BY_KEY,
)
Index(
    "ix_recipes_failure_streak",
    recipes.c.failure_streak,
    **only_where(recipes.c.failure_streak != 0),
)
