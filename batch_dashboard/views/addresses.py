"""The address of this dashboard: that of BATCH_DASHBOARD_URL where it is set, whatever is asked.

Source: docs/configuration.md, "Address".
"""

from collections.abc import Iterable
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, abort, request

from batch_dashboard.views.connection import settings

# Monitoring asks each machine by its own address, and gets no link.
PROBE_ENDPOINTS = {"health.live", "health.ready", "metrics.show"}
# Where the Host header that a client sent is kept.
ASKED_HOST = "batch_dashboard.asked_host"
MAX_SHOWN_HOST = 80


class OwnAddress:
    """Middleware: every link that a response holds begins with one address.

    A path of that address is the path under which a proxy serves the dashboard, whether or not the
    proxy removes it from what it forwards.
    """

    def __init__(self, application: WSGIApplication, url: str) -> None:
        self._application = application
        address = urlsplit(url)
        self._scheme, self._host = address.scheme.lower(), address.netloc
        self._prefix = address.path

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as if it had asked for this address."""
        environ[ASKED_HOST] = environ.get("HTTP_HOST", "")
        environ["HTTP_HOST"] = self._host
        environ["wsgi.url_scheme"] = self._scheme
        path = environ.get("PATH_INFO", "")
        if self._prefix:
            environ["SCRIPT_NAME"] = self._prefix
            if path == self._prefix or path.startswith(f"{self._prefix}/"):
                environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        return self._application(environ, start_response)


def register(app: Flask) -> None:
    """Build links from the set address, and refuse requests for other host names."""
    url = app.extensions["settings"].url
    if url is None:
        return
    app.wsgi_app = OwnAddress(app.wsgi_app, url)  # type: ignore[method-assign]
    app.before_request(_refuse_foreign_host)


def _refuse_foreign_host() -> None:
    if request.endpoint in PROBE_ENDPOINTS:
        return
    url, asked = str(settings().url), request.environ[ASKED_HOST]
    known = {urlsplit(url).hostname, *settings().allowed_hosts}
    if _host_name(asked) not in known:
        abort(
            421,
            f"This dashboard is at {url}; the request was for “{asked[:MAX_SHOWN_HOST]}”. Use that "
            "address, or name the other host in BATCH_DASHBOARD_ALLOWED_HOSTS. A proxy must pass "
            "on the Host header of its client.",
        )


def _host_name(host: str) -> str | None:
    """The name in a Host header; its port does not matter, as proxies often leave it out."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
