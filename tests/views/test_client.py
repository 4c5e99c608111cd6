"""`/client/batch_metrics.py`: the uploader, as CI jobs fetch it."""

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.application import create_app
from batch_dashboard.client import UPLOADER
from batch_dashboard.settings import Settings

CONTENT = UPLOADER.read_bytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ADDRESSES = ("/client/batch_metrics.py", f"/client/{SHA256}/batch_metrics.py")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("public", [True, False])
def test_everyone_can_fetch_the_uploader_with_its_sha_256(
    settings: Settings, public: bool, address: str
) -> None:
    app = create_app(replace(settings, public=public))
    answer = app.test_client().get(address)
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "text/x-python; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Checksum-SHA256"] == SHA256
    digest = base64.b64encode(bytes.fromhex(SHA256)).decode()
    assert answer.headers["Content-Digest"] == f"sha-256=:{digest}:"
    app.extensions["store"].close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_cache_can_ask_whether_it_changed(client: FlaskClient, address: str) -> None:
    etag = client.get(address).headers["ETag"]
    assert etag == f'"{SHA256}"'
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_only_the_address_with_the_hash_is_kept_for_a_year(client: FlaskClient) -> None:
    latest, pinned = (client.get(address).headers["Cache-Control"] for address in ADDRESSES)
    assert (latest, pinned) == ("no-cache", "public, max-age=31536000, immutable")


@pytest.mark.parametrize("version", ["0" * 64, SHA256[:12], SHA256.upper(), "1.0.0"])
def test_another_version_is_not_there(client: FlaskClient, version: str) -> None:
    answer = client.get(f"/client/{version}/batch_metrics.py")
    assert answer.status_code == 404
    assert "This version of batch_metrics.py is not stored" in answer.text
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_the_uploader_of_an_earlier_version_of_the_server_keeps_its_address(
    app: Flask, settings: Settings
) -> None:
    create_app(settings).extensions["store"].close()  # keeps its uploader
    client = app.test_client()
    folder = settings.instance_dir / "uploaders"
    assert [file.name for file in folder.iterdir()] == [f"{SHA256}.py"]
    old = b"an earlier version"
    sha256 = hashlib.sha256(old).hexdigest()
    address = f"/client/{sha256}/batch_metrics.py"
    assert client.get(address).status_code == 404
    (folder / f"{sha256}.py").write_bytes(old)
    answer = client.get(address)
    assert (answer.data, answer.headers["X-Checksum-SHA256"]) == (old, sha256)
    assert "immutable" in answer.headers["Cache-Control"]
    (folder / f"{sha256}.py").write_bytes(b"something else")
    assert client.get(address).status_code == 404


def test_a_folder_that_cannot_be_written_keeps_no_earlier_version(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    app = create_app(replace(settings, instance_dir=tmp_path / "file"))
    assert app.test_client().get(ADDRESSES[1]).data == CONTENT
    app.extensions["store"].close()
