"""Every macro in its states on one page, for those who change them; where debug is on only."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, render_template
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Form,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from batch_dashboard.figures.sparkline import Sparkline, failure_rate_sparkline
from batch_dashboard.figures.style import empty_figure
from batch_dashboard.model.administration.jobs import Job
from batch_dashboard.model.alerts.attention import Facts, findings
from batch_dashboard.model.batch_runs.records import BatchRun, EcosystemSpan, Minutes, RunSums
from batch_dashboard.model.batch_runs.vocabulary import MACOS, RESULTS
from batch_dashboard.model.catalogue import BATCH_RUNS
from batch_dashboard.model.failures.failures import FailureGroupCount, FailureGroupDetail
from batch_dashboard.model.judgement.ecosystem_health import (
    EcosystemHealth,
    FailingRuns,
    Pause,
    PipelineFacts,
    RecentRun,
    judge_ecosystem,
)
from batch_dashboard.model.judgement.slo import NONE, WINDOWS, Attempts, WindowRuns
from batch_dashboard.model.judgement.targets import EcosystemRule
from batch_dashboard.model.lists.pagination import Cursor, Page
from batch_dashboard.model.lists.periods import week_of
from batch_dashboard.model.lists.series import RatePoint
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.recipes.recipes import STATES, Recipe, StuckRecipe
from batch_dashboard.model.spending.budget import BudgetWeek
from batch_dashboard.views.charts import Chart
from batch_dashboard.views.context import current_time
from batch_dashboard.views.listing import Listing
from batch_dashboard.views.panels.batch_runs.latest_runs import LatestRuns
from batch_dashboard.views.panels.judgement.attention import AttentionPanel
from batch_dashboard.views.panels.judgement.ecosystem_table import EcosystemRow, EcosystemTable
from batch_dashboard.views.panels.spending.week_cost import WeekCost
from batch_dashboard.views.search import Found

blueprint = Blueprint("patterns", __name__)


class PatternForm(Form):  # type: ignore[misc]
    """A field of each kind."""

    text = StringField("A text", [InputRequired("Say something.")])
    number = IntegerField("A number")
    long_text = TextAreaField("A longer text")
    choice = SelectField("One of some", choices=[SelectChoice("a", "a"), SelectChoice("b", "b")])
    agreed = BooleanField("A yes or no")
    several = SelectMultipleField(
        "Some of some",
        choices=[SelectChoice("a", "a"), SelectChoice("b", "b")],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )


LONG_NAME = "a-name-" + "x" * 190
LINE = "Error: checksum of * does not match"


def register(app: Flask) -> None:
    """Serve the page where debug is on."""
    if app.extensions["settings"].debug:
        app.register_blueprint(blueprint)


@blueprint.get("/patterns")
def index() -> str:
    """The patterns, on made-up values that show each state."""
    now = current_time()
    week = week_of(now.date())

    def budget(used: float, unknown_runs: int = 0, runs: int = 4) -> BudgetWeek:
        minutes = Minutes(used, runs, unknown_runs)
        return BudgetWeek(MACOS, week, 1_000, minutes, used / 7, used * 1.4, None)

    def run(number: int, name: str, minutes: float | None) -> BatchRun:
        start = now - timedelta(hours=number)
        return BatchRun(
            number, name, "homebrew", start, None, 9, 5, 4, 0, minutes, minutes, None, None, 9, now
        )

    runs = [run(1, "2026-11-20-homebrew", 4.25), run(2, LONG_NAME, None)]
    recipe = Recipe(
        *("homebrew", "sharkdp/bat", 3, 41, 0, 0, 41, now, now, now, None, now, "f" * 20)
    )
    stuck = StuckRecipe("homebrew", "sharkdp/bat", 41, now, now, 1, "install_failed", LINE)
    counted = FailureGroupCount(1, "install_failed", f"{LINE} of bat", now, now, 3)
    group = FailureGroupDetail(1, "install_failed", LINE, now, now, 3, None)
    spans = [
        EcosystemSpan("homebrew", now, now, now),
        EcosystemSpan("silent", now, now - timedelta(days=30)),
    ]
    ecosystem_health = _ecosystem_health(now)
    cursor = Cursor((now, 1))
    sort = Sort(BATCH_RUNS.sorts, BATCH_RUNS.sorts[0], descending=True)
    budgets = [budget(0, 0, 0), budget(400), budget(820, 1), budget(1_200), budget(0, 4)]
    sparklines = [
        failure_rate_sparkline([RatePoint(9 - n, n) for n in range(9)]),
        failure_rate_sparkline([RatePoint(1, 1), None, RatePoint(0, 1), None]),
        failure_rate_sparkline([None]),
    ]
    slots = {"homebrew": 0, "silent": 3}
    return render_template(
        "pages/patterns/index.html",
        results=RESULTS,
        states=STATES,
        long_name=LONG_NAME,
        budgets=budgets,
        costs=[
            WeekCost(63.18, budgets[1:2]),
            WeekCost(8.0, budgets[2:3]),
            WeekCost(None, budgets[4:]),
        ],
        attention=AttentionPanel(
            findings(
                Facts(
                    ecosystem_health=ecosystem_health,
                    budgets=[budget(820), budget(1_000)],
                    stuck=[stuck],
                    new_groups=[group],
                )
            ),
            12,
            {},
        ),
        ecosystem_health=ecosystem_health,
        now=now,
        spans=spans,
        runs=Listing("/patterns", {"text": "a"}, sort, Page(runs, cursor, cursor), cursor),
        beyond=Listing("/patterns", {}, sort, Page([], None, None), cursor),
        slots=slots,
        ecosystems=_ecosystems(now, spans, ecosystem_health, sparklines, slots),
        latest=LatestRuns(runs, 2, slots, {}),
        attempts=["p" * 20, "f" * 20, "pfpfp", ""],
        sparklines=sparklines,
        form=_refused_form(),
        jobs=_jobs(now),
        found=Found([], [recipe], runs, [counted], frozenset({"recipes"})),
        nothing_found=Found([], [], [], [], frozenset()),
        empty_chart=Chart(
            "empty-figure",
            "A figure without data",
            "its unit",
            "Its sentence.",
            empty_figure("No batch run in this period."),
        ),
    )


def _ecosystems(
    now: datetime,
    spans: list[EcosystemSpan],
    ecosystem_health: list[EcosystemHealth],
    sparklines: list[Sparkline],
    slots: dict[str, int],
) -> EcosystemTable:
    """An ecosystem with runs, a silent one, and one whose runs retention deleted."""
    of = [RunSums.total(now.date(), name, []) for name in ("homebrew", "silent", "deleted")]
    rows = [
        EcosystemRow(of[0], spans[0], ecosystem_health[0], 38, sparklines[0]),
        EcosystemRow(of[1], spans[1], ecosystem_health[2], 0, sparklines[2]),
        EcosystemRow(of[2], None, None, None, sparklines[1]),
    ]
    return EcosystemTable(rows, 4, "day", slots, {}, {}, "a period")


def _refused_form() -> PatternForm:
    form = PatternForm(MultiDict({"number": "ten", "long_text": "kept", "several": "a"}))
    form.validate()
    form.form_errors.append("Something that belongs to no field.")
    return form


def _jobs(now: datetime) -> list[Job]:
    """Work in each state there is."""
    asked = Job(1, "prune", {}, "ada", "192.0.2.1", now, None, None, 0, 0, None, False)
    began = asked._replace(started_at=now, done=40, total=100)
    done = began._replace(finished_at=now, outcome="100 results dropped")
    return [asked, began, done, done._replace(outcome="it was not finished", has_failed=True)]


def _ecosystem_health(now: datetime) -> list[EcosystemHealth]:
    """An ecosystem in each state there is."""

    def of(name: str, hours: int, attempts: Attempts, **changes: Any) -> EcosystemHealth:
        span = EcosystemSpan(name, now, now - timedelta(hours=hours), now)
        recent = [RecentRun(now - timedelta(hours=n), False) for n in range(hours, hours + 9)]
        nothing = [WindowRuns(0, NONE)] * len(WINDOWS)
        facts = PipelineFacts(
            span,
            recent,
            FailingRuns(0, None, None),
            {now.date(): attempts},
            nothing,
            None,
            EcosystemRule(0.85),
            None,
        )
        return judge_ecosystem(facts._replace(**changes), now)

    idle = [RecentRun(now, True)] * 5
    return [
        of("failing", 1, NONE, failing=FailingRuns(38, now, now)),
        of("breached", 1, Attempts(10, 10)),
        of("silent", 200, NONE),
        of("idle", 1, NONE, recent=idle),
        of("at risk", 1, Attempts(16, 4)),
        of("met", 1, Attempts(20, 1)),
        of("too few", 1, Attempts(2, 0)),
        of("no target", 1, NONE, rule=EcosystemRule(None)),
        of("paused", 1, NONE, pause=Pause("moving to new runners", None, now, None)),
    ]
