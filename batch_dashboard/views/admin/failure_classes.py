"""Rules of operators for the classes of failure groups."""

from flask import Blueprint, Response, request
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.failures import class_rules
from batch_dashboard.services.failures.class_rules import RulePreview
from batch_dashboard.store.failures import failure_classes
from batch_dashboard.views.context import connection
from batch_dashboard.views.forms import changing, done, errors_in, page

blueprint = Blueprint("admin_failure_classes", __name__, url_prefix="/admin/failure-classes")

PREVIEW = "preview"
CODE = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class RuleForm(Form):  # type: ignore[misc]
    """A rule to be added."""

    text = StringField(
        "Text in the line of the group",
        [InputRequired("Enter the text.")],
        render_kw={**CODE, "maxlength": class_rules.MAX_TEXT, "dir": "auto"},
    )
    failure_class = SelectField(
        "Class",
        choices=[
            SelectChoice(FailureClass.INFRASTRUCTURE, "infrastructure"),
            SelectChoice(FailureClass.PACKAGE, "package"),
            SelectChoice(FailureClass.UNKNOWN, "unknown"),
        ],
    )
    note = StringField("Note", render_kw={"maxlength": class_rules.MAX_NOTE})


@blueprint.get("")
def index() -> tuple[str, int]:
    """The rules; the page of a failure group fills in its line."""
    return _page(RuleForm(data={"text": request.args.get("text", "")}))


@blueprint.post("")
def add() -> Response | tuple[str, int]:
    """Add a rule, or show what it would change."""
    form = RuleForm(request.form)
    if not form.validate():
        return _page(form)
    rule = form.text.data, form.failure_class.data, form.note.data or ""
    with errors_in(form):
        if PREVIEW in request.form:
            return _page(form, class_rules.preview_rule(connection(), *rule))
        with changing() as change:
            changed = class_rules.add_rule(change, *rule)
        return done(f"The rule was added: {_changed(changed)}", ".index")
    return _page(form)


@blueprint.post("/<row_id:rule_id>/remove")
def remove(rule_id: int) -> Response:
    """Remove a rule."""
    with changing() as change:
        changed = class_rules.remove_rule(change, rule_id)
    return done(f"The rule was removed: {_changed(changed)}", ".index")


def _changed(groups: int) -> str:
    return f"{plural(groups, 'failure group')} changed class."


def _page(form: RuleForm, preview: RulePreview | None = None) -> tuple[str, int]:
    return page(
        "pages/admin/failure_classes/index.html",
        form,
        form=form,
        preview=preview,
        rules=failure_classes.fetch_rules(connection()),
    )
