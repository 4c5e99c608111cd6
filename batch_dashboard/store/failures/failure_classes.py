"""The classes of failure groups and of results, and the rules of operators for them.

Source: docs/failure-groups.md, "Classes".
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from batch_dashboard.model.failures.failure_classes import ClassRule, FailureClass, class_of_group
from batch_dashboard.store.ingest.bulk import execute_many, run_statement
from batch_dashboard.store.schema import failure_class_rules, failure_groups

_RULES = "SELECT id, text, failure_class, note FROM failure_class_rules ORDER BY id"


class ClassifiedGroup(NamedTuple):
    """A failure group and its class."""

    id: int
    masked_line: str
    failed: int
    failure_class: FailureClass


def class_of(results: Table) -> ColumnElement[str]:
    """The class of each failed result if its failure group is joined, otherwise NULL.

    The CSV file of all results has the same in its own words (store/lists/csv_rows.py).
    """
    return func.coalesce(results.c.failure_class, failure_groups.c.failure_class)


def is_infrastructure_sql(result: str) -> str:
    """Whether a row of `recipe_results` is an infrastructure failure; an SQL expression.

    `result` is the name of the row in the query. Such failures do not count in streaks, the plan
    and the SLO.
    """
    of_group = f"SELECT failure_class FROM failure_groups WHERE id = {result}.failure_group_id"
    return (
        f"({result}.failure_group_id IS NOT NULL AND"
        f" coalesce({result}.failure_class, ({of_group})) = '{FailureClass.INFRASTRUCTURE}')"
    )


def fetch_rules(connection: Connection) -> list[ClassRule]:
    """The rules of operators, the oldest first."""
    return [
        ClassRule(rule_id, text, FailureClass(failure_class), note)
        for rule_id, text, failure_class, note in run_statement(connection, _RULES)
    ]


def insert_rule(
    connection: Connection, text: str, failure_class: FailureClass, note: str
) -> ClassRule:
    """Add a rule. Groups get their class by `update_all`."""
    values = {"text": text, "failure_class": failure_class, "note": note}
    query = insert(failure_class_rules).values(**values).returning(failure_class_rules.c.id)
    return ClassRule(connection.execute(query).scalar_one(), text, failure_class, note)


def delete_rule(connection: Connection, rule_id: int) -> None:
    """Delete a rule. Groups get their class by `update_all`."""
    connection.execute(delete(failure_class_rules).where(failure_class_rules.c.id == rule_id))


def rebuild(connection: Connection) -> None:
    """Classify every failure group again."""
    update_all(connection)


def update_all(connection: Connection) -> list[int]:
    """Classify every failure group by the stored rules; returns the groups that changed."""
    changed = find_changes(connection, fetch_rules(connection))
    execute_many(
        connection,
        "UPDATE failure_groups SET failure_class = ? WHERE id = ?",
        [(str(failure_class), group_id) for group_id, failure_class in changed.items()],
    )
    return list(changed)


def find_changes(connection: Connection, rules: Sequence[ClassRule]) -> dict[int, FailureClass]:
    """The groups whose class would change with some rules, and their new class."""
    classified = (
        (group, class_of_group(group.masked_line, rules)) for group in iter_groups(connection)
    )
    return {group.id: after for group, after in classified if after != group.failure_class}


def iter_groups(connection: Connection) -> Iterator[ClassifiedGroup]:
    """Every failure group with its class, the most frequent first."""
    group = failure_groups.c
    columns = (group[name] for name in ClassifiedGroup._fields)
    query = select(*columns).order_by(group.failed.desc(), group.id)
    return map(ClassifiedGroup._make, connection.execute(query))
