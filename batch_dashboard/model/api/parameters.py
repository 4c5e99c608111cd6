"""The query string of an API request: every part must be known, given once and usable."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from batch_dashboard.errors import Problem, QueryError
from batch_dashboard.model.api.operations import DEFAULT_LIMIT, Operation
from batch_dashboard.model.lists.filters import EVERYTHING, RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import INVALID_CURSOR

_NOT_A_CURSOR = (
    "is not a cursor of this list in this order; "
    "use the addresses in `next`, `previous` or the `Link` header"
)


def parse_query(
    operation: Operation,
    pairs: Iterable[tuple[str, str]],
    path: Mapping[str, str | int],
    today: date,
) -> ListQuery:
    """The rows that are requested; `path` has the values in the path by name.

    Raises QueryError with every problem.
    """
    args, problems = _given_once(operation, pairs)
    limit = _limit(operation, args, problems)
    if args.get("after") and args.get("before"):
        problems.append(Problem("before", "“before” and “after” cannot be combined."))
    if operation.needs_ecosystem and not args.get("ecosystem"):
        problems.append(Problem("ecosystem", "“ecosystem” must be given."))
    run_filter, complaints = RunFilter.parse(args, today)
    if not operation.has_period:
        run_filter = replace(run_filter, period=EVERYTHING.period, last=EVERYTHING.last)
    resource = replace(operation.resource, filters=operation.filters)
    query, of_list = ListQuery.of(args, resource, run_filter, limit)
    problems += (_problem(complaint, args) for complaint in complaints + of_list)
    if problems:
        raise QueryError(problems)
    in_path = {part.chooses: path[part.name] for part in operation.parts if part.chooses}
    return replace(query, **in_path)  # type: ignore[arg-type]


def _given_once(
    operation: Operation, pairs: Iterable[tuple[str, str]]
) -> tuple[dict[str, str], list[Problem]]:
    args: dict[str, str] = {}
    problems: list[Problem] = []
    known = operation.parameters
    for name, value in pairs:
        if name not in known:
            all_known = f"only {', '.join(known)}" if known else "none at all"
            message = f"“{name[:40]}” is not a parameter of this address; it accepts {all_known}."
            problems.append(Problem(name[:40], message))
        elif name in args:
            problems.append(Problem(name, f"“{name}” is given more than once."))
        args[name] = value
    return {name: value for name, value in args.items() if name in known}, problems


def _limit(operation: Operation, args: Mapping[str, str], problems: list[Problem]) -> int:
    given = args.get("limit", str(DEFAULT_LIMIT))
    largest = operation.max_limit
    is_number = given.isascii() and given.isdigit() and len(given) <= len(str(largest))
    if is_number and 0 < int(given) <= largest:
        return int(given)
    message = f"“limit” must be a whole number from 1 to {largest}, not “{given[:40]}”."
    problems.append(Problem("limit", message))
    return DEFAULT_LIMIT


def _problem(complaint: str, args: Mapping[str, str]) -> Problem:
    """A sentence about a part as a problem whose path is the name of that part."""
    if complaint == INVALID_CURSOR:
        name = "after" if args.get("after") else "before"
        return Problem(name, f"“{name}” {_NOT_A_CURSOR}.")
    name, _, _ = complaint.removeprefix("“").partition("”")
    return Problem(name, complaint)
