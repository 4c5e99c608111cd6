"""An upload that fails: tried again, spooled, reported; and the token stays where it belongs."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import chain, repeat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from batch_dashboard.client import batch_metrics
from batch_dashboard.client.batch_metrics import Deadline, TimedOut, Unavailable, retried
from tests.client.conftest import Dashboard
from tests.client.servers import MISHAPS, Reply, scripted_server, unreliable_proxy
from tests.client.uploader import (
    NOWHERE,
    STORED,
    UPLOADER,
    pythons,
    run_uploader,
    spooled,
    upload,
)
from tests.factories import TOKEN, batch_run, failed_result, recipe_result

UPLOADS_THROUGH_THE_PROXY = 10
REJECTED = Reply(400, {"detail": "no", "errors": [{"path": "", "message": "no"}]})


@pytest.mark.parametrize(
    ("replies", "attempts"),
    [
        ([Reply(503, {"detail": "locked"}, {"Retry-After": "0"}), STORED], 2),
        ([Reply(429, {}, {"Retry-After": "1"}), STORED], 2),
        ([Reply(502, b"<html>"), STORED], 2),
        ([Reply(200, b"<html>sign in to this network</html>"), STORED], 2),
        ([Reply(201, {"id": 3}), STORED], 2),
        ([Reply(201, STORED.body, {"Content-Length": "500"}), STORED], 2),
        ([Reply(503, {}, {"Retry-After": "\xb2"}), STORED], 2),
    ],
    ids=["503", "429", "502", "portal", "other service", "truncated", "strange wait"],
)
def test_an_upload_is_tried_again(replies: list[Reply], attempts: int, tmp_path: Path) -> None:
    with scripted_server(*replies) as server:
        done = upload(server.address, tmp_path, "--timeout", "30")
        assert done.code == 0, done.report
        assert len(server.requests) == attempts
        assert len({request.body for request in server.requests}) == 1
    assert "stored as batch run 7" in done.report


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (Reply(503, {"detail": "the database is locked"}), "1"),
        (Reply(201, STORED.body, seconds_before=30), "1"),
        (Reply(201, STORED.body, seconds_per_byte=1), "1"),
        (Reply(429, {}, {"Retry-After": "3600"}), "60"),
        (Reply(401, b"Unauthorized"), "60"),
        # What stands before the dashboard refuses; that says nothing about the payload.
        (Reply(413, b"<html>too large for this proxy</html>"), "60"),
    ],
    ids=["503", "slow", "byte by byte", "long wait", "401", "413 of a proxy"],
)
def test_what_could_not_be_sent_is_spooled(
    reply: Reply, seconds: str, strict: bool, tmp_path: Path
) -> None:
    with scripted_server(reply) as server:
        done = upload(server.address, tmp_path, "--timeout", seconds, *(["--strict"] * strict))
    wanted = 3 if reply.status in (401, 413) else 1
    assert done.code == (wanted if strict else 0), done.report
    last = done.report.splitlines()[-1]
    assert "WARNING: the batch run was not stored" in last
    assert "spooled in" in last
    if seconds == "60":
        assert len(server.requests) == 1
    [payload] = spooled(tmp_path)
    assert payload["batch_id"] == "b"
    [file] = (tmp_path / "spool").glob("*/*")
    assert file.stat().st_mode & 0o077 == 0
    assert TOKEN.encode() not in file.read_bytes()


def test_a_spooled_upload_is_sent_by_the_next_one_and_by_retry(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    def fail(batch_id: str) -> None:
        # The spool belongs to the dashboard's address: it is down at first.
        with scripted_server(Reply(503)) as down:
            done = upload(down.address, tmp_path, "--timeout", "0.5", batch_id=batch_id)
            assert done.code == 0
        [folder] = (tmp_path / "spool").glob(f"*{down.address.rpartition(':')[2]}")
        address = dashboard.address.replace(":", "%3A").replace("/", "%2F")
        (tmp_path / "spool" / address).mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.rename(tmp_path / "spool" / address / file.name)

    fail("spooled 1")
    fail("spooled 2")
    assert upload(dashboard.address, tmp_path, batch_id="not spooled").code == 0
    for batch_id in ("spooled 1", "spooled 2", "not spooled"):
        assert len(dashboard.runs(batch_id)) == 1
    assert spooled(tmp_path) == []

    fail("spooled 3")
    done = run_uploader("retry", "--url", dashboard.address, folder=tmp_path)
    assert done.code == 0
    assert "sent 1 spooled upload; 0 remain" in done.report
    assert len(dashboard.runs("spooled 3")) == 1
    done = run_uploader("retry", "--url", dashboard.address, folder=tmp_path)
    assert (done.code, "nothing is spooled" in done.report) == (0, True)


@pytest.mark.parametrize("python", pythons())
def test_what_is_spooled_for_one_dashboard_is_never_sent_to_another(
    python: str, tmp_path: Path
) -> None:
    upload(NOWHERE, tmp_path, "--timeout", "0.2", python=python)
    with scripted_server(STORED) as other:
        assert upload(other.address, tmp_path, batch_id="other", python=python).code == 0
        assert len(other.requests) == 1
    assert len(spooled(tmp_path)) == 1


def test_a_spooled_upload_that_is_rejected_does_not_hold_up_the_others(tmp_path: Path) -> None:
    for batch_id in ("first", "second"):
        upload(NOWHERE, tmp_path, "--timeout", "0.2", batch_id=batch_id)
    [folder] = (tmp_path / "spool").iterdir()
    with scripted_server(REJECTED, STORED) as server:
        folder.rename(folder.with_name(server.address.replace(":", "%3A").replace("/", "%2F")))
        done = run_uploader("retry", "--url", server.address, folder=tmp_path)
    assert done.code == 0
    assert "sent 1 spooled upload; 0 remain" in done.report
    assert len(spooled(tmp_path, "*.rejected")) == 1


def test_a_full_spool_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "spool" / NOWHERE.replace(":", "%3A").replace("/", "%2F")
    folder.mkdir(parents=True)
    for number in range(100):
        (folder / f"{number}.json.gz").touch()
    done = upload(NOWHERE, tmp_path, "--timeout", "0.2")
    assert (done.code, "is full (100 uploads)" in done.report) == (0, True)
    assert len(list(folder.iterdir())) == 100


@pytest.mark.parametrize("strict", [False, True])
def test_a_rejected_payload_is_named_with_every_problem(
    strict: bool, dashboard: Dashboard, tmp_path: Path
) -> None:
    payload = batch_run(
        started_at="1999-01-01T00:00:00Z",
        completed_at="2099-01-01T00:00:00Z",
        results=[recipe_result(), failed_result()],
    )
    (tmp_path / "payload.json").write_text(json.dumps(payload))
    arguments = ("upload", "payload.json", "--url", dashboard.address, *(["--strict"] * strict))
    done = run_uploader(*arguments, folder=tmp_path)
    assert done.code == (3 if strict else 0)
    assert "WARNING: the batch run was rejected and is not stored" in done.report
    assert "started_at must not be before 2000" in done.report
    assert "completed_at is over a day ahead" in done.report
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("strict", [False, True])
def test_a_payload_of_the_wrong_shape_is_not_sent(strict: bool, tmp_path: Path) -> None:
    (tmp_path / "payload.json").write_text(json.dumps(batch_run(total_recipes=-1)))
    arguments = ("upload", "payload.json", "--url", NOWHERE, *(["--strict"] * strict))
    done = run_uploader(*arguments, folder=tmp_path)
    assert done.code == (3 if strict else 0)
    assert "WARNING: the batch run is not valid and was not sent: total_recipes" in done.report


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_never_follows_a_redirect_to_another_host(status: int, tmp_path: Path) -> None:
    with scripted_server(STORED) as other:
        moved = Reply(status, {}, {"Location": f"{other.address}/batch-metrics"})
        with scripted_server(moved) as server:
            done = upload(server.address, tmp_path, "--timeout", "5")
        assert other.requests == []
    assert f"it redirects to {other.address}/batch-metrics; use that address" in done.report


@pytest.mark.parametrize("python", pythons())
def test_a_redirect_on_the_same_host_keeps_the_payload(python: str, tmp_path: Path) -> None:
    with scripted_server(Reply(308, {}, {"Location": "/dash/batch-metrics"}), STORED) as server:
        assert upload(server.address, tmp_path, python=python).code == 0
        first, second = server.requests
    assert second.path == "/dash/batch-metrics"
    assert first.body == second.body
    assert second.headers["Authorization"] == f"Bearer {TOKEN}"


def test_proxies_come_from_the_environment(tmp_path: Path) -> None:
    with scripted_server(STORED) as proxy:
        address = "http://dashboard.example"
        done = upload(address, tmp_path, environ={"http_proxy": proxy.address})
        assert done.code == 0, done.report
        assert proxy.requests[0].path == "http://dashboard.example/batch-metrics?summary=1"
        environ = {"http_proxy": proxy.address, "no_proxy": "127.0.0.1"}
        with scripted_server(STORED) as server:
            assert upload(server.address, tmp_path, environ=environ).code == 0
            assert len(server.requests) == len(proxy.requests) == 1


def make_certificate(folder: Path, file_name: str) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority: alone, and with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, file_name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    authority, both = folder / f"{file_name}.pem", folder / f"{file_name}-key.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    both.write_bytes(
        authority.read_bytes()
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return authority, both


@contextmanager
def tls_server(address: str, both: Path) -> Iterator[str]:
    """Passes TLS connections on to a server; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = address.removeprefix("http://").split(":")

    def pipe(source: socket.socket, target: socket.socket) -> None:
        try:
            while part := source.recv(65536):
                target.sendall(part)
        except OSError:
            pass
        finally:
            target.close()

    def accept() -> None:
        while True:
            try:
                client = context.wrap_socket(listener.accept()[0], server_side=True)
            except ssl.SSLError:
                continue  # the client does not trust this server
            except OSError:
                return
            server = socket.create_connection((host, int(port)))
            threading.Thread(target=pipe, args=(client, server), daemon=True).start()
            threading.Thread(target=pipe, args=(server, client), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def test_certificates_are_checked_and_an_authority_can_be_added(tmp_path: Path) -> None:
    authority, both = make_certificate(tmp_path, "dashboard")
    other, _ = make_certificate(tmp_path, "other")
    with scripted_server(STORED) as server, tls_server(server.address, both) as address:
        done = upload(address, tmp_path, "--timeout", "3")
        assert "certificate verify failed" in done.report.lower()
        assert server.requests == []
        assert upload(address, tmp_path, "--ca-file", str(authority)).code == 0
        # An authority that is added replaces none, as the CI system's API needs the usual ones.
        environ = {"SSL_CERT_FILE": str(authority)}
        done = upload(address, tmp_path, "--ca-file", str(other), environ=environ)
        assert "stored as batch run 7" in done.report
        # The first upload was spooled, and sent by the second.
        assert len(server.requests) == 3


def test_the_reason_is_that_of_an_attempt_that_had_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_metrics, "FIRST_WAIT_SECONDS", 0.001)
    failures = chain([Unavailable("connection refused")], repeat(TimedOut("no answer")))

    def attempt() -> None:
        raise next(failures)

    with pytest.raises(Unavailable, match="connection refused"):
        retried(attempt, Deadline(0.1))


def test_an_unreliable_network_loses_and_doubles_nothing(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    """`bench/unreliable_uploads.py` does the same with a thousand uploads."""
    numbers = range(UPLOADS_THROUGH_THE_PROXY)
    with unreliable_proxy(dashboard.address, seed=1) as proxy, ThreadPoolExecutor(8) as jobs:

        def send(number: int) -> int:
            folder = tmp_path / str(number)
            folder.mkdir()
            arguments = ("--strict", "--timeout", "60")
            return upload(proxy.address, folder, *arguments, batch_id=f"chaos {number}").code

        assert set(jobs.map(send, numbers)) == {0}
    assert all(proxy.connections[kind] for kind in MISHAPS)
    assert [len(dashboard.runs(f"chaos {number}")) for number in numbers] == [1] * len(numbers)


def test_a_mistake_in_the_uploader_stops_no_job(tmp_path: Path) -> None:
    mistake = (
        "import gzip, runpy, sys; gzip.compress = None; "
        f"sys.argv[0] = {str(UPLOADER)!r}; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = upload(NOWHERE, tmp_path, program=("-c", mistake))
    assert done.code == 0
    assert "WARNING: an error in batch_metrics.py" in done.report
