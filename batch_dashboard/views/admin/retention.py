"""Retention, and deleting older rows now."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for
from wtforms import Form, StringField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from batch_dashboard.model.administration.jobs import JobKind
from batch_dashboard.model.administration.retention import (
    DEFAULT_DAYS,
    RetainedKind,
    Retention,
    oldest_day,
)
from batch_dashboard.model.text.wording import count
from batch_dashboard.services.administration import jobs, retention
from batch_dashboard.store.administration import jobs as job_store
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.forms import (
    WholeNumberField,
    changing,
    confirmation,
    done,
    errors_in,
    page,
)

blueprint = Blueprint("admin_retention", __name__, url_prefix="/admin/retention")

PREVIEW = "preview"
SHOWN_JOBS = 5
ROWS: dict[str, str] = {
    RetainedKind.RESULTS: "results",
    RetainedKind.RUNS: "batch runs",
    RetainedKind.AUDIT: "entries of the audit log",
}
NUMBER = {"inputmode": "numeric"}


class RetentionForm(Form):  # type: ignore[misc]
    """The days each kind of row is kept; empty: for ever."""

    results = WholeNumberField("Results (days)", [Optional()], render_kw=NUMBER)
    runs = WholeNumberField("Batch runs (days)", [Optional()], render_kw=NUMBER)
    audit = WholeNumberField("Audit log (days)", [Optional()], render_kw=NUMBER)

    @property
    def retention(self) -> Retention:
        """The entered retention."""
        return Retention(self.results.data, self.runs.data, self.audit.data)


class DropForm(Form):  # type: ignore[misc]
    """The days for which confirmation was requested."""

    days = StringField(widget=HiddenInput())


@blueprint.get("")
def index() -> tuple[str, int]:
    """The days, and what is older."""
    return _page(RetentionForm(**retention.fetch(connection())._asdict()))


@blueprint.post("")
def set_days() -> Response | tuple[str, int]:
    """Set the days, or count what would be dropped by them."""
    form = RetentionForm(request.form)
    if form.validate():
        with errors_in(form):
            chosen = form.retention.checked()
            if PREVIEW in request.form:
                return _page(form, chosen)
            with changing() as change:
                retention.set_days(change, chosen)
            return done(
                "Saved. Older rows are deleted tonight, or now with “Delete now”.", ".index"
            )
    return _page(form)


@blueprint.post("/default")
def reset() -> Response:
    """Back to the defaults."""
    with changing() as change:
        retention.set_days(change, Retention(*DEFAULT_DAYS.values()))
    return done("The defaults were restored.", ".index")


@blueprint.route("/run", methods=["GET", "POST"])
def run() -> Response | tuple[str, int]:
    """Drop what is too old now, after a look at how much that is."""
    conn, now = connection(), current_time()
    days = retention.fetch(conn)
    old = {ROWS[kind]: found.rows for kind, found in retention.preview(conn, days, now).items()}
    form = DropForm(request.form if request.method == "POST" else None)
    if request.method == "POST":
        if form.days.data == _as_text(days):
            with changing() as change:
                change.record("ask to prune", "retention", None, old)
                jobs.ask(change, JobKind.PRUNE, {})
            return done("Older rows are being deleted in the background.", ".index")
        form.form_errors.append("The settings were changed meanwhile. Check the numbers again.")
    form.days.data = _as_text(days)
    doomed = [
        f"{count(old[name])} {name} from before {day} will be deleted."
        for name, day in _limits(days)
        if old[name]
    ]
    last = "This cannot be undone. Sums and charts stay as they are."
    return confirmation(
        form,
        question="Delete older rows now?",
        consequences=[*doomed, last] if doomed else ["No row is older than its retention period."],
        button="Delete now" if doomed else None,
        back=url_for(".index"),
        back_words="Retention",
    )


def _limits(days: Retention) -> Iterator[tuple[str, date]]:
    """The kinds of rows that are deleted, with the day before which."""
    for name, each in zip(ROWS.values(), days, strict=True):
        if day := oldest_day(each, current_time()):
            yield name, day


def _as_text(days: Retention) -> str:
    return ",".join("" if each is None else str(each) for each in days)


def _page(form: RetentionForm, chosen: Retention | None = None) -> tuple[str, int]:
    conn, now = connection(), current_time()
    in_force = retention.fetch(conn)
    shown = chosen or in_force
    rows: list[tuple[str, int | None, Any, Any]] = [
        (kind, days, oldest_day(days, now), found)
        for (kind, found), days in zip(
            retention.preview(conn, shown, now).items(), shown, strict=True
        )
    ]
    return page(
        "pages/admin/retention/index.html",
        form,
        form=form,
        rows=rows,
        names=ROWS,
        is_preview=chosen is not None,
        is_default=in_force == Retention(*DEFAULT_DAYS.values()),
        defaults=list(DEFAULT_DAYS.values()),
        jobs=job_store.fetch_latest(conn, (JobKind.PRUNE,), SHOWN_JOBS),
    )
