"""Results of recipes with the previous attempt of each, in one statement.

The previous attempt is found with the index of a recipe's results. The cost depends on the number
of requested results, not on the number of stored ones.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    ScalarSelect,
    Select,
    bindparam,
    case,
    null,
    select,
    tuple_,
)

from batch_dashboard.model.batch_runs.vocabulary import FAILED, SKIPPED
from batch_dashboard.model.recipes.attempts import AttemptChange, ComparedAttempt, EarlierAttempt
from batch_dashboard.store.schema import failure_groups, recipe_results

# The maximum number of skipped results that are passed over.
LOOKED_BACK = 50

_own = recipe_results.alias("own")
_earlier = recipe_results.alias("earlier")
_own_group = failure_groups.alias("own_group")
_earlier_group = failure_groups.alias("earlier_group")
_FIELDS = len(EarlierAttempt._fields)


def _with_previous(*columns: Any) -> Select[Any]:
    """Columns of results and of the previous attempt of each."""
    recipe = recipe_results.alias("recipe")
    before = (
        select(recipe.c.id, recipe.c.result, recipe.c.started_at)
        .where(
            recipe.c.recipe_name == _own.c.recipe_name,
            recipe.c.ecosystem == _own.c.ecosystem,
            recipe.c.platform.is_not_distinct_from(_own.c.platform),
            tuple_(recipe.c.started_at, recipe.c.id) < tuple_(_own.c.started_at, _own.c.id),
        )
        .order_by(recipe.c.started_at.desc(), recipe.c.id.desc())
        .limit(LOOKED_BACK)
        .correlate(_own)
    )
    return (
        select(*columns)
        .outerjoin_from(_own, _earlier, _earlier.c.id == _last_attempt(before))
        .outerjoin(_own_group, _own_group.c.id == _own.c.failure_group_id)
        .outerjoin(_earlier_group, _earlier_group.c.id == _earlier.c.failure_group_id)
    )


def _latest() -> Any:
    recipe = recipe_results.alias("of_recipe").c
    return (
        select(recipe.id, recipe.result, recipe.started_at)
        .where(
            recipe.recipe_name == bindparam("recipe_name"),
            recipe.ecosystem == bindparam("ecosystem"),
        )
        .order_by(recipe.started_at.desc(), recipe.id.desc())
        .limit(LOOKED_BACK)
    )


def _last_attempt(results: Any) -> ScalarSelect[int]:
    """The id of the last of some results that was not skipped."""
    row = results.subquery().c
    return (
        select(row.id)
        .where(row.result != SKIPPED)
        .order_by(row.started_at.desc(), row.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _columns(result: Any, group: Any) -> list[Any]:
    return [
        group.c[name] if name == "masked_line" else result.c[name]
        for name in EarlierAttempt._fields
    ]


# As `ComparedAttempt.change` has it; NULL for a skipped result.
_CHANGE = case(
    (_own.c.result == SKIPPED, null()),
    (_earlier.c.id.is_(None), AttemptChange.FIRST),
    (
        _own.c.result != FAILED,
        case((_earlier.c.result == FAILED, AttemptChange.FIXED), else_=AttemptChange.PASSED_AGAIN),
    ),
    (_earlier.c.result != FAILED, AttemptChange.NEWLY_FAILING),
    (
        _own.c.failure_group_id.is_not_distinct_from(_earlier.c.failure_group_id),
        AttemptChange.SAME_REASON,
    ),
    else_=AttemptChange.OTHER_REASON,
)

# Built once, because SQLAlchemy takes longer to build them than the database to run them.
_COMPARED = _with_previous(*_columns(_own, _own_group), *_columns(_earlier, _earlier_group))
_CHANGES = _with_previous(
    *_own.c,
    _CHANGE.label("change"),
    _earlier.c.id.label("previous_id"),
    _earlier.c.batch_run_id.label("previous_batch_run_id"),
    _earlier.c.started_at.label("previous_started_at"),
    _earlier.c.result.label("previous_result"),
    (_own.c.duration_seconds - _earlier.c.duration_seconds).label("seconds_longer"),
)
_OF_IDS = _COMPARED.where(_own.c.id.in_(bindparam("result_ids", expanding=True)))
_LAST_OF_RECIPE = _COMPARED.where(_own.c.id == _last_attempt(_latest()))


def fetch_compared(connection: Connection, result_ids: Sequence[int]) -> dict[int, ComparedAttempt]:
    """Some results by their id, each with the previous attempt of its recipe on its platform."""
    if not result_ids:
        return {}
    rows = connection.execute(_OF_IDS, {"result_ids": list(result_ids)})
    return {row[0]: _record(row) for row in rows}


def select_changes(conditions: Callable[[FromClause], list[ColumnElement[bool]]]) -> Select[Any]:
    """The results that match conditions, each with its change since the previous attempt."""
    return _CHANGES.where(*conditions(_own))


def find_last(connection: Connection, ecosystem: str, recipe_name: str) -> ComparedAttempt | None:
    """A recipe's last attempt and the one before; None if its last results were all skipped."""
    of_recipe = {"ecosystem": ecosystem, "recipe_name": recipe_name}
    row = connection.execute(_LAST_OF_RECIPE, of_recipe).one_or_none()
    return None if row is None else _record(row)


def _record(row: Any) -> ComparedAttempt:
    earlier = row[_FIELDS:]
    return ComparedAttempt(
        EarlierAttempt(*row[:_FIELDS]), None if earlier[0] is None else EarlierAttempt(*earlier)
    )
