"""Known issues, and the failures that they expect. Source: docs/known-issues.md."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED, SKIPPED
from batch_dashboard.model.catalogue.known_issues import OPEN
from batch_dashboard.model.failures.known_issues import (
    ENDING_PASSES,
    MAX_OPEN,
    ExpectedFailures,
    IssueSubject,
    KnownIssue,
    KnownIssueState,
)
from batch_dashboard.model.ingest.summaries import RecipeKey
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.recipes.recipes import StuckRecipe
from batch_dashboard.store.ingest.bulk import run_statement
from batch_dashboard.store.lists.keyset import SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import (
    failure_group_recipes,
    failure_groups,
    known_issues,
    recipe_results,
    recipes,
)

_issue = known_issues.c
# A group of more recipes is not looked at for passes: its known issue ends when it expires.
MAX_GROUP_RECIPES = 500
# Recipes that failed for a group this long before its known issue was created are among its own.
GROUP_MEMORY = timedelta(days=28)
_SINCE = type_coerce(_issue.created_at, BigInteger)

_LAST_ATTEMPTS = (
    "SELECT result FROM recipe_results WHERE recipe_name = ? AND ecosystem = ?{on_platform}"
    f" AND started_at > ? AND result != '{SKIPPED}'"
    f" ORDER BY started_at DESC, id DESC LIMIT {ENDING_PASSES}"
)


class NewIssue(NamedTuple):
    """A known issue that is to be stored."""

    subject: IssueSubject
    link: str
    note: str
    expires_on: date
    is_synced: bool = False


def is_open(today: date) -> ColumnElement[bool]:
    """Whether a known issue is open on a day."""
    return and_(_issue.ended_at.is_(None), _issue.expires_on >= today)


def expects_recipe(ecosystem: Any, recipe_name: Any, today: date) -> ColumnElement[bool]:
    """Whether an open known issue expects a recipe to fail on every platform."""
    return exists().where(
        is_open(today),
        _issue.ecosystem == ecosystem,
        _issue.recipe_name == recipe_name,
        _issue.platform.is_(None),
    )


def fetch_expected_streaks(
    connection: Connection, stuck: Sequence[StuckRecipe], today: date
) -> set[RecipeKey]:
    """The stuck recipes whose failures on all platforms are expected by open known issues.

    Reads the results of recipes with known issues on some platforms only.
    """
    query = select(_issue.ecosystem, _issue.recipe_name, _issue.platform).where(
        is_open(today), _issue.platform.is_not(None)
    )
    platforms: dict[RecipeKey, list[str]] = defaultdict(list)
    for ecosystem, recipe_name, platform in connection.execute(query):
        platforms[ecosystem, recipe_name].append(platform)
    return {
        (recipe.ecosystem, recipe.recipe_name)
        for recipe in stuck
        if (own := platforms.get((recipe.ecosystem, recipe.recipe_name)))
        and not _fails_elsewhere(connection, recipe, own)
    }


def _fails_elsewhere(connection: Connection, recipe: StuckRecipe, platforms: list[str]) -> bool:
    result = recipe_results.c
    query = select(literal(1)).where(
        result.recipe_name == recipe.recipe_name,
        result.ecosystem == recipe.ecosystem,
        result.started_at >= (recipe.failing_since or recipe.last_seen_at),
        result.result == FAILED,
        or_(result.platform.is_(None), result.platform.not_in(platforms)),
    )
    return connection.execute(query.limit(1)).first() is not None


def expects_group(failure_group_id: Any, today: date) -> ColumnElement[bool]:
    """Whether open known issues expect a failure group, or every recipe that failed for it."""
    in_group = failure_group_recipes.c
    of_group = select(failure_group_recipes).where(in_group.failure_group_id == failure_group_id)
    unexpected = of_group.where(~expects_recipe(in_group.ecosystem, in_group.recipe_name, today))
    return or_(
        exists().where(is_open(today), _issue.failure_group_id == failure_group_id),
        ~unexpected.correlate_except(failure_group_recipes).exists(),
    )


def select_issues(today: date, *, with_passes: bool = False) -> Select[Any]:
    """Every known issue with its state on a day; `with_passes` also whether it passes now."""
    kind = _issue.outcome.type
    state = case(
        (_issue.ended_at.is_not(None), _issue.outcome),
        (_issue.expires_on < today, literal(KnownIssueState.EXPIRED, kind)),
        else_=literal(KnownIssueState.OPEN, kind),
    )
    return select(
        known_issues,
        failure_groups.c.masked_line,
        state.label("state"),
        (
            case((and_(is_open(today), _passes_now()), 1), else_=0) if with_passes else literal(0)
        ).label("passes_now"),
    ).outerjoin_from(known_issues, failure_groups, failure_groups.c.id == _issue.failure_group_id)


def fetch_open(
    connection: Connection, today: date, *, with_passes: bool = False
) -> list[KnownIssue]:
    """The open known issues, the one that expires first at the beginning."""
    query = select_issues(today, with_passes=with_passes).where(is_open(today))
    rows = connection.execute(query.order_by(_issue.expires_on, _issue.id).limit(MAX_OPEN))
    return [_of_row(row._mapping) for row in rows]


def fetch_expected(connection: Connection, today: date) -> ExpectedFailures:
    """The failures that are expected on a day."""
    return ExpectedFailures.of(fetch_open(connection, today))


def count_expected(connection: Connection, batch_run_id: int, today: date) -> int:
    """How many failed results of a batch run open known issues expect."""
    expected = fetch_expected(connection, today)
    if not expected:
        return 0
    result = recipe_results.c
    failed = select(
        result.ecosystem, result.recipe_name, result.platform, result.failure_group_id
    ).where(result.batch_run_id == batch_run_id, result.result == FAILED)
    return sum(expected.find(*row) is not None for row in connection.execute(failed))


def fetch_page(connection: Connection, query: ListQuery, today: date) -> Page[KnownIssue]:
    """One page of the known issues."""
    found = chosen(
        select_issues(today, with_passes=True), query.filter.ecosystem, query.state, today
    )
    names = list(found.selected_columns.keys())
    return fetch_page_by_keys(
        connection,
        found,
        sort_keys(query.sort),
        query,
        lambda *row: _of_row(dict(zip(names, row, strict=True))),
    )


def chosen(
    query: Select[Any], ecosystem: str | None, state: str | None, today: date
) -> Select[Any]:
    """A query of known issues: of an ecosystem, open or ended ones."""
    query = query.where(*of_ecosystem(ecosystem))
    if state is None:
        return query
    return query.where(is_open(today) if state == OPEN else ~is_open(today))


def of_ecosystem(ecosystem: str | None) -> list[ColumnElement[bool]]:
    """The condition that known issues are about an ecosystem, if one is chosen."""
    if ecosystem is None:
        return []
    in_group = failure_group_recipes.c
    of_group = exists().where(
        in_group.failure_group_id == _issue.failure_group_id, in_group.ecosystem == ecosystem
    )
    return [or_(_issue.ecosystem == ecosystem, of_group)]


def sort_keys(sort: Sort) -> list[SortKey]:
    """What the list of known issues is sorted by."""
    return [SortKey(_issue[sort.column.name], sort.descending), SortKey(_issue.id, sort.descending)]


def find(connection: Connection, issue_id: int, today: date) -> KnownIssue | None:
    """One known issue, None when there is none of that id."""
    row = connection.execute(select_issues(today).where(_issue.id == issue_id)).one_or_none()
    return None if row is None else _of_row(row._mapping)


def fetch_ended(connection: Connection, since: datetime, today: date) -> list[KnownIssue]:
    """The known issues that ended since a time because they passed or expired, the last first."""
    query = select_issues(today).where(
        _issue.ended_at >= since, _issue.outcome != KnownIssueState.CLOSED
    )
    rows = connection.execute(query.order_by(_issue.ended_at.desc(), _issue.id).limit(MAX_OPEN))
    return [_of_row(row._mapping) for row in rows]


def find_passed(connection: Connection, issue: NewIssue) -> KnownIssue | None:
    """The last known issue with the subject and link of another, if it ended because it passed."""
    columns = (known_issues.c[name] for name in IssueSubject._fields)
    query = select_issues(date.min).where(
        *(
            column.is_(None) if value is None else column == value
            for column, value in zip(columns, issue.subject, strict=True)
        ),
        _issue.link == issue.link,
    )
    row = connection.execute(query.order_by(_issue.id.desc()).limit(1)).one_or_none()
    found = None if row is None else _of_row(row._mapping)
    return found if found is not None and found.state is KnownIssueState.PASSED else None


def insert_issue(connection: Connection, issue: NewIssue, created_by: str, now: datetime) -> int:
    """Add a known issue; its id."""
    values = {**issue.subject._asdict(), **issue._asdict()}
    del values["subject"]
    query = insert(known_issues).values(created_at=now, created_by=created_by, **values)
    issue_id: int = connection.execute(query.returning(_issue.id)).scalar_one()
    return issue_id


def update_issue(connection: Connection, issue_id: int, issue: NewIssue) -> None:
    """Give a known issue another link, note and expiry."""
    values = {name: getattr(issue, name) for name in ("link", "note", "expires_on", "is_synced")}
    connection.execute(update(known_issues).where(_issue.id == issue_id).values(**values))


def update_ended(
    connection: Connection, issue_id: int, outcome: KnownIssueState, now: datetime
) -> bool:
    """End a known issue; False where it had ended."""
    ended = connection.execute(
        update(known_issues)
        .where(_issue.id == issue_id, _issue.ended_at.is_(None))
        .values(ended_at=now, outcome=outcome)
    )
    return ended.rowcount > 0


def update_group(connection: Connection, before: int, after: int) -> None:
    """Let known issues follow a failure group that has another number now."""
    connection.execute(
        update(known_issues).where(_issue.failure_group_id == before).values(failure_group_id=after)
    )


def find_due(connection: Connection, today: date) -> dict[int, KnownIssueState]:
    """The known issues that are to be ended now, with their outcome."""
    query = select_issues(today, with_passes=True).where(_issue.ended_at.is_(None))
    found: dict[int, KnownIssueState] = {}
    for row in connection.execute(query).all():
        issue = _of_row(row._mapping)
        if issue.state is KnownIssueState.EXPIRED:
            found[issue.id] = KnownIssueState.EXPIRED
        elif issue.passes_now and _passed_twice(connection, issue):
            found[issue.id] = KnownIssueState.PASSED
    return found


def _passed_twice(connection: Connection, issue: KnownIssue) -> bool:
    """Whether the last attempts since a known issue was created passed; of each recipe."""
    since = int(issue.created_at.timestamp())
    subject = issue.subject
    own = [(subject.recipe_name, subject.ecosystem)]
    if subject.failure_group_id is not None:
        own = [
            (recipe_name, ecosystem)
            for recipe_name, ecosystem in run_statement(
                connection,
                "SELECT recipe_name, ecosystem FROM failure_group_recipes"
                f" WHERE failure_group_id = ? AND last_seen_at >= ? LIMIT {MAX_GROUP_RECIPES + 1}",
                subject.failure_group_id,
                since - int(GROUP_MEMORY.total_seconds()),
            )
        ]
    platform = [] if subject.platform is None else [subject.platform]
    query = _LAST_ATTEMPTS.format(on_platform=" AND platform = ?" if platform else "")
    return len(own) <= MAX_GROUP_RECIPES and all(
        [result for (result,) in run_statement(connection, query, *recipe, *platform, since)]
        == [PASSED] * ENDING_PASSES
        for recipe in own
    )


def _passes_now() -> ColumnElement[bool]:
    """Whether the last attempt after a known issue was created passed; of a group, of each recipe.

    The sums of recipes answer it, except for one platform.
    """
    recipe, in_group, result = recipes.c, failure_group_recipes.c, recipe_results.c
    passed_at = func.coalesce(type_coerce(recipe.last_passed_at, BigInteger), 0)
    failed_at = func.coalesce(type_coerce(recipe.last_failed_at, BigInteger), 0)
    has_passed = and_(passed_at > _SINCE, passed_at > failed_at)
    of_recipe = exists().where(
        recipe.ecosystem == _issue.ecosystem, recipe.recipe_name == _issue.recipe_name, has_passed
    )
    on_platform = (
        select(result.result)
        .where(
            result.recipe_name == _issue.recipe_name,
            result.ecosystem == _issue.ecosystem,
            result.platform == _issue.platform,
            type_coerce(result.started_at, BigInteger) > _SINCE,
            result.result != SKIPPED,
        )
        .order_by(result.started_at.desc(), result.id.desc())
        .limit(1)
        .correlate(known_issues)
        .scalar_subquery()
    )
    last_seen_at = type_coerce(in_group.last_seen_at, BigInteger)
    of_group = exists().where(
        in_group.failure_group_id == _issue.failure_group_id,
        last_seen_at >= _SINCE - int(GROUP_MEMORY.total_seconds()),
        recipe.ecosystem == in_group.ecosystem,
        recipe.recipe_name == in_group.recipe_name,
    )
    return case(
        (
            _issue.failure_group_id.is_not(None),
            and_(of_group.where(has_passed), ~of_group.where(~has_passed)),
        ),
        (_issue.platform.is_not(None), on_platform == PASSED),
        else_=of_recipe,
    )


def _of_row(row: Any) -> KnownIssue:
    return KnownIssue(
        id=row["id"],
        subject=IssueSubject(*(row[name] for name in IssueSubject._fields)),
        masked_line=row["masked_line"],
        link=row["link"],
        note=row["note"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_on=row["expires_on"],
        state=KnownIssueState(row["state"]),
        ended_at=row["ended_at"],
        is_synced=bool(row["is_synced"]),
        passes_now=bool(row["passes_now"]),
    )
