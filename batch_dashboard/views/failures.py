"""Failures over time and in groups, and one group with the recipes it touched."""

from typing import Any

from flask import Blueprint, abort, render_template, request

from batch_dashboard.figures.failure_counts import failure_counts_figure
from batch_dashboard.figures.sentences import failure_counts_sentence
from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY
from batch_dashboard.model.catalogue import FAILURE_GROUPS
from batch_dashboard.model.catalogue.failures import GROUP_RECIPES
from batch_dashboard.model.failures.failure_groups import find_reason
from batch_dashboard.model.failures.failures import FailureSums, new_since
from batch_dashboard.model.failures.messages import NO_RECIPE
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.lists.series import (
    buckets,
    colour_slots,
    count_series,
    name_slots,
)
from batch_dashboard.store.batch_runs import ecosystem_days
from batch_dashboard.store.failures import failure_group_list
from batch_dashboard.views.charts import as_json
from batch_dashboard.views.choice import Choice, choose, csv_url
from batch_dashboard.views.context import connection
from batch_dashboard.views.listing import Listing

blueprint = Blueprint("failures", __name__, url_prefix="/failures")

GROUPS_PER_PAGE = 50
RECIPES_PER_PAGE = 50
# How far the recipes of each group in the list are counted.
RECIPES_COUNTED = 1_000


@blueprint.get("")
def index() -> str:
    """Error categories over time, and the failure groups of the period chosen."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    asked, complaints = ListQuery.of(request.args, FAILURE_GROUPS, choice.asked, GROUPS_PER_PAGE)
    choice.complaints.extend(complaints)
    category, text = asked.category, asked.text
    if category or text:
        choice = choice.over_data(
            lambda chosen: failure_group_list.find_last_failed(conn, chosen, category, text),
            _missing(category, text),
        )
        ran = _ran(choice)
    else:
        # Runs without a failure are no gap: that nothing failed is worth knowing.
        choice, ran = choice.with_data(_ran)
    sums = failure_group_list.fetch_categories(conn, choice.shown, choice.step)
    page = failure_group_list.fetch_page(conn, asked.over(choice.shown))
    ids = [group.id for group in page.rows]
    chosen = {name: value for name, value in (("category", category), ("text", text)) if value}
    query = {**choice.query, **chosen}
    return render_template(
        "pages/failures/index.html",
        choice=choice,
        category=category,
        text=text,
        total=failure_group_list.count_groups(conn, choice.shown, category, text),
        groups=Listing(choice.path, query, asked.sort, page, asked.cursor),
        recipe_counts=failure_group_list.count_recipes_up_to(conn, ids, RECIPES_COUNTED),
        most_counted=RECIPES_COUNTED,
        new_since=new_since(choice.today),
        csv=csv_url("failure_groups.csv", query),
        **_over_time(choice, sums, ran, None),
    )


@blueprint.get("/<int:failure_group_id>")
def show(failure_group_id: int) -> str:
    """One failure group: what it says in full, when it failed, and which recipes."""
    conn = connection()
    group = (
        failure_group_list.find(conn, failure_group_id) if failure_group_id <= MAX_ROW_ID else None
    )
    if group is None:
        abort(404, "There is no such failure group. Its results may have been deleted.")
    choice = choose(conn, request.args)
    asked, complaints = ListQuery.of(request.args, GROUP_RECIPES, choice.asked, RECIPES_PER_PAGE)
    choice.complaints.extend(complaints)
    choice, sums = choice.with_data(
        lambda chosen: _group_sums(chosen, group.id),
        lambda always: (
            failure_group_list.find_last_of_group(conn, group.id, always.ecosystem)
            if always.ecosystem
            else group.last_seen_at
        ),
        "failure of this group",
    )
    ran = _ran(choice)
    ecosystem = choice.shown.ecosystem
    page = failure_group_list.fetch_recipes(conn, group.id, asked.over(choice.shown))
    return render_template(
        "pages/failures/show.html",
        choice=choice,
        group=group,
        reason=find_reason(group.sample_message, NO_RECIPE),
        categories=failure_group_list.fetch_categories_of(conn, group.id),
        new_since=new_since(choice.today),
        total=failure_group_list.count_recipes(conn, group.id, ecosystem),
        recipes=Listing(choice.path, choice.query, asked.sort, page, asked.cursor),
        failed_in_period=sum(row.failed for row in sums),
        **_over_time(choice, sums, ran, colour_slots(choice.ecosystems)),
    )


def _missing(category: str | None, text: str | None) -> str:
    """What a list of failure groups looks for, in words."""
    of_category = f" of the category {category}" if category else ""
    return f"failure{of_category}{f' with “{text}”' if text else ''}"


def _ran(choice: Choice) -> set[Any]:
    return ecosystem_days.fetch_starts(connection(), choice.shown, choice.step)


def _group_sums(choice: Choice, failure_group_id: int) -> list[FailureSums]:
    return failure_group_list.fetch_group_sums(
        connection(), failure_group_id, choice.shown, choice.step
    )


def _over_time(
    choice: Choice, sums: list[FailureSums], ran: set[Any], slots: dict[str, int] | None
) -> dict[str, Any]:
    """The chart; without `slots`, which ecosystems have, colours follow the names."""
    through = buckets(sums, choice.shown.period, choice.step, choice.today)
    names = [(row.start, row.name or NO_CATEGORY, row.failed) for row in sums]
    series = count_series(names, through.starts)
    if slots is None:
        slots = name_slots(line.name for line in series if not line.is_other)
    # Those without a batch run of their own name.
    slots = {line.name: 0 for line in series} | slots
    return {
        "counts_json": as_json(failure_counts_figure(through, series, slots, ran)),
        "counts_sentence": failure_counts_sentence(through, series, ran),
        "counts_series": series,
        "counts_steps": through,
        "ran": ran,
        "slots": slots,
    }
