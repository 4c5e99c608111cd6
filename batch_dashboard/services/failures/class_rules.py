"""Rules of operators for the classes of failure groups."""

from typing import NamedTuple

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.failures.failure_classes import ClassRule, FailureClass, deciding_rule
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.failures import failure_classes
from batch_dashboard.store.failures.failure_classes import ClassifiedGroup
from batch_dashboard.store.judgement import circuit_breakers

MIN_TEXT = 5
# As long as the line of a group can be.
MAX_TEXT = 500
MAX_NOTE = 300
MAX_RULES = 200
PREVIEWED_GROUPS = 20

# Later than every stored rule, like a rule that is added now.
_NEWEST = 2**63


class RulePreview(NamedTuple):
    """The effect of a rule on the stored failure groups."""

    rule: ClassRule
    groups: list[ClassifiedGroup]  # groups whose class it would decide, the most frequent first
    decided_groups: int
    decided_failures: int
    changed_groups: int
    contained_groups: int  # groups whose line contains the text, even if another rule decides


def checked_rule(text: str, failure_class: str, note: str) -> ClassRule:
    """A valid rule. Raises InputError that names the invalid field."""
    text, note = text.strip(), note.strip()
    if not MIN_TEXT <= len(text) <= MAX_TEXT or CONTROL_CHARACTER.search(text):
        raise InputError(
            "text",
            f"enter {MIN_TEXT} to {MAX_TEXT} characters on one line, as they stand in the"
            " line of the group",
        )
    if failure_class not in tuple(FailureClass):
        raise InputError("failure_class", f"choose one of {', '.join(FailureClass)}")
    if len(note) > MAX_NOTE or CONTROL_CHARACTER.search(note):
        raise InputError("note", f"enter at most {MAX_NOTE} characters on one line")
    return ClassRule(_NEWEST, text, FailureClass(failure_class), note)


def preview_rule(
    connection: Connection, text: str, failure_class: str, note: str = ""
) -> RulePreview:
    """The effect of a rule on the stored failure groups. Raises InputError."""
    rule = checked_rule(text, failure_class, note)
    rules = [*failure_classes.fetch_rules(connection), rule]
    contained = [
        group
        for group in failure_classes.iter_groups(connection)
        if rule.applies_to(group.masked_line)
    ]
    decided = [group for group in contained if deciding_rule(group.masked_line, rules) is rule]
    return RulePreview(
        rule,
        decided[:PREVIEWED_GROUPS],
        len(decided),
        sum(group.failed for group in decided),
        sum(group.failure_class != rule.failure_class for group in decided),
        len(contained),
    )


def add_rule(change: Change, text: str, failure_class: str, note: str) -> int:
    """Add a rule and classify all groups; returns how many changed. Raises InputError."""
    rule = checked_rule(text, failure_class, note)
    stored = failure_classes.fetch_rules(change.connection)
    if any(other.text.casefold() == rule.text.casefold() for other in stored):
        raise InputError("text", "there is a rule for this text; remove it before adding another")
    if len(stored) >= MAX_RULES:
        raise InputError("text", f"there are {MAX_RULES} rules already; remove one first")
    failure_classes.insert_rule(change.connection, rule.text, rule.failure_class, rule.note)
    after = {"failure_class": rule.failure_class, "note": rule.note}
    return _classify(change, "set failure class", rule.text, None, after)


def remove_rule(change: Change, rule_id: int) -> int:
    """Remove a rule and classify all groups; returns how many changed.

    Raises NotFound.
    """
    stored = {rule.id: rule for rule in failure_classes.fetch_rules(change.connection)}
    if rule_id not in stored:
        raise NotFound("this rule does not exist; it may have been removed")
    rule = stored[rule_id]
    failure_classes.delete_rule(change.connection, rule_id)
    before = {"failure_class": rule.failure_class, "note": rule.note}
    return _classify(change, "remove failure class", rule.text, before, None)


def _classify(
    change: Change,
    action: str,
    text: str,
    before: dict[str, str] | None,
    after: dict[str, str] | None,
) -> int:
    changed = failure_classes.update_all(change.connection)
    circuit_breakers.recount_groups(change.connection, changed)
    change.record(action, text, before, after)
    change.judge_again()
    return len(changed)
