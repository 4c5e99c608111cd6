"""How long rows are kept, and dropping what is older."""

from typing import Any

from flask import Blueprint, Response, request
from wtforms import Form
from wtforms.validators import Optional

from batch_dashboard.model.retention import DEFAULT_DAYS, Retention, oldest_day
from batch_dashboard.services import jobs, retention
from batch_dashboard.store import jobs as job_store
from batch_dashboard.views.choice import current_time
from batch_dashboard.views.connection import connection
from batch_dashboard.views.forms import WholeNumberField, changing, done, errors_in, page

blueprint = Blueprint("admin_retention", __name__, url_prefix="/admin/retention")

PREVIEW = "preview"
SHOWN_JOBS = 5
NUMBER = {"inputmode": "numeric"}


class RetentionForm(Form):  # type: ignore[misc]
    """The days each kind of row is kept; empty: for ever."""

    results = WholeNumberField("Results (days)", [Optional()], render_kw=NUMBER)
    runs = WholeNumberField("Batch runs (days)", [Optional()], render_kw=NUMBER)
    audit = WholeNumberField("Audit log (days)", [Optional()], render_kw=NUMBER)

    @property
    def retention(self) -> Retention:
        """What was entered."""
        return Retention(self.results.data, self.runs.data, self.audit.data)


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
            return done("It is set. The next night drops what is older, or you do now.", ".index")
    return _page(form)


@blueprint.post("/default")
def reset() -> Response:
    """Back to the defaults."""
    with changing() as change:
        retention.set_days(change, Retention(*DEFAULT_DAYS.values()))
    return done("Rows are kept as long as they are by default.", ".index")


@blueprint.post("/run")
def run() -> Response:
    """Drop what is too old now."""
    with changing() as change:
        change.record("ask to prune", "retention")
        jobs.ask(change, jobs.PRUNE, {})
    return done("What is too old is being dropped in the background.", ".index")


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
        is_preview=chosen is not None,
        is_default=in_force == Retention(*DEFAULT_DAYS.values()),
        defaults=list(DEFAULT_DAYS.values()),
        jobs=job_store.fetch_latest(conn, (jobs.PRUNE,), SHOWN_JOBS),
    )
