"""Forms and background work, as patterns."""

from datetime import datetime

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

from batch_dashboard.model.administration.jobs import Job


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


def refused_form() -> PatternForm:
    form = PatternForm(MultiDict({"number": "ten", "long_text": "kept", "several": "a"}))
    form.validate()
    form.form_errors.append("Something that belongs to no field.")
    return form


def background_jobs(now: datetime) -> list[Job]:
    """Work in each state there is."""
    asked = Job(1, "prune", {}, "ada", "192.0.2.1", now, None, None, 0, 0, None, False)
    began = asked._replace(started_at=now, done=40, total=100)
    done = began._replace(finished_at=now, outcome="100 results dropped")
    return [asked, began, done, done._replace(outcome="it was not finished", has_failed=True)]
