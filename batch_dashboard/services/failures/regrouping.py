"""Moving stored failures to the groups of the present rule, in small steps.

Every sum is exact after each step, so uploads can continue, and the work can be stopped and started
again at any point. Source: docs/failure-groups.md, "Grouping again".
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from batch_dashboard.model.failures import failure_classes as classes
from batch_dashboard.model.failures.failure_groups import failure_group_id, find_reason
from batch_dashboard.model.failures.failure_sums import Failure, FailureSums, GroupName
from batch_dashboard.model.failures.messages import NO_RECIPE, stored_reason
from batch_dashboard.model.ingest.summaries import RecipeKey
from batch_dashboard.services.administration.pace import Pace
from batch_dashboard.store.administration import system
from batch_dashboard.store.alerts import incidents
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.failures import (
    failure_classes,
    failure_groups,
    known_issues,
    pruned_groups,
    regrouping,
    truncated_lines,
)
from batch_dashboard.store.failures.regrouping import StoredFailure
from batch_dashboard.store.judgement import circuit_breakers
from batch_dashboard.store.plan import streaks

# The version of find_reason(). Increase it when stored messages get other reasons, so that every
# installation groups its failures again.
RULE = 2
FIRST_CLASS_RULE = 1

RESULTS_AT_ONCE = 500
FIRST: RecipeKey = ("", "")
BEGINNING = (-(2**62), 0)


class Regrouped(NamedTuple):
    """The number of results that changed their failure group, and the number of groups."""

    moved_results: int
    failure_groups: int
    longest_seconds: float  # the longest time that one step blocked writers


class _Move(NamedTuple):
    result_id: int
    before: int | None
    after: int
    name: GroupName
    failure: Failure


def is_due(connection: Connection) -> bool:
    """Whether stored failures were grouped or classified by another rule."""
    fact = system.find_fact(connection, system.REGROUPED)
    if fact is None:
        return False
    # The upgrade to the first version with classes classified every group.
    class_rule = fact.value.get("class_rule", FIRST_CLASS_RULE)
    return bool(fact.value["rule"] < RULE or class_rule < classes.RULE)


def is_known(connection: Connection) -> bool:
    """Whether the rule that grouped the stored failures is stored."""
    return system.find_fact(connection, system.REGROUPED) is not None


def has_failures(connection: Connection) -> bool:
    """Whether any failure is stored."""
    return regrouping.count_groups(connection) > 0


def note_done(connection: Connection, now: datetime) -> None:
    """Store that all failures are grouped and classified by the present rules."""
    rules = {"rule": RULE, "class_rule": classes.RULE}
    system.put_fact(connection, system.REGROUPED, now, rules)


def count_failed(store: Store) -> int:
    """The approximate number of results to read."""
    with store.read() as connection:
        return regrouping.count_failed(connection)


def regroup_failures(
    store: Store, now: datetime, report: Callable[[int], None] = lambda _results: None
) -> Regrouped:
    """Group every stored failure by the present rule, and classify the groups.

    `report` gets the number of results read so far, and can raise an exception to stop. Raises
    StoreUnavailable; finished steps stay.
    """
    pace = Pace(store)
    looked_at = moved = 0

    def look(recipes: Iterator[RecipeKey]) -> None:
        nonlocal looked_at, moved
        for seen, moves in _slices(store, pace, recipes):
            if moves:
                with pace.batch() as connection:
                    moved += _move(connection, moves, now)
            looked_at += seen
            report(looked_at)

    pace.begin(RESULTS_AT_ONCE)
    look(_all_recipes(store))
    _move_pruned(store, pace, now)
    # Now all complete lines are known to which a truncated one can belong.
    with store.read() as connection:
        left = regrouping.fetch_recipes_of_truncated(connection)
    pace.begin(RESULTS_AT_ONCE)
    look(iter(left))
    with store.write() as connection:
        circuit_breakers.recount_groups(connection, failure_classes.update_all(connection))
        note_done(connection, now)
        return Regrouped(moved, regrouping.count_groups(connection), pace.longest_seconds)


def _all_recipes(store: Store) -> Iterator[RecipeKey]:
    recipe: RecipeKey | None = FIRST
    while recipe is not None:
        with store.read() as connection:
            recipe = regrouping.find_next_recipe(connection, recipe)
        if recipe is not None:
            yield recipe


def _slices(
    store: Store, pace: Pace, recipes: Iterable[RecipeKey]
) -> Iterator[tuple[int, list[_Move]]]:
    """Yields the number of results read and those to move, a batch at a time.

    Reading and finding reasons takes most of the time, and does not block writers.
    """
    seen = 0
    moves: list[_Move] = []
    for ecosystem, recipe_name in recipes:
        after = BEGINNING
        while True:
            wanted = max(1, pace.size - seen)
            with store.read() as connection:
                stored = regrouping.fetch_of_recipe(
                    connection, (ecosystem, recipe_name), after, wanted
                )
                moves += _moves(connection, ecosystem, stored)
            seen += len(stored)
            if seen >= pace.size:
                yield seen, moves
                seen, moves = 0, []
            if len(stored) < wanted:
                break
            after = (stored[-1].started_at, stored[-1].id)
    yield seen, moves


def _moves(connection: Connection, ecosystem: str, stored: list[StoredFailure]) -> list[_Move]:
    """The results that belong to a different group."""
    reasons = [
        stored_reason(row.error_message, row.recipe_name, row.telling_line, row.truncated_at)
        for row in stored
    ]
    group_ids = [failure_group_id(reason.masked_line) for reason in reasons]
    names = {
        group_id: GroupName(reason.masked_line, row.error_message, reason.is_truncated)
        for group_id, reason, row in zip(group_ids, reasons, stored, strict=True)
    }
    targets = truncated_lines.find_targets(
        connection, {group_id: name for group_id, name in names.items() if name.is_truncated}
    )
    moves = []
    for row, reason, group_id in zip(stored, reasons, group_ids, strict=True):
        name = GroupName(reason.masked_line, row.error_message, reason.is_truncated)
        if reason.is_truncated and group_id in targets:
            group_id, line = targets[group_id]
            name = GroupName(line, row.error_message)
        if group_id == row.failure_group_id:
            continue
        day = datetime.fromtimestamp(row.started_at, UTC).date()
        failure = Failure(
            ecosystem,
            row.recipe_name,
            row.error_category,
            row.error_message,
            row.failure_class,
            row.started_at,
            day,
        )
        moves.append(_Move(row.id, row.failure_group_id, group_id, name, failure))
    return moves


def _move(connection: Connection, moves: list[_Move], now: datetime) -> int:
    """Move results, except those changed or deleted since they were read; returns how many."""
    current = regrouping.fetch_groups_of(connection, [move.result_id for move in moves])
    still = [move for move in moves if current.get(move.result_id, -1) == move.before]
    removed, added = FailureSums(), FailureSums()
    for move in still:
        if move.before is not None:
            removed.add(move.before, move.failure)
        added.add_to(move.after, move.name, move.failure)
    regrouping.update_groups(connection, [(move.after, move.result_id) for move in still])
    gone = failure_groups.move_failures(connection, removed, added)
    circuit_breakers.recount(
        connection, {(move.failure.ecosystem, move.failure.recipe_name) for move in still}
    )
    for group_id in gone:
        went = Counter(move.after for move in still if move.before == group_id)
        _follow(connection, group_id, went.most_common(1)[0][0], now)
    return len(still)


def _move_pruned(store: Store, pace: Pace, now: datetime) -> None:
    """Move the groups of which only sums are left."""
    after = -1
    while True:
        with store.read() as connection:
            group = pruned_groups.find_next(connection, after)
        if group is None:
            return
        after = group.id
        message = group.name.sample_message or ""
        recipe_name = next((name for name in group.recipe_names if name in message), NO_RECIPE)
        line = find_reason(message, recipe_name).masked_line
        group_id = failure_group_id(line)
        if group_id == group.id:
            continue
        with pace.batch() as connection:
            if pruned_groups.move(connection, group, group_id, line):
                recipes = streaks.move_pruned_group(connection, group.id, group_id)
                circuit_breakers.recount(connection, recipes)
                _follow(connection, group.id, group_id, now)


def _follow(connection: Connection, before: int, after: int, now: datetime) -> None:
    """Let what operators know of a group that is gone follow its results."""
    incidents.move_group(connection, before, after, now)
    known_issues.update_group(connection, before, after)
