"""The uploader for CI jobs, so that a job has the version that matches its server.

It answers without sign-in on closed instances too: it holds no secret, everyone can have it from
the project, and a CI job has nothing to sign in with.
"""

import base64
import hashlib

from flask import Blueprint, Response, abort, current_app, request
from flask.blueprints import BlueprintSetupState

from batch_dashboard.client import UPLOADER
from batch_dashboard.views.assets import A_YEAR

blueprint = Blueprint("client", __name__, url_prefix="/client")


@blueprint.record_once
def read_uploader(setup: BlueprintSetupState) -> None:
    """Read the file once: it does not change while the server runs."""
    setup.app.extensions["uploader"] = UPLOADER.read_bytes()


@blueprint.get("/batch_metrics.py")
def latest() -> Response:
    """The uploader of this server; a cache has to ask again each time."""
    response = _uploader()
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@blueprint.get("/<sha256>/batch_metrics.py")
def pinned(sha256: str) -> Response:
    """The uploader with this SHA-256, which never changes."""
    response = _uploader()
    if sha256 != uploader_sha256():
        abort(
            404, "This server has another version of batch_metrics.py: see /client/batch_metrics.py"
        )
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    response.make_conditional(request)
    return response


def uploader_sha256() -> str:
    """The SHA-256 of the uploader, in hexadecimal."""
    return hashlib.sha256(current_app.extensions["uploader"]).hexdigest()


def _uploader() -> Response:
    content: bytes = current_app.extensions["uploader"]
    response = Response(content, content_type="text/x-python; charset=utf-8")
    digest = hashlib.sha256(content)
    response.set_etag(digest.hexdigest())
    response.headers["X-Checksum-SHA256"] = digest.hexdigest()
    # The same in the form of RFC 9530.
    response.headers["Content-Digest"] = f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    return response
