"""The sign-in form of browsers."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from batch_dashboard.services.access import sign_in
from batch_dashboard.store.access.users import User
from batch_dashboard.views.access import SESSION_COOKIE
from batch_dashboard.views.addresses import cookie_path
from batch_dashboard.views.context import client_address, current_time, release, settings, store
from batch_dashboard.views.forms import is_local

MAX_LENGTH = 200

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
def form() -> str:
    """The form for name and password."""
    return _page(_following(request.args.get("next", "")), "", {})


@blueprint.post("/sign-in")
def enter() -> Response:
    """Sign a browser in."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    following = _following(request.form.get("next", ""))
    now, key = current_time(), settings().secret_key
    release()
    try:
        fits = len(name) <= MAX_LENGTH and len(password) <= MAX_LENGTH
        user = (
            sign_in.check_password(store(), key, name, password, client_address(), now)
            if fits
            else None
        )
    except sign_in.TooManyAttempts as error:
        said = f"Too many failed attempts. Wait {error.wait_seconds} seconds and try again."
        response = make_response(_page(following, name, {"password": said}), 429)
        response.headers["Retry-After"] = str(error.wait_seconds)
        return response
    if user is None:
        wrong = {"password": "The name or the password is wrong."}
        return make_response(_page(following, name, wrong), 422)
    return _signed_in(user, following)


def _signed_in(user: User, following: str) -> Response:
    now, key = current_time(), settings().secret_key
    before = request.cookies.get(SESSION_COOKIE, "")
    with store().write() as connection:
        if before:
            sign_in.end_session(connection, key, before)
        cookie = sign_in.begin_session(connection, key, user, client_address(), now)
    response = make_response(redirect(following, 303))
    response.set_cookie(
        SESSION_COOKIE,
        cookie,
        max_age=int(sign_in.MAX_SESSION.total_seconds()),
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path=cookie_path(),
    )
    return response


def _following(path: str) -> str:
    """The page to open after signing in, which must belong to this site."""
    begins = f"{request.script_root}/"
    return path if is_local(path) and path.startswith(begins) else url_for("overview.index")


def _page(following: str, name: str, errors: dict[str, Any]) -> str:
    return render_template(
        "pages/sign_in/index.html", following=following, name=name[:MAX_LENGTH], errors=errors
    )
