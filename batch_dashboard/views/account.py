"""One's own account: another password, and signing out."""

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from wtforms import Form, PasswordField
from wtforms.validators import EqualTo, InputRequired

from batch_dashboard.errors import InputError
from batch_dashboard.services.access import sign_in, users
from batch_dashboard.store.access.users import User
from batch_dashboard.views.access import SESSION_COOKIE, current_principal
from batch_dashboard.views.addresses import cookie_path
from batch_dashboard.views.context import client_address, current_time, release, settings, store
from batch_dashboard.views.forms import changing, done, errors_in, page

blueprint = Blueprint("account", __name__)

NEW_PASSWORD = {"autocomplete": "new-password"}


class PasswordForm(Form):  # type: ignore[misc]
    """Another password for oneself."""

    current = PasswordField(
        "Current password",
        [InputRequired("Enter your current password.")],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        "New password", [InputRequired("Enter a new password.")], render_kw=NEW_PASSWORD
    )
    again = PasswordField(
        "Repeat new password",
        [
            InputRequired("Enter the new password again."),
            EqualTo("password", "The two passwords differ."),
        ],
        render_kw=NEW_PASSWORD,
    )


@blueprint.route("/account", methods=["GET", "POST"])
def index() -> Response | tuple[str, int]:
    """The signed-in user, and a form to change the password."""
    user = current_principal().user
    if user is None:
        abort(401)
    form = PasswordForm(request.form)
    if request.method == "POST" and form.validate():
        with errors_in(form):
            _set_password(user, form.current.data, form.password.data)
            return done(
                "Your password was changed, and your other browsers were signed out.", ".index"
            )
    return page("pages/account/index.html", form, form=form, user=user)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this browser's session, here and on the server."""
    cookie = request.cookies.get(SESSION_COOKIE, "")
    release()
    with store().write() as connection:
        sign_in.end_session(connection, settings().secret_key, cookie)
    response = make_response(redirect(url_for("sign_in.form"), 303))
    response.delete_cookie(SESSION_COOKIE, path=cookie_path(), httponly=True, samesite="Lax")
    # What was seen while signed in is not to be had by going back.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _set_password(user: User, current: str, password: str) -> None:
    key, cookie = settings().secret_key, request.cookies.get(SESSION_COOKIE, "")
    release()
    try:
        found = sign_in.check_password(
            store(), key, user.name, current, client_address(), current_time()
        )
    except sign_in.TooManyAttempts as error:
        raise InputError(
            "current", f"too many wrong passwords; wait {error.wait_seconds} s"
        ) from None
    if found is None:
        raise InputError("current", "this is not your current password")
    with changing() as change:
        users.set_password(change, user.id, password, sign_in.hash_session(key, cookie))
