"""Forms that change something: only from this site, not too old, each with one effect.

A form carries a token: an id, when it was made, and a code over both under the secret key and the
browser it was made for. The id is spent in the transaction of the change.
Source: docs/administration.md, "Forms".
"""

import hmac
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from flask import Flask, Response, abort, flash, g, redirect, render_template, request, url_for
from markupsafe import Markup
from wtforms import DecimalField, Form, IntegerField

from batch_dashboard.errors import Forbidden, FormUsed, InputError
from batch_dashboard.model.text.wording import sentence
from batch_dashboard.services.access.sign_in import MAX_SESSION
from batch_dashboard.services.administration import changes
from batch_dashboard.services.administration.changes import Actor, Change
from batch_dashboard.views.access import SESSION_COOKIE, current_principal
from batch_dashboard.views.context import client_address, current_time, release, settings, store

FIELD = "form_token"
ID_BYTES = 12
MAX_DIGITS = 12
LARGEST = 10**MAX_DIGITS
# What programs post to, with a token of their own.
PROGRAM_ENDPOINTS = {"ingest.receive", "ingest.preflight", "api.plan"}
# gunicorn's worker receives forms up to this size before a thread has to read them.
MAX_FORM_BYTES = 64 * 1024
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def register(app: Flask) -> None:
    """Look at every form before its view does, so that no view can forget to."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM_BYTES
    app.jinja_env.globals["form_token"] = form_token
    app.before_request(_check)
    app.register_error_handler(FormUsed, _used)


def form_token() -> Markup:
    """The hidden field that every form which changes something carries."""
    unsigned = f"{secrets.token_urlsafe(ID_BYTES)}.{int(time.time())}"
    return Markup('<input type="hidden" name="{}" value="{}.{}">').format(
        FIELD, unsigned, _code(unsigned)
    )


class WholeNumberField(IntegerField):  # type: ignore[misc]
    """A whole number within reasonable limits."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was entered."""
        if valuelist and len(valuelist[0].strip()) > MAX_DIGITS:
            self.data = None
            raise ValueError("This number is too large.")
        super().process_formdata(valuelist)


class NumberField(DecimalField):  # type: ignore[misc]
    """A number within reasonable limits, with as many decimals as entered."""

    data: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, places=None, render_kw={"inputmode": "decimal"}, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was entered."""
        super().process_formdata(valuelist)
        if self.data is not None and not (self.data.is_finite() and abs(self.data) < LARGEST):
            self.data = None
            raise ValueError("Enter a number.")


@contextmanager
def changing(*, frees: bool = False) -> Iterator[Change]:
    """A transaction of the user who sent this form, which is spent in it.

    `frees` is for changes that make room: they are possible on a full disk. Raises FormUsed when
    the form was sent before.
    """
    actor = Actor(current_principal().name, client_address())
    release()
    with changes.changing(store(), actor, current_time(), g.form_id, frees=frees) as change:
        yield change


@contextmanager
def errors_in(form: Form) -> Iterator[None]:
    """Show the errors of a service beside their fields."""
    try:
        yield
    except InputError as error:
        if error.field in form:
            field = form[error.field]
            field.errors = [*field.errors, sentence(str(error))]
        else:
            form.form_errors.append(sentence(str(error)))


def page(template: str, *forms: Form, **values: Any) -> tuple[str, int]:
    """A page with forms; 422 when what was entered cannot be used."""
    status = 422 if any(form.errors for form in forms) else 200
    return render_template(template, **values), status


def confirmation(form: Form, **values: Any) -> tuple[str, int]:
    """The page that states what will be deleted and asks for confirmation.

    `question` is its title, `consequences` its sentences, `button` the text of its button;
    `back` and `back_words` are the link that cancels.
    """
    return page("pages/admin/confirm.html", form, form=form, **values)


def done(message: str, endpoint: str, **values: Any) -> Response:
    """Redirect to another page with a message, so that reloading does not send the form again."""
    flash(message)
    response: Response = redirect(url_for(endpoint, **values), 303)  # type: ignore[assignment]
    return response


def is_local(path: str) -> bool:
    """Whether a path leads to a page of this site in every browser."""
    is_path = path.startswith("/") and not path.startswith("//")
    return is_path and "\\" not in path and path.isprintable()


def _check() -> None:
    if request.method not in UNSAFE or request.endpoint in PROGRAM_ENDPOINTS:
        return
    if request.endpoint is None:
        return  # nothing is there to be changed
    if not _is_from_here():
        raise Forbidden("This form was sent from another site, so nothing was changed.")
    _refuse_unread()
    parts = request.form.get(FIELD, "").split(".")
    if len(parts) != 3 or not hmac.compare_digest(
        _code(".".join(parts[:2])).encode(), parts[2].encode()
    ):
        raise Forbidden(
            "This form does not belong to your session, so nothing was changed. "
            "Open the page again and send the form from there."
        )
    if not parts[1].isdigit() or time.time() - int(parts[1]) > MAX_SESSION.total_seconds():
        raise Forbidden("This form has expired, so nothing was changed. Open the page again.")
    g.form_id = parts[0]


def _refuse_unread() -> None:
    """Reject bodies that would have to be waited for; no page of this site sends them."""
    if request.headers.get("Authorization", "").lower().startswith("bearer "):
        raise Forbidden("Forms cannot be sent with a token; sign in instead.")
    if "Transfer-Encoding" in request.headers:
        abort(411, "A form must have a Content-Length.")


def _is_from_here() -> bool:
    """Whether the request comes from this site; old browsers do not state it."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host


def _code(unsigned: str) -> str:
    browser = request.cookies.get(SESSION_COOKIE, "")
    message = f"form:{browser}:{unsigned}"
    return hmac.digest(settings().secret_key.encode(), message.encode(), sha256).hex()


def _used(_error: FormUsed) -> Response:
    flash("This form was already sent; nothing was changed a second time.")
    response: Response = redirect(url_for(f"{request.blueprint}.index"), 303)  # type: ignore[assignment]
    return response
