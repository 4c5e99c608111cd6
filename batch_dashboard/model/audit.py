"""Which entries of the audit log are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from batch_dashboard.model.filters import RunFilter
from batch_dashboard.model.periods import Period
from batch_dashboard.model.search import parse_text
from batch_dashboard.model.sorting import SortColumn

SORTS = (SortColumn("at", (datetime, int)),)


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
