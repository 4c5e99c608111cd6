"""Adding, changing and ending known issues; lists of them are read by commands."""

from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from wtforms import DateField, Form, StringField
from wtforms.validators import InputRequired

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.failures.known_issues import MAX_DAYS, IssueSubject, KnownIssue
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.services.failures import known_issues as service
from batch_dashboard.store.failures import known_issues
from batch_dashboard.store.failures.known_issues import NewIssue
from batch_dashboard.views.context import connection, current_time
from batch_dashboard.views.forms import changing, confirmation, done, errors_in, page

blueprint = Blueprint("admin_known_issues", __name__, url_prefix="/admin/known-issues")

USUAL_DAYS = 30
NAME = {"autocapitalize": "none", "spellcheck": "false", "dir": "auto", "maxlength": 500}


class IssueForm(Form):  # type: ignore[misc]
    """Why failures are expected, and until when."""

    link = StringField("Link", render_kw={"type": "url", "maxlength": service.MAX_LINK})
    note = StringField("Note", render_kw={"maxlength": service.MAX_NOTE, "dir": "auto"})
    expires_on = DateField("Last day", [InputRequired("Enter the last day.")])


class NewIssueForm(IssueForm):
    """The same with what it is about: a failure group, or a recipe."""

    failure_group = StringField("Failure group", render_kw={"inputmode": "numeric"})
    ecosystem = StringField("Ecosystem", render_kw=NAME)
    recipe_name = StringField("Recipe", render_kw=NAME)
    platform = StringField("Platform", render_kw=NAME)

    @property
    def subject(self) -> IssueSubject:
        """What was entered. Raises InputError."""
        group = (self.failure_group.data or "").strip()
        if group:
            if not (group.isascii() and group.isdigit()) or int(group) > MAX_ROW_ID:
                raise InputError("failure_group", "enter the number of a failure group")
            return IssueSubject(int(group))
        return IssueSubject(
            None,
            (self.ecosystem.data or "").strip() or None,
            (self.recipe_name.data or "").strip() or None,
            (self.platform.data or "").strip() or None,
        )


@blueprint.get("")
def index() -> Response | tuple[str, int]:
    """A form for a known issue; the pages of what fails fill it in."""
    day = current_time().date() + timedelta(days=USUAL_DAYS)
    return _page(NewIssueForm(data={"expires_on": day, **request.args}))


@blueprint.post("")
def add() -> Response | tuple[str, int]:
    """Add a known issue."""
    form = NewIssueForm(request.form)
    if form.validate():
        with errors_in(form):
            issue = NewIssue(
                form.subject, form.link.data or "", form.note.data or "", form.expires_on.data
            )
            with changing() as change:
                service.add(change, issue)
            message = f"Failures of {issue.subject.in_words} are expected until {issue.expires_on}."
            return done(message, "known_issues.index", state="open")
    return _page(form)


@blueprint.route("/<row_id:issue_id>", methods=["GET", "POST"])
def edit(issue_id: int) -> Response | tuple[str, int]:
    """Change the link, the note and the expiry of a known issue."""
    issue = _issue(issue_id)
    fields = {"link": issue.link, "note": issue.note, "expires_on": issue.expires_on}
    form = IssueForm(request.form) if request.method == "POST" else IssueForm(data=fields)
    if request.method == "POST" and form.validate():
        with errors_in(form):
            with changing() as change:
                service.edit(
                    change,
                    issue_id,
                    form.link.data or "",
                    form.note.data or "",
                    form.expires_on.data,
                )
            return done(
                f"The known issue of {issue.subject.in_words} was changed.", "known_issues.index"
            )
    return page(
        "pages/admin/known_issues/edit.html", form, form=form, issue=issue, max_days=MAX_DAYS
    )


@blueprint.route("/<row_id:issue_id>/close", methods=["GET", "POST"])
def close(issue_id: int) -> Response | tuple[str, int]:
    """End a known issue."""
    issue, form = _issue(issue_id), Form()
    if request.method == "POST":
        with errors_in(form):
            with changing() as change:
                service.close(change, issue_id)
            return done(
                f"The known issue of {issue.subject.in_words} is closed.", "known_issues.index"
            )
    return confirmation(
        form,
        question=f"Close the known issue of {issue.subject.in_words}?",
        consequences=[
            "Its failures count again: in states, incidents and the plan.",
            "You can add another known issue at any time.",
        ],
        button="Close the known issue",
        back=url_for("known_issues.index"),
        back_words="Known issues",
    )


def _issue(issue_id: int) -> KnownIssue:
    found = known_issues.find(connection(), issue_id, current_time().date())
    if found is None or found.ended_at is not None:
        raise NotFound("There is no such open known issue.")
    return found


def _page(form: NewIssueForm) -> tuple[str, int]:
    return page("pages/admin/known_issues/index.html", form, form=form, max_days=MAX_DAYS)
