"""The requested rows of a list, their order, and the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from batch_dashboard.model.batch_runs.result_filter import ResultFilter
from batch_dashboard.model.catalogue.fields import Filter, Resource
from batch_dashboard.model.failures.failures import GroupChoice
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.pagination import Cursor, parse_cursor
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.search import parse_number, parse_word
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.text.wording import CONTROL_CHARACTER


@dataclass(frozen=True)
class ListQuery:
    """The requested rows of a list, their order, and up to `count` of them from a cursor.

    The attributes after `count` are the filters of the catalogue; None selects all rows.
    """

    filter: RunFilter
    sort: Sort
    cursor: Cursor | None = None
    count: int = 0
    text: str | None = None
    category: str | None = None
    failure_class: str | None = None
    result: str | None = None
    state: str | None = None
    change: str | None = None
    recipe_name: str | None = None
    failure_group: int | None = None
    batch_run: int | None = None
    before: int | None = None
    after: int | None = None
    by: str = Step.DAY.value
    # The ecosystem of results, where it is not that of their run.
    result_ecosystem: str | None = None

    @classmethod
    def parse(
        cls, args: Mapping[str, str], resource: Resource, today: date, count: int | None = None
    ) -> tuple["ListQuery", list[str]]:
        """The query of a query string, and a sentence for each part that could not be used.

        Without a `count` it asks for all rows in the order of the CSV file. A part that cannot be
        used falls back to its default: pages show the sentences, files and the API refuse the
        query.
        """
        run_filter, complaints = RunFilter.parse(args, today)
        query, of_list = cls.of(args, resource, run_filter, count)
        return query, complaints + of_list

    @classmethod
    def of(
        cls,
        args: Mapping[str, str],
        resource: Resource,
        run_filter: RunFilter,
        count: int | None = None,
    ) -> tuple["ListQuery", list[str]]:
        """The same where the run filter is known already."""
        chosen, complaints = parse_filters(args, resource.filters)
        given = {name: value for name, value in chosen.items() if value is not None}
        sort, wrong = Sort.parse({} if count is None else args, resource.sorts)
        complaints += wrong
        cursor = None
        if count is not None:
            cursor, wrong = parse_cursor(args, sort.column.kinds)
            complaints += wrong
        query = cls(run_filter, sort, cursor, count or 0)
        return replace(query, **given), complaints  # type: ignore[arg-type]

    @property
    def results(self) -> ResultFilter:
        """The choice among results."""
        return ResultFilter(self.result, self.category, self.text)

    @property
    def groups(self) -> GroupChoice:
        """The choice among failure groups."""
        return GroupChoice(self.category, self.failure_class, self.text)

    @property
    def step(self) -> Step:
        """The step that one row sums."""
        return Step(self.by)

    def over(self, run_filter: RunFilter) -> "ListQuery":
        """The same of another period."""
        return replace(self, filter=run_filter)


def parse_filters(
    args: Mapping[str, str], filters: Sequence[Filter]
) -> tuple[dict[str, str | int | None], list[str]]:
    """The value of each filter in a query string, and a sentence for each that cannot be used."""
    complaints: list[str] = []
    found: dict[str, str | int | None] = {}
    for choice in filters:
        if choice.name == "platform":
            continue  # the run filter has it
        if choice.words:
            found[choice.name] = parse_word(args, choice.name, choice.words, complaints)
        elif choice.numbers:
            found[choice.name] = parse_number(args, choice.name, choice.numbers, complaints)
        else:
            found[choice.name] = _text(args, choice, complaints)
        if choice.is_required and not args.get(choice.name, "").strip():
            what = f"the number of {choice.numbers}" if choice.numbers else "given"
            complaints.append(f"“{choice.name}” must be {what}.")
    for choice in filters:
        if choice.requires and found[choice.name] and not any(map(found.get, choice.requires)):
            others = " or ".join(f"“{name}”" for name in choice.requires)
            complaints.append(f"“{choice.name}” requires {others}.")
    return found, complaints


def _text(args: Mapping[str, str], choice: Filter, complaints: list[str]) -> str | None:
    given = args.get(choice.name, "")
    text = nfc(given if choice.is_name else given.strip())
    if len(text) > choice.max_length or CONTROL_CHARACTER.search(text):
        complaints.append(
            f"“{choice.name}” must be at most {choice.max_length} characters on one line."
        )
        return None
    return text or None
