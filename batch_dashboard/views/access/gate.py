"""Ask for a token or a sign-in before any view runs, as the endpoint needs it."""

from flask import Flask, Response, request

from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access.identity_tokens import KeyCache
from batch_dashboard.views.access import guessing
from batch_dashboard.views.access.current import shown_principal
from batch_dashboard.views.access.people import people
from batch_dashboard.views.access.programs import bearer, require_reading
from batch_dashboard.views.access.rules import READ_ENDPOINTS, Need, is_private, need_of
from batch_dashboard.views.context import settings
from batch_dashboard.views.error_pages import for_programs


def register(app: Flask) -> None:
    """Ask at every endpoint that needs it, so that no view can forget to."""
    guessing.register(app)
    app.extensions["issuer_keys"] = KeyCache()
    app.before_request(_ask)
    app.after_request(_keep_private)
    app.jinja_env.globals["current_principal"] = shown_principal


# Each returns a response in place of the view, or None if the view may run.
_as_reader = bearer.login_required(role=Scope.READ)(lambda: None)
_as_person = people.login_required()(lambda: None)
_as_administrator = people.login_required(role=Role.ADMINISTRATOR)(lambda: None)


def _ask() -> Response | None:
    endpoint = request.endpoint or ""
    # Nothing is there, so a program gets 404; or a browser asks what a program may send.
    if for_programs(request.path) and (not endpoint or request.method == "OPTIONS"):
        return None
    need = need_of(endpoint, public=settings().public)
    answer: Response | None = None
    if need == Need.ADMINISTRATOR:
        answer = _as_administrator()
    elif need in (Need.READER, Need.CHECKED) and _shows_token():
        answer = _as_reader()
        if answer is None and endpoint in READ_ENDPOINTS:
            require_reading(_ecosystem_shown())
    elif need not in (Need.ANYBODY, Need.CHECKED):
        answer = _as_person()
    return answer


def _shows_token() -> bool:
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def _ecosystem_shown() -> str | None:
    """The ecosystem of an address for reading, None if it concerns all."""
    if request.endpoint == "exports.download":
        return request.args.get("ecosystem") or None
    return (request.view_args or {}).get("ecosystem")


def _keep_private(response: Response) -> Response:
    if is_private(request.endpoint or "", public=settings().public):
        response.cache_control.no_store = True
    return response
