"""Batch runs: out of the statistics, back in, or away for good; one, or many by a choice."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from wtforms import Form, HiddenField, TextAreaField
from wtforms.validators import InputRequired

from batch_dashboard.errors import NotFound
from batch_dashboard.model.administration.jobs import JobKind
from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.administration import jobs
from batch_dashboard.services.batch_runs import batch_runs
from batch_dashboard.store.administration import jobs as job_store
from batch_dashboard.store.batch_runs import batch_runs as run_store
from batch_dashboard.store.batch_runs import exclusion
from batch_dashboard.views.choice import choose
from batch_dashboard.views.context import connection
from batch_dashboard.views.forms import WholeNumberField, changing, done, errors_in, page

blueprint = Blueprint("admin_batch_runs", __name__, url_prefix="/admin/batch-runs")

KINDS = {"exclude": JobKind.EXCLUDE, "restore": JobKind.RESTORE, "delete": JobKind.DELETE}
SHOWN_JOBS = 5


class ReasonForm(Form):  # type: ignore[misc]
    """The reason of an exclusion or deletion."""

    reason = TextAreaField(
        "Reason", [InputRequired("Enter a reason.")], render_kw={"rows": 2, "maxlength": 500}
    )


class ManyForm(ReasonForm):
    """Why many runs are changed, and which were counted."""

    count = WholeNumberField("How many", [InputRequired()], widget=HiddenField.widget)
    last_id = WholeNumberField("Up to", [InputRequired()], widget=HiddenField.widget)


@blueprint.get("")
def index() -> str:
    """The selection of runs to change, excluded runs, and running jobs."""
    conn = connection()
    choice = choose(conn, request.args)
    chosen = choice.asked
    return render_template(
        "pages/admin/batch_runs/index.html",
        choice=choice,
        chosen=chosen,
        query=chosen.query(),
        count=jobs.select_runs(conn, JobKind.EXCLUDE, chosen)[0],
        excluded_count=jobs.select_runs(conn, JobKind.RESTORE, chosen)[0],
        excluded=exclusion.fetch_latest(conn, chosen),
        jobs=job_store.fetch_latest(conn, jobs.OF_RUNS, SHOWN_JOBS),
    )


@blueprint.get("/<row_id:batch_run_id>")
def show(batch_run_id: int) -> tuple[str, int]:
    """The actions for one run."""
    return _page(batch_run_id, ReasonForm(), _delete_form())


@blueprint.post("/<row_id:batch_run_id>/exclude")
def exclude(batch_run_id: int) -> Response | tuple[str, int]:
    """Exclude a run from the statistics."""
    form = ReasonForm(request.form)
    if form.validate():
        with errors_in(form):
            with changing() as change:
                batch_runs.exclude(change, batch_run_id, form.reason.data)
            said = f"Batch run {batch_run_id} was excluded from the statistics."
            return done(said, ".show", batch_run_id=batch_run_id)
    return _page(batch_run_id, form, _delete_form())


@blueprint.post("/<row_id:batch_run_id>/restore")
def restore(batch_run_id: int) -> Response:
    """Restore an excluded run."""
    with changing() as change:
        batch_runs.restore(change, batch_run_id)
    said = f"Batch run {batch_run_id} was restored to the statistics."
    return done(said, ".show", batch_run_id=batch_run_id)


@blueprint.post("/<row_id:batch_run_id>/delete")
def delete(batch_run_id: int) -> Response | tuple[str, int]:
    """Delete a run for good."""
    form = _delete_form(request.form)
    if form.validate():
        with errors_in(form):
            with changing(frees=True) as change:
                batch_runs.delete(change, batch_run_id, form.reason.data)
            return done(f"Batch run {batch_run_id} was deleted.", ".index")
    return _page(batch_run_id, ReasonForm(), form)


@blueprint.route("/many/<kind>", methods=["GET", "POST"])
def many(kind: str) -> Response | tuple[str, int]:
    """Change all runs of a choice, after a look at how many and which."""
    if kind not in KINDS:
        abort(404)
    conn = connection()
    choice = choose(conn, request.args)
    chosen = choice.asked
    if choice.complaints:
        # Of a choice that was misunderstood nothing may be deleted.
        abort(400, " ".join(choice.complaints))
    count, last_id = jobs.select_runs(conn, KINDS[kind], chosen)
    form = ManyForm(
        request.form if request.method == "POST" else None, count=count, last_id=last_id
    )
    if request.method == "POST" and form.validate():
        with errors_in(form):
            _ask(kind, chosen, form)
            said = f"{plural(form.count.data, 'batch run')} will be changed in the background."
            return done(said, ".index", **chosen.query())
    # What is confirmed next is what is there now.
    form.count.data, form.last_id.data = count, last_id
    return page(
        "pages/admin/batch_runs/many.html",
        form,
        form=form,
        kind=kind,
        chosen=chosen,
        count=count,
        action=_url(".many", chosen, kind=kind),
        back=_url(".index", chosen),
    )


def _url(endpoint: str, chosen: RunFilter, **values: Any) -> str:
    values |= chosen.query()
    return url_for(endpoint, **values)


def _delete_form(entered: Any = None) -> ReasonForm:
    # Two forms of one page have a field of this name.
    return ReasonForm(entered, prefix="delete-")


def _ask(kind: str, chosen: RunFilter, form: ManyForm) -> None:
    last_id = min(max(form.last_id.data, 0), MAX_ROW_ID)
    with changing() as change:
        jobs.ask_for_runs(change, KINDS[kind], chosen, last_id, form.count.data, form.reason.data)


def _page(batch_run_id: int, exclude_form: Form, delete_form: Form) -> tuple[str, int]:
    conn = connection()
    run: BatchRun | None = run_store.find(conn, batch_run_id)
    excluded = exclusion.find(conn, batch_run_id) if run is None else None
    run = run or (excluded and excluded.run)
    if run is None:
        raise NotFound(f"There is no batch run {batch_run_id}. It may have been deleted.")
    return page(
        "pages/admin/batch_runs/show.html",
        exclude_form,
        delete_form,
        run=run,
        exclusion=excluded,
        exclude_form=exclude_form,
        delete_form=delete_form,
    )
