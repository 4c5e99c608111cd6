"""Known issues as a CSV file, which a repository can keep. Source: docs/known-issues.md."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from batch_dashboard.errors import ImportFileError
from batch_dashboard.model.failures.known_issues import MAX_OPEN, IssueSubject, KnownIssue
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.text.spreadsheets import guarded, unguarded

COLUMNS = ("ecosystem", "recipe", "platform", "failure_group", "link", "note", "expires")
# The names of the same in `known_issues.csv`, and its columns that say nothing of the issue itself.
ALIASES = {
    "recipe_name": "recipe",
    "failure_group_id": "failure_group",
    "expires_on": "expires",
}
IGNORED = ("id", "state", "masked_line", "passes_now", "created_at", "created_by", "ended_at")
ENDED = ("passed", "expired", "closed")
MAX_PROBLEMS = 20


class ListedIssue(NamedTuple):
    """A row of the file."""

    line: int
    subject: IssueSubject
    link: str
    note: str
    expires_on: date


def write_list(issues: Iterable[KnownIssue]) -> str:
    """The file of some known issues, one row each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for issue in issues:
        group_id, ecosystem, recipe_name, platform = issue.subject
        cells = (ecosystem, recipe_name, platform, group_id, issue.link, issue.note)
        writer.writerow(
            [guarded("" if cell is None else str(cell)) for cell in cells] + [issue.expires_on]
        )
    return text.getvalue()


def read_list(text: str, ecosystem: str | None) -> list[ListedIssue]:
    """The rows of a file; `ecosystem` is that of rows that do not name one.

    Raises ImportFileError with the problems of all rows.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    problems: list[str] = []
    rows: list[ListedIssue] = []
    try:
        reader.fieldnames = [ALIASES.get(name, name) for name in reader.fieldnames or []]
        _check_columns(reader.fieldnames)
        for cells in reader:
            if cells.get("state") in ENDED:
                continue
            row = _row(reader.line_num, cells, ecosystem, problems)
            rows += [row] if row else []
            if len(rows) > MAX_OPEN:
                raise ImportFileError(f"the file has more than {MAX_OPEN:,} known issues")
    except csv.Error as error:
        raise ImportFileError(f"line {reader.line_num} is not CSV: {error}") from None
    lines: dict[IssueSubject, int] = {}
    for row in rows:
        first = lines.setdefault(row.subject, row.line)
        if first != row.line:
            problems.append(f"line {row.line}: {row.subject.in_words} is already in line {first}")
    if problems:
        more = (
            f"\nand {len(problems) - MAX_PROBLEMS:,} more" if len(problems) > MAX_PROBLEMS else ""
        )
        raise ImportFileError("\n".join(problems[:MAX_PROBLEMS]) + more)
    return rows


def _check_columns(found: Iterable[str]) -> None:
    names = list(found)
    unknown = [name for name in names if name not in (*COLUMNS, *IGNORED)]
    if unknown:
        raise ImportFileError(
            f"the column “{unknown[0]}” is unknown; the columns are {', '.join(COLUMNS)}"
        )
    if "expires" not in names or not {"recipe", "failure_group"} & set(names):
        raise ImportFileError(
            "the first line must name the columns: recipe or failure_group, expires, and optionally"
            f" {', '.join(name for name in COLUMNS if name not in ('recipe', 'expires'))}"
        )


def _row(
    line: int, cells: Mapping[str | None, str | None], ecosystem: str | None, problems: list[str]
) -> ListedIssue | None:
    def problem(message: str) -> None:
        problems.append(f"line {line}: {message}")

    if None in cells:
        problem("it has more cells than the first line")
        return None
    values = {name: nfc(unguarded(cells.get(name) or "")).strip() for name in COLUMNS}
    subject = _subject(values, ecosystem, problem)
    try:
        expires_on = date.fromisoformat(values["expires"])
    except ValueError:
        problem(f"expires must be a day such as 2026-12-31, not “{values['expires'][:40]}”")
        return None
    if subject is None:
        return None
    return ListedIssue(line, subject, values["link"], values["note"], expires_on)


def _subject(
    values: Mapping[str, str], ecosystem: str | None, problem: Callable[[str], None]
) -> IssueSubject | None:
    group, recipe = values["failure_group"], values["recipe"]
    if bool(group) == bool(recipe):
        problem("it must name a recipe or a failure group, and not both")
        return None
    if group:
        if not (group.isascii() and group.isdigit()) or int(group) > MAX_ROW_ID:
            problem(f"failure_group must be the number of a failure group, not “{group[:40]}”")
            return None
        return IssueSubject(int(group))
    named = values["ecosystem"] or ecosystem
    if not named:
        problem(f"name the ecosystem of {recipe} in a column, or give one for the whole file")
        return None
    return IssueSubject(None, named, recipe, values["platform"] or None)
