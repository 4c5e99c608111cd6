"""Failures over time and in groups, and one group with the recipes it touched."""

from datetime import date

from flask import Blueprint, abort, render_template, request

from batch_dashboard.model.catalogue import FAILURE_GROUPS
from batch_dashboard.model.catalogue.failures import GROUP_RECIPES
from batch_dashboard.model.failures.failure_classes import FailureClass, deciding_rule
from batch_dashboard.model.failures.failures import FailureSums, GroupChoice, new_since
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.store.batch_runs import ecosystem_days
from batch_dashboard.store.failures import failure_classes, failure_group_list
from batch_dashboard.views.choice import Choice, choose
from batch_dashboard.views.context import connection
from batch_dashboard.views.panels.failures.counts_chart import (
    category_counts_chart,
    group_counts_chart,
)
from batch_dashboard.views.panels.failures.group_list import MAX_RECIPES, group_list_panel
from batch_dashboard.views.panels.failures.group_recipes import failure_group_recipes
from batch_dashboard.views.panels.failures.group_summary import failure_group_summary

blueprint = Blueprint("failures", __name__, url_prefix="/failures")

GROUPS_PER_PAGE = 50
RECIPES_PER_PAGE = 50


@blueprint.get("")
def index() -> str:
    """Error categories over time, and the failure groups of the period chosen."""
    conn = connection()
    choice = choose(conn, request.args)
    if not choice.ecosystems:
        return render_template("pages/overview/empty.html", choice=choice)
    asked, complaints = ListQuery.of(request.args, FAILURE_GROUPS, choice.asked, GROUPS_PER_PAGE)
    choice.complaints.extend(complaints)
    chosen = asked.groups
    if any(chosen):
        choice = choice.over_data(
            lambda shown: failure_group_list.find_last_failed(conn, shown, chosen), _missing(chosen)
        )
        ran = _ran(choice)
    else:
        # Runs without a failure are no gap: that nothing failed is worth knowing.
        choice, ran = choice.with_data(_ran)
    sums = failure_group_list.fetch_categories(conn, choice.shown, choice.step)
    page = failure_group_list.fetch_page(conn, asked.over(choice.shown))
    ids = [group.id for group in page.rows]
    counts = category_counts_chart(choice, sums, ran)
    return render_template(
        "pages/failures/index.html",
        choice=choice,
        counts=counts,
        groups=group_list_panel(
            choice,
            asked,
            page,
            failure_group_list.count_groups(conn, choice.shown, chosen),
            failure_group_list.count_recipes_up_to(conn, ids, MAX_RECIPES),
            counts.series,
            failure_group_list.fetch_class_counts(conn, choice.shown),
        ),
    )


@blueprint.get("/<int:failure_group_id>")
def show(failure_group_id: int) -> str:
    """One failure group: its whole message, the times of its failures, and its recipes."""
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
    counts = group_counts_chart(choice, group.id, sums, _ran(choice))
    page = failure_group_list.fetch_recipes(conn, group.id, asked.over(choice.shown))
    total = failure_group_list.count_recipes(conn, group.id, choice.shown.ecosystem)
    return render_template(
        "pages/failures/show.html",
        choice=choice,
        group=group,
        is_new=group.first_seen_at.date() >= new_since(choice.today),
        summary=failure_group_summary(
            group,
            failure_group_list.fetch_categories_of(conn, group.id),
            deciding_rule(group.masked_line, failure_classes.fetch_rules(conn)),
        ),
        counts=counts,
        recipes=failure_group_recipes(choice, group.id, asked, page, total, counts.slots),
    )


def _missing(chosen: GroupChoice) -> str:
    """The filter of the list of failure groups, in words."""
    words = f"{chosen.failure_class} failure" if chosen.failure_class else "failure"
    if chosen.failure_class == FailureClass.UNKNOWN:
        words = "failure of an unknown class"
    of_category = f" of the category {chosen.category}" if chosen.category else ""
    return f"{words}{of_category}{f' with “{chosen.text}”' if chosen.text else ''}"


def _ran(choice: Choice) -> set[date]:
    return ecosystem_days.fetch_starts(connection(), choice.shown, choice.step)


def _group_sums(choice: Choice, failure_group_id: int) -> list[FailureSums]:
    return failure_group_list.fetch_group_sums(
        connection(), failure_group_id, choice.shown, choice.step
    )
