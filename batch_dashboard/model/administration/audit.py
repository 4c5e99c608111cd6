"""The entries of the audit log, and which of them are shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Period
from batch_dashboard.model.lists.search import parse_text
from batch_dashboard.model.lists.sorting import SortColumn

SORTS = (SortColumn("at", (datetime, int)),)


class AuditEntry(NamedTuple):
    """One change: who, when, from where, what, and how it was before and after."""

    id: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    before: str | None
    after: str | None

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """The fields that differ, each with its value before and after; None: it had none."""
        before = json.loads(self.before) if self.before else {}
        after = json.loads(self.after) if self.after else {}
        names = dict.fromkeys((*before, *after))
        return [
            (name, before.get(name), after.get(name))
            for name in names
            if before.get(name) != after.get(name)
        ]


@dataclass(frozen=True)
class AuditFilter:
    """A choice of entries; None: whatever it is."""

    period: Period
    actor: str | None
    action: str | None
    text: str | None
    query: Mapping[str, str]  # the parts of the address that give it again

    @classmethod
    def parse(cls, args: Mapping[str, str], today: date) -> tuple["AuditFilter", list[str]]:
        """The filter of a query string, and a sentence for each part that could not be used."""
        days, complaints = RunFilter.parse({"last": "all", **_days(args)}, today)
        text = parse_text(args, "text", complaints)
        actor = parse_text(args, "actor", complaints)
        action = parse_text(args, "action", complaints)
        parts = {**_days(args), "actor": actor, "action": action, "text": text}
        query = {name: value for name, value in parts.items() if value}
        return cls(days.period, actor, action, text, query), complaints


def _days(args: Mapping[str, str]) -> dict[str, str]:
    given = {name: args[name].strip() for name in ("since", "until") if args.get(name, "").strip()}
    if given:
        return given
    return {"last": args["last"]} if args.get("last") else {}
