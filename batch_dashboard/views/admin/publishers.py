"""Trusted publishers: CI workflows that upload without a stored secret."""

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from wtforms import Form, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from batch_dashboard.errors import NotFound
from batch_dashboard.model.access.publishers import FIELDS, KIND_NAMES, OTHER, TrustedPublisher
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.text.wording import plural, relative
from batch_dashboard.services.access import publishers
from batch_dashboard.store.access import publishers as publisher_store
from batch_dashboard.views.admin.ecosystem_fields import EcosystemFields, known_ecosystems
from batch_dashboard.views.context import connection, current_time, settings
from batch_dashboard.views.forms import changing, confirmation, done, errors_in, page

blueprint = Blueprint("admin_publishers", __name__, url_prefix="/admin/publishers")

CODE = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class PublisherForm(EcosystemFields):
    """A publisher to be registered."""

    name = StringField("Name", [InputRequired("Enter a name.")], render_kw={"maxlength": 60})
    kind = SelectField(
        "CI system", choices=[SelectChoice(kind, words) for kind, words in KIND_NAMES.items()]
    )
    issuer = StringField("Issuer", render_kw={**CODE, "maxlength": 300})
    repository = StringField("Repository", render_kw={**CODE, "maxlength": 300})
    repository_id = StringField("Repository id", render_kw={**CODE, "maxlength": 30})
    workflow = StringField("Workflow", render_kw={**CODE, "maxlength": 300})
    ref = StringField("Branch or tag", render_kw={**CODE, "maxlength": 300})
    environment = StringField("Environment", render_kw={**CODE, "maxlength": 300})
    claims = TextAreaField("Other claims", render_kw={**CODE, "rows": 2})
    audience = StringField("Audience", render_kw={**CODE, "maxlength": 300})
    scopes = SelectMultipleField(
        "Scopes",
        choices=[
            SelectChoice(Scope.INGEST, "ingest: send batch runs"),
            SelectChoice(Scope.READ, "read: read data and ask for decisions"),
        ],
        default=[Scope.INGEST, Scope.READ],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )


@blueprint.get("")
def index() -> str:
    """Every publisher."""
    return render_template(
        "pages/admin/publishers/index.html",
        publishers=publisher_store.fetch_all(connection()),
        kind_names=KIND_NAMES,
        address=settings().url,
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Response | tuple[str, int]:
    """Register a publisher; the set-up page fills in what it knows."""
    known = known_ecosystems()
    if request.method == "POST":
        form = PublisherForm(request.form)
    else:
        form = PublisherForm(data=_filled_in(known))
    form.offer(known)
    if request.method == "POST" and form.validate():
        with errors_in(form):
            with changing() as change:
                publishers.add(
                    change,
                    form.name.data,
                    form.kind.data,
                    _claims(form),
                    form.issuer.data or "",
                    form.audience.data or "",
                    form.scopes.data,
                    form.named,
                )
            return done(f"{form.name.data} can upload from now on.", ".index")
    return page("pages/admin/publishers/new.html", form, form=form, address=settings().url)


@blueprint.route("/<row_id:publisher_id>/remove", methods=["GET", "POST"])
def remove(publisher_id: int) -> Response | tuple[str, int]:
    """Remove a trusted publisher after confirmation."""
    publisher, form = _publisher(publisher_id), Form()
    if request.method == "POST":
        with errors_in(form):
            with changing() as change:
                publishers.remove(change, publisher_id)
            return done(
                f"{publisher.name} was removed; its uploads are rejected from now on.", ".index"
            )
    used = "It was never used."
    if publisher.last_used_at is not None:
        used = f"It was last used {relative(publisher.last_used_at, current_time())}."
    return confirmation(
        form,
        question=f"Remove the trusted publisher {publisher.name} ({KIND_NAMES[publisher.kind]})?",
        consequences=[
            "Its identity tokens are rejected from now on.",
            f"{used} It uploaded {plural(publisher.uploads, 'batch run')}, which stay.",
            "This cannot be undone. You can add another trusted publisher.",
        ],
        button=f"Remove {publisher.name}",
        back=url_for(".index"),
        back_words="Trusted publishers",
    )


def _filled_in(known: list[str]) -> dict[str, Any]:
    """The fields of the publisher in the address of the form."""
    filled: dict[str, Any] = {
        name: request.args[name] for name in ("kind", "audience") if name in request.args
    }
    ecosystem = request.args.get("ecosystem", "")
    if ecosystem in known:
        filled["known"] = [ecosystem]
    return filled | {"ecosystems": "" if ecosystem in known else ecosystem}


def _claims(form: PublisherForm) -> dict[str, str]:
    if form.kind.data == OTHER:
        pairs = [line.partition("=") for line in _lines(form.claims.data)]
        return {name.strip(): value.strip() for name, _separator, value in pairs}
    return {name: form[name].data or "" for name in FIELDS}


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _publisher(publisher_id: int) -> TrustedPublisher:
    found = publisher_store.find(connection(), publisher_id)
    if found is None:
        raise NotFound("This trusted publisher does not exist.")
    if found.removed_at is not None and request.method == "GET":
        abort(409, f"{found.name} was already removed.")
    return found
