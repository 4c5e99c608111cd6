"""Style sheets, modules and plotly.js: named by their content, so kept a year."""

import gzip
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    request,
    send_from_directory,
    url_for,
)

A_YEAR = 365 * 86_400
OWN = ("css", "js", "images")
COMPRESSED = (".css", ".js", ".svg")


class Plotly(NamedTuple):
    """The plotly.js that set-up installed: which bundle, and its file under static/vendor."""

    file: str
    version: str
    bundle: str


def register(app: Flask) -> None:
    """Serve the assets; what is installed is found out once."""
    app.extensions["assets_version"] = None if app.debug else _version(_folder(app))
    app.extensions["plotly"] = _installed_plotly(_folder(app))
    app.add_url_rule("/assets/<version>/<path:name>", "asset", _asset)
    app.add_url_rule("/assets/plotly/<name>", "plotly", _plotly)
    app.add_url_rule("/favicon.ico", "favicon", _favicon)


def asset_url(name: str) -> str:
    """The address of a static file, with the version of all static files."""
    return url_for("asset", version=_current_version(), name=name)


def plotly_url() -> str | None:
    """The address of plotly.js, None if set-up has not installed it."""
    plotly: Plotly | None = current_app.extensions["plotly"]
    return None if plotly is None else url_for("plotly", name=plotly.file)


def _asset(version: str, name: str) -> Response:
    if name.split("/")[0] not in OWN:
        abort(404)
    response = _sent(_folder(current_app), name)
    if version == _current_version():
        return _kept(response)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _plotly(name: str) -> Response:
    plotly: Plotly | None = current_app.extensions["plotly"]
    if plotly is None or name != plotly.file:
        abort(404)
    folder = _folder(current_app) / "vendor"
    if request.accept_encodings["gzip"] and (folder / f"{name}.gz").is_file():
        response = send_from_directory(folder, f"{name}.gz", mimetype="text/javascript")
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = send_from_directory(folder, name)
    response.vary.add("Accept-Encoding")
    return _kept(response)


def _favicon() -> Response:
    return _sent(_folder(current_app), "images/favicon.svg")


def _sent(folder: Path, name: str) -> Response:
    response = send_from_directory(folder, name)
    if Path(name).suffix in COMPRESSED:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] and response.status_code == 200:
            file = folder / name
            response.direct_passthrough = False
            response.set_data(_gzipped(str(file), file.stat().st_mtime_ns))
            response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=64)
def _gzipped(path: str, _changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9)


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def _current_version() -> str:
    known: str | None = current_app.extensions["assets_version"]
    return known or _version(_folder(current_app))


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for part in OWN:
        for file in sorted((folder / part).rglob("*")):
            if file.is_file():
                digest.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _folder(app: Flask) -> Path:
    return Path(str(app.static_folder))


def _installed_plotly(folder: Path) -> Plotly | None:
    try:
        facts = json.loads((folder / "vendor" / "plotly.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Plotly(facts["file"], facts["version"], facts["bundle"])
