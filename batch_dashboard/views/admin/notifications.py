"""Destinations, snoozes, and the delivery log."""

from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from wtforms import Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import PasswordInput

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.alerts.incidents import TEST_MESSAGE, Incident
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.alerts import destinations, snoozes
from batch_dashboard.store.alerts import alerts, incidents
from batch_dashboard.views.context import connection, current_time, release, settings
from batch_dashboard.views.forms import (
    WholeNumberField,
    changing,
    confirmation,
    done,
    errors_in,
    page,
)

blueprint = Blueprint("admin_notifications", __name__, url_prefix="/admin/notifications")

TEST = "test"
SHOWN_DELIVERIES = 50
SHOWN_INCIDENTS = 200
FROM_SEVERITY = [SelectChoice(severity, severity.and_above.capitalize()) for severity in Severity]


class DestinationForm(Form):  # type: ignore[misc]
    """A destination."""

    name = StringField("Name", [InputRequired("Enter a name.")], render_kw={"maxlength": 60})
    url = StringField(
        "Apprise URL",
        [InputRequired("Enter the URL.")],
        # A form that comes back keeps it; a stored URL is never shown.
        widget=PasswordInput(hide_value=False),
        render_kw={"autocomplete": "off", "maxlength": 2000},
    )
    min_severity = SelectField("Severity", choices=FROM_SEVERITY, default=Severity.NOTICE)


class SeverityForm(Form):  # type: ignore[misc]
    """The lowest severity that a destination receives."""

    min_severity = SelectField("Severity", choices=FROM_SEVERITY)


class IncidentSnoozeForm(Form):  # type: ignore[misc]
    """For how long no notification about an incident is sent."""

    hours = WholeNumberField(
        "For (hours)",
        [
            InputRequired("Enter a number of hours."),
            NumberRange(1, snoozes.MAX_HOURS, "From 1 to 2,160."),
        ],
        default=24,
        render_kw={"inputmode": "numeric"},
    )
    reason = StringField("Reason", render_kw={"maxlength": 500})


class SnoozeForm(IncidentSnoozeForm):
    """The same for one of the open incidents."""

    key = SelectField("Incident", [InputRequired("Choose a finding.")])


@blueprint.get("")
def index() -> tuple[str, int]:
    """Destinations, snoozes and the delivery log."""
    return _page()


@blueprint.post("/destinations")
def add() -> Response | tuple[str, int]:
    """Create a destination, or only send a test message to it."""
    form = DestinationForm(request.form)
    if form.validate():
        with errors_in(form):
            if TEST in request.form:
                return _page(form, is_accepted=_test_entered(form))
            with changing() as change:
                destinations.create(
                    change,
                    settings().secret_key,
                    form.name.data,
                    form.url.data,
                    form.min_severity.data,
                )
            said = f"{form.name.data} was created. Its URL is stored encrypted and never shown."
            return done(said, ".index")
    return _page(form)


def _test_entered(form: DestinationForm) -> bool:
    """Send a test message by what was entered; whether it was accepted. Raises InputError."""
    entered = destinations.checked(form.name.data, form.url.data, form.min_severity.data)
    error = _test(entered)
    if error:
        form.url.errors = [f"The test message was not accepted: {error}."]
    return error is None


def _test(destination: destinations.Destination) -> str | None:
    release()
    error = destinations.send(destination, TEST_MESSAGE, settings().url)
    with changing() as change:
        destinations.note_test(change, destination, TEST_MESSAGE, error)
    return error


@blueprint.post("/destinations/<name:name>/severity")
def set_severity(name: str) -> Response:
    """The lowest severity that a destination receives."""
    form = SeverityForm(request.form)
    if not form.validate():
        raise InputError("min_severity", f"the severity must be one of {', '.join(Severity)}")
    with changing() as change:
        destinations.set_severity(change, name, form.min_severity.data)
    words = Severity(form.min_severity.data).and_above
    said = f"{name} now receives: {words}."
    return done(said, ".index")


