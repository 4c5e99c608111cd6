"""Tokens: created and shown once, rotated, revoked."""

from datetime import UTC, timedelta

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from wtforms import (
    DateTimeLocalField,
    Form,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from batch_dashboard.errors import NotFound
from batch_dashboard.model.access.tokens import Scope, Token
from batch_dashboard.model.text.wording import plural, relative
from batch_dashboard.services.access import tokens
from batch_dashboard.services.access.tokens import NewToken
from batch_dashboard.store.access import tokens as token_store
from batch_dashboard.views.admin.ecosystem_fields import EcosystemFields, known_ecosystems
from batch_dashboard.views.context import connection, current_time, settings
from batch_dashboard.views.forms import (
    WholeNumberField,
    changing,
    confirmation,
    done,
    errors_in,
    page,
)

blueprint = Blueprint("admin_tokens", __name__, url_prefix="/admin/tokens")

DEFAULT_OVERLAP_HOURS = 24


class TokenForm(EcosystemFields):
    """A token to be created."""

    name = StringField("Name", [InputRequired("Enter a name.")], render_kw={"maxlength": 60})
    scopes = SelectMultipleField(
        "Scopes",
        choices=[
            SelectChoice(Scope.INGEST, "ingest: send batch runs"),
            SelectChoice(Scope.READ, "read: read data and ask for decisions"),
        ],
        default=[Scope.INGEST],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    expires_at = DateTimeLocalField(
        "Expires at (UTC)",
        [Optional()],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    note = StringField("Note", render_kw={"maxlength": 500})


class RotateForm(Form):  # type: ignore[misc]
    """The time during which the old and the new token are both valid."""

    overlap_hours = WholeNumberField(
        "Overlap (hours)",
        [
            InputRequired("Enter the number of hours."),
            NumberRange(0, tokens.MAX_OVERLAP.days * 24, "From 0 to 2,160 hours."),
        ],
        default=DEFAULT_OVERLAP_HOURS,
        render_kw={"inputmode": "numeric"},
    )


@blueprint.get("")
def index() -> str:
    """Every token."""
    return render_template(
        "pages/admin/tokens/index.html",
        tokens=token_store.fetch_all(connection()),
        now=current_time(),
        of_environment=settings().ingest_token is not None,
        known=set(known_ecosystems()),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Response | tuple[str, int]:
    """Create a token."""
    form = TokenForm(request.form if request.method == "POST" else None)
    form.offer(known_ecosystems())
    if request.method == "POST" and form.validate():
        expires_at = form.expires_at.data
        with errors_in(form):
            with changing() as change:
                made = tokens.create(
                    change,
                    settings().secret_key,
                    form.name.data,
                    form.scopes.data,
                    form.named,
                    expires_at and expires_at.replace(tzinfo=UTC),
                    form.note.data or "",
                )
            return _shown_once(made)
    return page("pages/admin/tokens/new.html", form, form=form)


@blueprint.route("/<row_id:token_id>/rotate", methods=["GET", "POST"])
def rotate(token_id: int) -> Response | tuple[str, int]:
    """Create a token that replaces another."""
    token = _token(token_id)
    form = RotateForm(request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        with errors_in(form):
            with changing() as change:
                made = tokens.rotate(
                    change,
                    settings().secret_key,
                    token_id,
                    timedelta(hours=form.overlap_hours.data),
                )
            return _shown_once(made, token)
    return page("pages/admin/tokens/rotate.html", form, form=form, token=token)


@blueprint.route("/<row_id:token_id>/revoke", methods=["GET", "POST"])
def revoke(token_id: int) -> Response | tuple[str, int]:
    """Revoke a token, after a look at what that means."""
    token, form = _token(token_id), Form()
    if request.method == "POST":
        with errors_in(form):
            with changing() as change:
                tokens.revoke(change, token_id)
            return done(f"{token.name} was revoked. It is refused from now on.", ".index")
    now = current_time()
    used = "It was never used."
    if token.last_used_at is not None:
        place = f" from {token.last_used_from}" if token.last_used_from else ""
        used = f"It was last used {relative(token.last_used_at, now)}{place}."
    return confirmation(
        form,
        question=f"Revoke the token {token.name} ({token.token_prefix}…)?",
        consequences=[
            "Every request with this token is refused with 401 from now on.",
            f"{used} It stored {plural(token.uploads, 'batch run')}, which stay.",
            "This cannot be undone. You can create another token.",
        ],
        button=f"Revoke {token.name}",
        back=url_for(".index"),
        back_words="Tokens",
    )


def _token(token_id: int) -> Token:
    found = token_store.find(connection(), token_id)
    if found is None:
        raise NotFound("This token does not exist.")
    if found.state(current_time()) != "in force" and request.method == "GET":
        abort(409, f"{found.name} is already {found.state(current_time())}.")
    return found


def _shown_once(made: NewToken, old: Token | None = None) -> Response:
    """The one answer that holds the token: no other page, log or table does."""
    found = token_store.find(connection(), made.id)
    old = old and token_store.find(connection(), old.id)
    unknown = sorted(set(found.ecosystems or ()) - set(known_ecosystems())) if found else []
    return make_response(
        render_template(
            "pages/admin/tokens/made.html", made=made, token=found, old=old, unknown=unknown
        )
    )
