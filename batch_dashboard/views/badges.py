"""Badges of ecosystems for READMEs. Source: docs/ci.md, "Badges"."""

from typing import NamedTuple

from flask import Blueprint, Response, render_template, request

from batch_dashboard.errors import FilterError
from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS_NAMES
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.spending.budget import BudgetWeek
from batch_dashboard.model.text.wording import count, minutes, not_one_of, percent
from batch_dashboard.services.judgement.judgement import judge_budgets, judge_ecosystems
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.views.access import current_principal
from batch_dashboard.views.context import connection, current_time

SHOWS = ("state", "rate", "minutes")
# Dark enough for white letters (WCAG 2.2, 4.5 to 1).
COLOURS = {
    Severity.CRITICAL: "#a3261e",
    Severity.WARNING: "#8a4b00",
    Severity.NOTICE: "#24558c",
    None: "#17693a",
}
UNKNOWN_COLOUR = "#5a6270"
MAX_NAME_LENGTH = 40
LETTER_WIDTH = 7.6

blueprint = Blueprint("badges", __name__)


class Badge(NamedTuple):
    """A word on a colour beside a name."""

    word: str
    colour: str


@blueprint.get("/badges/<name:ecosystem>.svg")
def show(ecosystem: str) -> Response:
    """The state, the success rate of a week, or the minutes left of this one."""
    wanted = request.args.get("show", SHOWS[0])
    if wanted not in SHOWS:
        raise FilterError(not_one_of("show", SHOWS, wanted))
    now = current_time()
    if wanted == "minutes":
        current_principal().require_all("the badge of minutes")
        badge = _minutes(judge_budgets(connection(), now))
    else:
        span = batch_runs.find_span(connection(), ecosystem)
        judged = judge_ecosystems(connection(), [span] if span else [], now)
        badge = _of(judged[0], wanted) if judged else Badge("unknown", UNKNOWN_COLOUR)
    name = (
        ecosystem if len(ecosystem) <= MAX_NAME_LENGTH else ecosystem[: MAX_NAME_LENGTH - 1] + "…"
    )
    body = render_template(
        "pages/badges/badge.svg",
        name=name,
        badge=badge,
        name_width=10 + LETTER_WIDTH * len(name),
        word_width=10 + LETTER_WIDTH * len(badge.word),
    )
    answer = Response(body, mimetype="image/svg+xml", headers={"Cache-Control": "max-age=60"})
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _of(health: EcosystemHealth, wanted: str) -> Badge:
    if wanted == "state":
        return Badge(health.state, COLOURS[health.severity])
    rate = health.verdict.rate
    if rate is None:
        return Badge("nothing attempted in 7 days", UNKNOWN_COLOUR)
    word = f"{percent(rate)} passed (n={count(health.verdict.attempts.total)})"
    return Badge(word, COLOURS[health.severity])


def _minutes(budgets: list[BudgetWeek]) -> Badge:
    if all(budget.used_minutes is None for budget in budgets):
        return Badge("minutes unknown", UNKNOWN_COLOUR)
    left = ", ".join(map(_minutes_left, budgets))
    states = {budget.state for budget in budgets}
    severity = (
        Severity.CRITICAL if "pause" in states else Severity.WARNING if "sample" in states else None
    )
    return Badge(f"{left} min left", COLOURS[severity])


def _minutes_left(budget: BudgetWeek) -> str:
    used = budget.used_minutes
    left = None if used is None else max(0.0, budget.budget_minutes - used)
    return f"{minutes(left)} {RUNNER_OS_NAMES[budget.runner_os]}"