@blueprint.route("/destinations/<name:name>/remove", methods=["GET", "POST"])
def remove(name: str) -> Response | tuple[str, int]:
    """Remove a destination, after a look at what that means."""
    if request.method == "POST":
        with changing() as change:
            destinations.remove(change, name)
        return done(f"{name} was removed.", ".index")
    if name not in {each.name for each in alerts.fetch_destinations(connection())}:
        raise NotFound("This destination does not exist. It may have been removed.")
    waiting = alerts.count_waiting(connection(), name)
    return confirmation(
        Form(),
        question=f"Remove the destination {name}?",
        consequences=[
            f"No more notifications are sent to {name}.",
            f"{plural(waiting, 'waiting message')} will not be sent.",
            "Its URL is deleted. To use the destination again, enter the URL again.",
            "The delivery log keeps the messages that were sent.",
        ],
        button=f"Remove {name}",
        back=url_for(".index"),
        back_words="Notifications",
    )


@blueprint.post("/destinations/<name:name>/test")
def test(name: str) -> Response:
    """Send a test message now."""
    every = destinations.fetch_all(connection(), settings().secret_key, settings().alert_urls)
    found = next((each for each in every if each.name == name), None)
    if found is None:
        raise NotFound("This destination does not exist. It may have been removed.")
    error = _test(found)
    said = f"{name} accepted the test message."
    if error:
        said = f"{name} did not accept the test message: {error}."
    return done(said, ".index")


@blueprint.post("/snoozes")
def snooze() -> Response | tuple[str, int]:
    """Snooze a finding."""
    form = _snooze_form()
    if form.validate():
        with errors_in(form):
            with changing() as change:
                until = change.now + timedelta(hours=form.hours.data)
                snoozes.snooze(change, form.key.data, until, form.reason.data or "")
            return done("Snoozed: pages still show it, but no notifications are sent.", ".index")
    return _page(snooze=form)


@blueprint.post("/snoozes/end")
def end_snooze() -> Response:
    """Tell of a finding again."""
    with changing() as change:
        snoozes.end(change, request.form.get("key", ""))
    return done("The snooze was ended; notifications are sent again.", ".index")


@blueprint.post("/incidents/<row_id:incident_id>/snooze")
def snooze_incident(incident_id: int) -> Response:
    """Send no notification about the finding of one incident for some hours."""
    incident = _incident(incident_id)
    form = IncidentSnoozeForm(request.form)
    if not form.validate():
        raise InputError("hours", f"a snooze must last from 1 to {snoozes.MAX_HOURS:,} hours")
    with changing() as change:
        until = change.now + timedelta(hours=form.hours.data)
        snoozes.snooze(change, incident.finding_key, until, form.reason.data or "")
    said = f"Snoozed: no notification about it until {until:%Y-%m-%d %H:%M} UTC."
    return done(said, "incidents.show", incident_id=incident_id)


@blueprint.post("/incidents/<row_id:incident_id>/end-snooze")
def end_incident_snooze(incident_id: int) -> Response:
    """Send notifications about the finding of one incident again."""
    incident = _incident(incident_id)
    with changing() as change:
        snoozes.end(change, incident.finding_key)
    return done("Notifications about it are sent again.", "incidents.show", incident_id=incident_id)


def _incident(incident_id: int) -> Incident:
    found = incidents.find(connection(), incident_id)
    if found is None:
        raise NotFound("This incident does not exist. It may have been deleted.")
    return found


def _snooze_form() -> SnoozeForm:
    form = SnoozeForm(request.form if request.method == "POST" else None)
    open_now = incidents.fetch_open(connection())[:SHOWN_INCIDENTS]
    form.key.choices = [
        SelectChoice(incident.finding_key, f"{incident.subject.name}: {incident.kind}"[:120])
        for incident in open_now
    ]
    return form


def _page(
    destination: DestinationForm | None = None,
    snooze: SnoozeForm | None = None,
    *,
    is_accepted: bool = False,
) -> tuple[str, int]:
    conn = connection()
    destination = destination or DestinationForm()
    snooze = snooze or _snooze_form()
    stored = {each.name: each for each in alerts.fetch_destinations(conn)}
    goes_to = destinations.fetch_all(conn, settings().secret_key, settings().alert_urls)
    return page(
        "pages/admin/notifications/index.html",
        destination,
        snooze,
        form=destination,
        is_accepted=is_accepted,
        snooze_form=snooze,
        destinations=[(each, each.name in stored) for each in goes_to],
        severities=list(Severity),
        unusable=sorted(stored.keys() - {each.name for each in goes_to}),
        snoozes=snoozes.fetch(conn, current_time()),
        deliveries=alerts.fetch_log(conn, SHOWN_DELIVERIES),
    )
