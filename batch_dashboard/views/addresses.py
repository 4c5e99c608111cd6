"""The address of this dashboard: that of BATCH_DASHBOARD_URL where it is set, whatever is asked.

Without it, the path under which a proxy serves the dashboard may come from the proxy.
Source: docs/configuration.md, "Address".
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, abort, request
from flask.sessions import SecureCookieSessionInterface

from batch_dashboard.views.context import settings

# Monitoring asks each machine by its own address, and gets no link.
PROBE_ENDPOINTS = {"health.live", "health.ready", "metrics.show"}
# Where the Host header that a client sent is kept.
ASKED_HOST = "batch_dashboard.asked_host"
MAX_SHOWN_HOST = 80
PREFIX = re.compile(r"(?:/[\w.~-]+)*", re.ASCII)


class OwnAddress:
    """Middleware: every link that a response holds begins with one address."""

    def __init__(self, application: WSGIApplication, url: str) -> None:
        self._application = application
        address = urlsplit(url)
        self._scheme, self._host = address.scheme.lower(), address.netloc
        self._prefix = address.path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Process a request as if it had this address."""
        environ[ASKED_HOST] = environ.get("HTTP_HOST", "")
        environ["HTTP_HOST"] = self._host
        environ["wsgi.url_scheme"] = self._scheme
        _go_under(environ, self._prefix)
        return self._application(environ, start_response)


class ForwardedPrefix:
    """Middleware: links begin with the path under which a proxy serves the dashboard."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request under the path of X-Forwarded-Prefix, which ProxyFix has taken over."""
        prefix = environ.get("SCRIPT_NAME", "").rstrip("/")
        # Anything else could lead to another host.
        _go_under(environ, prefix if PREFIX.fullmatch(prefix) else "")
        return self._application(environ, start_response)


def _go_under(environ: WSGIEnvironment, prefix: str) -> None:
    """Have a request answered under a path, whether or not the proxy removes it from its own."""
    path = environ.get("PATH_INFO", "")
    environ["SCRIPT_NAME"] = prefix
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        environ["PATH_INFO"] = path[len(prefix) :] or "/"


def register(app: Flask) -> None:
    """Build links from the set address, and refuse requests for other host names."""
    app.jinja_env.globals["this_page"] = this_page
    app.session_interface = SessionInterface()
    url = app.extensions["settings"].url
    if url is None:
        app.wsgi_app = ForwardedPrefix(app.wsgi_app)  # type: ignore[method-assign]
        return
    app.wsgi_app = OwnAddress(app.wsgi_app, url)  # type: ignore[method-assign]
    app.before_request(_refuse_foreign_host)


def this_page() -> str:
    """The path and the query of this request, as a link to it has them."""
    return request.script_root + request.full_path.rstrip("?")


def cookie_path() -> str:
    """The path under which cookies are sent back: other programs of the host do not get them."""
    return request.script_root or "/"


class SessionInterface(SecureCookieSessionInterface):
    """Flask's own sessions, kept to the path of this dashboard."""

    def get_cookie_path(self, _app: Flask) -> str:
        """The path of the cookie."""
        return cookie_path()


def _refuse_foreign_host() -> None:
    if request.endpoint in PROBE_ENDPOINTS:
        return
    url, asked = str(settings().url), request.environ[ASKED_HOST]
    known = {urlsplit(url).hostname, *settings().allowed_hosts}
    if _host_name(asked) not in known:
        abort(
            421,
            f"This dashboard is at {url}; the request was for “{asked[:MAX_SHOWN_HOST]}”. Use that "
            "address, or add the other host to BATCH_DASHBOARD_ALLOWED_HOSTS. A proxy must "
            "forward the Host header of its client.",
        )


def _host_name(host: str) -> str | None:
    """The name in a Host header; its port does not matter, as proxies often leave it out."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
