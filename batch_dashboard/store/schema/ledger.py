"""What the plan left out and what became of it. Source: docs/plan.md, "Ledger"."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Table, Text

from batch_dashboard.store.dialects.columns import ROWS_BY_KEY, RowId
from batch_dashboard.store.schema.columns import UnixTime, metadata
from batch_dashboard.store.schema.copied import copied

# One row for each recipe and platform that the plan leaves out.
plan_waits = Table(
    "plan_waits",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("recipe_name", Text, primary_key=True),
    Column("platform", Text, primary_key=True),  # empty: the results do not state one
    # The first time since the last failure; NULL: not since then.
    Column("since", UnixTime),
    Column("left_out", BigInteger, nullable=False),  # attempts since then
    Column("last_at", UnixTime, nullable=False),
    Column("milliseconds", BigInteger),  # the median of its attempts; NULL: unknown
    # The latest requests, a JSON array of pairs: batch_id or null, Unix seconds.
    Column("requests", Text, nullable=False),
    **ROWS_BY_KEY,
)


def _savings(name: str) -> list[Column[int]]:
    """Attempts and their estimated durations."""
    return [_number(f"{name}{suffix}") for suffix in SAVINGS_SUFFIXES]


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


# The columns of `Savings`, after the name of what they count.
SAVINGS_SUFFIXES = (
    "",
    "_unknown_durations",
    "_unknown_costs",
    "_milliseconds",
    "_macos_milliseconds",
    "_linux_milliseconds",
)

# What the plan advised on a day, and the sums of the outcomes of the runs that started then.
plan_days = Table(
    "plan_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ecosystem", Text, primary_key=True),
    _number("requests"),  # plans that CI requested
    _number("advised"),  # recipes to run
    *_savings("left_out"),
    *_savings("not_followed"),
    _number("late_passes"),
    _number("max_delay_seconds"),
    **ROWS_BY_KEY,
)

# One row for each batch run that attempted what was left out for it, or passed later.
plan_outcomes = Table(
    "plan_outcomes",
    metadata,
    Column(
        "batch_run_id",
        RowId,
        ForeignKey("batch_runs.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("ecosystem", Text, primary_key=True),  # of the results
    Column("day", Date, nullable=False),  # on which the run started
    *_savings("not_followed"),
    _number("late_passes"),
    _number("max_delay_seconds"),
    Index("ix_plan_outcomes_day", "day", "ecosystem"),
    **ROWS_BY_KEY,
)
excluded_plan_outcomes = Table(
    "excluded_plan_outcomes",
    metadata,
    Column("batch_run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("ecosystem", Text, primary_key=True),
    *copied(plan_outcomes),
)
# The sums of the runs that retention has deleted.
pruned_plan_outcomes = Table(
    "pruned_plan_outcomes",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ecosystem", Text, primary_key=True),
    *copied(plan_outcomes, without=("day",)),
)
