"""Places in a long list, as they stand in a URL: between rows, so a new row moves no page."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

# The largest id either database can hold.
MAX_ROW_ID = 2**63 - 1

RUN_TOKEN = re.compile(r"(\d{8}T\d{6})Z-(\d{1,19})", re.ASCII)
RESULT_TOKEN = re.compile(r"\d{1,19}", re.ASCII)
TIME_FORMAT = "%Y%m%dT%H%M%S"

NOT_A_PLACE = "The page asked for is not one of this list, so the first page is shown."


class RunPlace(NamedTuple):
    """Beside which batch run a page of the list begins: just after it, or just before it."""

    started_at: datetime
    id: int
    before: bool = False

    @property
    def token(self) -> str:
        """The place in a URL, `20260203T045807Z-12`."""
        return f"{self.started_at.astimezone(UTC):{TIME_FORMAT}}Z-{self.id}"


class ResultPlace(NamedTuple):
    """Beside which recipe result a page of a run's results begins."""

    id: int
    before: bool = False


def run_place(args: Mapping[str, str]) -> tuple[RunPlace | None, list[str]]:
    """The place that `after` or `before` names, None for the first page; and what is wrong."""
    text, before = _named(args)
    if text is None:
        return None, []
    match = RUN_TOKEN.fullmatch(text)
    if match:
        try:
            started_at = datetime.strptime(match[1], TIME_FORMAT).replace(tzinfo=UTC)
        except ValueError:
            return None, [NOT_A_PLACE]
        if int(match[2]) <= MAX_ROW_ID:
            return RunPlace(started_at, int(match[2]), before), []
    return None, [NOT_A_PLACE]


def result_place(args: Mapping[str, str]) -> tuple[ResultPlace | None, list[str]]:
    """The place that `after` or `before` names, None for the first page; and what is wrong."""
    text, before = _named(args)
    if text is None:
        return None, []
    if RESULT_TOKEN.fullmatch(text) and int(text) <= MAX_ROW_ID:
        return ResultPlace(int(text), before), []
    return None, [NOT_A_PLACE]


def _named(args: Mapping[str, str]) -> tuple[str | None, bool]:
    after, before = args.get("after", ""), args.get("before", "")
    return (after or before or None), bool(before and not after)
