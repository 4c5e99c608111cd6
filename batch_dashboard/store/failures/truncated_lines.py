"""Finding the failure group that a truncated line belongs to. Source: docs/failure-groups.md."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from batch_dashboard.model.failures.failure_groups import failure_group_id
from batch_dashboard.model.failures.failure_sums import GroupName
from batch_dashboard.model.failures.messages import beginning_of
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.ingest.bulk import run_statement

# The maximum number of truncated lines per upload; `failures regroup` finds the others.
MAX_LOOKED_FOR = 1_000
# The indexed length of a line, and the maximum number of lines with the same beginning to compare.
INDEXED_LENGTH = 100
MAX_COMPARED = 50
# Sorts after every other character.
LAST_CHARACTER = "\U0010ffff"

# A group's number and masked line.
Target = tuple[int, str]


class WholeLines(NamedTuple):
    """The complete lines among some groups, in order."""

    lines: list[str]
    group_ids: list[int]

    @classmethod
    def of(cls, names: Mapping[int, GroupName]) -> "WholeLines":
        """Those of the groups that are not truncated."""
        whole = sorted(
            (name.masked_line, group_id)
            for group_id, name in names.items()
            if not name.is_truncated
        )
        return cls([line for line, _ in whole], [group_id for _, group_id in whole])

    def beginning(self, beginning: str) -> list[Target]:
        """Up to two of the lines that begin with a text."""
        place = bisect_left(self.lines, beginning)
        return [
            (group_id, line)
            for line, group_id in zip(
                self.lines[place : place + 2], self.group_ids[place : place + 2], strict=True
            )
            if line.startswith(beginning)
        ]


def find_targets(connection: Connection, names: Mapping[int, GroupName]) -> dict[int, Target]:
    """The stored or new groups to which the truncated groups among these belong, if known.

    If several complete lines begin with a truncated line, it belongs to none of them.
    """
    truncated = _truncated(names)
    if not truncated:
        return {}
    whole = WholeLines.of(names)
    targets = {}
    for group_id, beginning in sorted(truncated.items())[:MAX_LOOKED_FOR]:
        stored = _stored(connection, beginning)
        if stored is None:
            continue
        found = {*whole.beginning(beginning), *stored}
        if len(found) == 1:
            targets[group_id] = found.pop()
    return targets


def find_targets_among(names: Mapping[int, GroupName]) -> dict[int, Target]:
    """The groups to which the truncated groups belong; `groups` are all that exist."""
    whole = WholeLines.of(names)
    found = {
        group_id: whole.beginning(beginning) for group_id, beginning in _truncated(names).items()
    }
    return {group_id: lines[0] for group_id, lines in found.items() if len(lines) == 1}


def _truncated(names: Mapping[int, GroupName]) -> dict[int, str]:
    beginnings = {
        group_id: beginning_of(name.masked_line)
        for group_id, name in names.items()
        if name.is_truncated
    }
    return {group_id: text for group_id, text in beginnings.items() if text is not None}


def _stored(connection: Connection, beginning: str) -> list[Target] | None:
    """The stored complete lines that begin with a text; None if there are too many."""
    indexed = beginning[:INDEXED_LENGTH]
    line = f"substr(masked_line, 1, {INDEXED_LENGTH})"
    least, below = dialect_of(connection).prefix_comparison
    rows = run_statement(
        connection,
        "SELECT id, masked_line FROM failure_groups"
        f" WHERE {line} {least} ? AND {line} {below} ? AND NOT is_truncated LIMIT {MAX_COMPARED}",
        indexed,
        indexed + LAST_CHARACTER,
    )
    if len(rows) == MAX_COMPARED:
        return None
    return [
        (group_id, line)
        for group_id, line in rows
        # Groups of an older rule have other numbers, so nothing may join them.
        if line.startswith(beginning) and group_id == failure_group_id(line)
    ]
