"""The rules of each ecosystem, and its pause."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from flask import Blueprint, Response, render_template, request, url_for
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Form,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.judgement.targets import RuleOverride, default_rule
from batch_dashboard.model.plan.replay import Replayed
from batch_dashboard.model.plan.rule import DEFAULT_RULE
from batch_dashboard.services.judgement import ecosystem_rules
from batch_dashboard.services.judgement.judgement import decide_for, judge_ecosystems
from batch_dashboard.services.plan.replay import preview_plans
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.judgement import ecosystem_rules as rule_store
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.forms import (
    NumberField,
    WholeNumberField,
    changing,
    done,
    errors_in,
    page,
)

blueprint = Blueprint("admin_ecosystems", __name__, url_prefix="/admin/ecosystems")

PREVIEW = "preview"
# What the preview of the plan follows.
PREVIEWED = timedelta(days=90)


class Preview(NamedTuple):
    """What another rule of an ecosystem changes in its state and in what the plan avoids."""

    before: EcosystemHealth
    after: EcosystemHealth
    plan_before: Replayed
    plan_after: Replayed
    plan_since: datetime


class RuleForm(Form):  # type: ignore[misc]
    """The rule of an ecosystem; an empty field stands for the default."""

    has_target = BooleanField("Has a target", default=True)
    target = NumberField("Target (%)", [Optional()])
    min_attempts = WholeNumberField(
        "Minimum attempts", [Optional()], render_kw={"inputmode": "numeric"}
    )
    expected_interval = NumberField("Expected interval (hours)", [Optional()])
    plan_failures = WholeNumberField(
        "Failures until a recipe waits", [Optional()], render_kw={"inputmode": "numeric"}
    )
    plan_base = NumberField("First wait (hours)", [Optional()])
    plan_cap = NumberField("Longest wait (hours)", [Optional()])

    @property
    def rule(self) -> RuleOverride:
        """The entered rule."""
        target = self.target.data
        return RuleOverride(
            self.has_target.data,
            None if target is None else float(target) / 100,
            self.min_attempts.data,
            _length(self.expected_interval.data),
            self.plan_failures.data,
            _length(self.plan_base.data),
            _length(self.plan_cap.data),
        )

    @classmethod
    def of(cls, own: RuleOverride) -> "RuleForm":
        """A form that shows a rule."""
        target = own.success_rate_target
        return cls(
            has_target=own.has_target,
            target=None if target is None else round(target * 100, 6),
            min_attempts=own.min_attempts,
            expected_interval=_hours(own.expected_interval),
            plan_failures=own.plan_failures,
            plan_base=_hours(own.plan_base),
            plan_cap=_hours(own.plan_cap),
        )


def _length(hours: Decimal | None) -> timedelta | None:
    """A time that was entered; what no rule may have stays recognisable."""
    return None if hours is None else timedelta(hours=max(-1.0, min(float(hours), 1e6)))


def _hours(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds() / 3600


class PauseForm(Form):  # type: ignore[misc]
    """Why an ecosystem is not to run."""

    reason = TextAreaField(
        "Reason",
        [InputRequired("Enter a reason. It is reported to CI.")],
        render_kw={"rows": 2, "maxlength": 500},
    )
    link = StringField("Incident link", render_kw={"type": "url", "maxlength": 2000})
    expected_resume_at = DateTimeLocalField(
        "Expected to resume at (UTC)", [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    )


@blueprint.get("")
def index() -> str:
    """Every ecosystem with its rule and its state."""
    conn, now = connection(), current_time()
    own = rule_store.fetch_own_rules(conn)
    judged = judge_ecosystems(conn, batch_runs.fetch_ecosystems(conn), now)
    known = {health.ecosystem for health in judged}
    pauses = rule_store.fetch_pauses(conn)
    return render_template(
        "pages/admin/ecosystems/index.html",
        ecosystem_health=judged,
        own=own,
        pauses=pauses,
        without_runs=sorted((own.keys() | pauses.keys()) - known),
    )


@blueprint.route("/<name:ecosystem>", methods=["GET", "POST"])
def show(ecosystem: str) -> Response | tuple[str, int]:
    """The rule of an ecosystem, and what another one would change."""
    own = rule_store.fetch_own_rules(connection()).get(ecosystem, RuleOverride())
    form = RuleForm(request.form) if request.method == "POST" else RuleForm.of(own)
    preview = None
    if request.method == "POST" and form.validate():
        with errors_in(form):
            ecosystem_rules.checked_rule(form.rule)
            if PREVIEW not in request.form:
                with changing() as change:
                    ecosystem_rules.set_rule(change, ecosystem, form.rule)
                return done(f"The rule of {ecosystem} was set.", ".show", ecosystem=ecosystem)
            preview = _preview(ecosystem, own, form.rule)
    return _page(ecosystem, form, PauseForm(), preview)


def _preview(ecosystem: str, own: RuleOverride, entered: RuleOverride) -> Preview | None:
    conn, now = connection(), current_time()
    judged = ecosystem_rules.preview(conn, ecosystem, entered, now)
    if judged is None:
        return None
    plans = preview_plans(conn, ecosystem, [own.plan, entered.plan], now - PREVIEWED, now)
    (before, after), (plan_before, plan_after) = judged, plans.replayed
    return Preview(before, after, plan_before, plan_after, plans.since)


@blueprint.post("/<name:ecosystem>/default")
def reset(ecosystem: str) -> Response:
    """Back to the defaults."""
    with changing() as change:
        ecosystem_rules.reset_rule(change, ecosystem)
    return done(f"{ecosystem} now uses the defaults.", ".show", ecosystem=ecosystem)


@blueprint.post("/<name:ecosystem>/pause")
def pause(ecosystem: str) -> Response | tuple[str, int]:
    """Tell CI to skip an ecosystem."""
    form = PauseForm(request.form)
    if form.validate():
        with errors_in(form):
            resume_at = form.expected_resume_at.data
            with changing() as change:
                ecosystem_rules.pause(
                    change,
                    ecosystem,
                    form.reason.data,
                    form.link.data,
                    resume_at and resume_at.replace(tzinfo=UTC),
                )
            return done(
                f"{ecosystem} was paused: CI is advised to skip it.", ".show", ecosystem=ecosystem
            )
    own = rule_store.fetch_own_rules(connection()).get(ecosystem, RuleOverride())
    return _page(ecosystem, RuleForm.of(own), form)


@blueprint.post("/<name:ecosystem>/resume")
def resume(ecosystem: str) -> Response:
    """End the pause of an ecosystem."""
    with changing() as change:
        ecosystem_rules.resume(change, ecosystem)
    return done(f"{ecosystem} was resumed.", ".show", ecosystem=ecosystem)


def _page(
    ecosystem: str,
    form: RuleForm,
    pause_form: PauseForm,
    preview: Preview | None = None,
) -> tuple[str, int]:
    conn, now = connection(), current_time()
    span = batch_runs.find_span(conn, ecosystem)
    paused = rule_store.fetch_pauses(conn).get(ecosystem)
    if paused is not None and not pause_form.errors:
        pause_form = PauseForm(**paused._asdict())
    return page(
        "pages/admin/ecosystems/show.html",
        form,
        pause_form,
        ecosystem=ecosystem,
        form=form,
        pause_form=pause_form,
        preview=preview,
        is_preview=PREVIEW in request.form,
        default=default_rule(ecosystem),
        default_plan=DEFAULT_RULE,
        has_own=ecosystem in rule_store.fetch_own_rules(conn),
        health=judge_ecosystems(conn, [span], now)[0] if span else None,
        paused=paused,
        decision=decide_for(conn, ecosystem, now),
        action=url_for(".show", ecosystem=ecosystem),
    )
