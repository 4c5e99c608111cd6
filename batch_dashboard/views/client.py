"""The uploader for CI jobs, so that a job has the version that matches its server.

It answers without sign-in on closed instances too: it holds no secret, everyone can have it from
the project, and a CI job has nothing to sign in with.
"""

import base64
import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request
from flask.blueprints import BlueprintSetupState

from batch_dashboard.client import UPLOADER
from batch_dashboard.views.assets import A_YEAR
from batch_dashboard.views.context import settings

blueprint = Blueprint("client", __name__, url_prefix="/client")

SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@blueprint.record_once
def read_uploader(setup: BlueprintSetupState) -> None:
    """Read the file once: it does not change while the server runs.

    It is also kept for later versions of the server, because pipelines hold its address. Where the
    folder cannot be written, each version of the server has its own uploader only.
    """
    content = UPLOADER.read_bytes()
    setup.app.extensions["uploader"] = content
    instance_dir = setup.app.extensions["settings"].instance_dir
    kept = _kept_file(instance_dir, hashlib.sha256(content).hexdigest())
    with suppress(OSError):
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            written = kept.with_name(f"{kept.name}.{os.getpid()}")
            written.write_bytes(content)
            written.replace(kept)


@blueprint.get("/batch_metrics.py")
def latest() -> Response:
    """The uploader of this server; a cache has to ask again each time."""
    response = _sent(current_app.extensions["uploader"])
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


@blueprint.get("/<sha256>/batch_metrics.py")
def pinned(sha256: str) -> Response:
    """The uploader with this SHA-256, which never changes: of this server, or of an earlier one."""
    content: bytes = current_app.extensions["uploader"]
    if sha256 != uploader_sha256():
        content = _kept(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            abort(
                404, "This version of batch_metrics.py is not stored; see /client/batch_metrics.py"
            )
    response = _sent(content)
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    response.make_conditional(request)
    return response


def uploader_sha256() -> str:
    """The SHA-256 of the uploader, in hexadecimal."""
    return hashlib.sha256(current_app.extensions["uploader"]).hexdigest()


def _kept(sha256: str) -> bytes:
    """The uploader of an earlier version of this server, empty when there is none."""
    if SHA256.fullmatch(sha256):
        with suppress(OSError):
            return _kept_file(settings().instance_dir, sha256).read_bytes()
    return b""


def _kept_file(instance_dir: Path, sha256: str) -> Path:
    return instance_dir / "uploaders" / f"{sha256}.py"


def _sent(content: bytes) -> Response:
    response = Response(content, content_type="text/x-python; charset=utf-8")
    digest = hashlib.sha256(content)
    response.set_etag(digest.hexdigest())
    response.headers["X-Checksum-SHA256"] = digest.hexdigest()
    # The same in the form of RFC 9530.
    response.headers["Content-Digest"] = f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    return response
