"""`/setup`: snippets that run as they are copied, and the first run once it has come in."""

import hashlib
import json
import os
import re
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient

from batch_dashboard.application import create_app
from batch_dashboard.client import UPLOADER
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.client.runner import BASH, evaluated
from tests.factories import batch_run, ingest
from tests.visitors import PAGE, Visitor

SHA256 = hashlib.sha256(UPLOADER.read_bytes()).hexdigest()
SYSTEMS = ("github", "gitlab", "jenkins", "curl")
NAMES = [
    "homebrew",
    'it\'s "quoted"',
    "$(touch executed) `touch executed`; touch executed",
    "${{ secrets.BATCH_METRICS_TOKEN }}",
    "a: b # c",
    "-x --file=y",
    r"'''); \u0027 \n \\ $HOME",
    "''''''",
    "</pre><img src=x onerror=alert(1)>",
    "שלום 💥",
    "{{ 7*7 }} {% raw %}",
    "& |\\",
]
# In place of programs that use the network: each notes what it was called with.
NOTE = """#!/bin/sh
printf '%s\\0' "$@" > "$0.arguments"
case "$0" in *curl) cat > "$0.input" < /dev/stdin;; esac
"""


def snippet(client: FlaskClient, name: str = "step", **query: str) -> str:
    """The text that a copy button copies."""
    page = client.get("/setup", query_string=query).text
    found = re.search(rf'<pre id="{name}"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found, page
    return unescape(found[1])


def script_of(ci: str, text: str) -> str:
    """The shell script that a CI system makes of a snippet."""
    if ci == "github":
        [step] = yaml.safe_load(text)
        assert step["continue-on-error"] is True
        return evaluated(step["run"], {})
    if ci == "gitlab":
        [job] = yaml.safe_load(text).values()
        return "\n".join(job["script"])
    if ci == "jenkins":
        [script] = re.findall(r"'''(.*?)'''", text, re.DOTALL)
        return str(script).replace("\\\\", "\\")
    return text


def called_with(ci: str, script: str, folder: Path) -> list[str]:
    """Run a script; the arguments of the last program that would use the network."""
    (folder / "batch_metrics.py").write_bytes(UPLOADER.read_bytes())
    (folder / "validate.sh").write_text('#!/bin/sh\necho \'{"recipe_name": "jq"}\'\n')
    (folder / "bin").mkdir()
    for name in ("curl", "python3"):
        (folder / "bin" / name).write_text(NOTE)
        (folder / "bin" / name).chmod(0o755)
    (folder / "validate.sh").chmod(0o755)
    subprocess.run(
        [BASH, "-eo", "pipefail", "-c", script],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
        env={
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "MINUTES": "4.25",
            "BATCH_METRICS_TOKEN": "secret",
        },
    )
    program = "curl" if ci == "curl" else "python3"
    return (folder / "bin" / f"{program}.arguments").read_text().split("\0")[:-1]


@pytest.mark.parametrize("ci", SYSTEMS)
def test_a_snippet_passes_every_name_on_and_executes_nothing(
    client: FlaskClient, ci: str, tmp_path: Path
) -> None:
    for number, name in enumerate(NAMES):
        folder = tmp_path / str(number)
        folder.mkdir()
        text = snippet(client, ci=ci, ecosystem=name, files=name)
        arguments = called_with(ci, script_of(ci, text), folder)
        assert not list(folder.rglob("executed")), name
        if ci == "curl":
            assert arguments[-1] == "http://localhost/batch-metrics"
            payload = json.loads((folder / "bin" / "curl.input").read_text())
            assert payload["ecosystem"] == name
            assert payload["results"] == [{"ecosystem": name, "recipe_name": "jq"}]
            assert 0 <= payload["linux_minutes"] < 1
        else:
            assert f"--ecosystem={name}" in arguments
            assert f"--file={name}" in arguments
            assert "--url=http://localhost" in arguments
            assert ("--linux-minutes=4.25" in arguments) == (ci == "jenkins")


@pytest.mark.parametrize("ci", ["github", "gitlab", "jenkins"])
def test_a_snippet_runs_no_uploader_whose_sum_is_wrong(
    client: FlaskClient, ci: str, tmp_path: Path
) -> None:
    text = snippet(client, ci=ci)
    assert text.count(SHA256) == 2
    assert f"http://localhost/client/{SHA256}/batch_metrics.py" in text
    script = script_of(ci, text.replace(f"{SHA256}  ", f"{'0' * 64}  "))
    with pytest.raises(subprocess.CalledProcessError):
        called_with(ci, script, tmp_path)
    assert not (tmp_path / "bin" / "batch_metrics.arguments").exists()


def test_the_job_for_a_matrix_is_a_workflow_with_its_steps(client: FlaskClient) -> None:
    text = snippet(client, "matrix", ecosystem="a: b", files='"*" ${{ x }}')
    keep, job = text.split("\n\n")
    [kept] = yaml.safe_load(keep)
    assert evaluated(kept["with"]["path"], {}) == '"*" ${{ x }}'
    upload = yaml.safe_load(f"jobs:\n{job}")["jobs"]["batch-dashboard"]
    assert upload["permissions"] == {"actions": "read", "id-token": "write"}
    assert "'results/**/*'" in upload["steps"][1]["run"]


def test_a_token_or_an_identity_token_is_filled_in(client: FlaskClient) -> None:
    for ci, secret, identity in (
        ("github", "secrets.BATCH_METRICS_TOKEN", "github.token"),
        ("gitlab", "", 'BATCH_METRICS_ID_TOKEN:\n      aud: "http://localhost"'),
        ("jenkins", "'BATCH_METRICS_TOKEN'", "'BATCH_METRICS_ID_TOKEN'"),
    ):
        with_token = snippet(client, ci=ci, auth="token")
        assert secret in with_token
        assert "ID_TOKEN" not in with_token
        assert identity in snippet(client, ci=ci)
    assert yaml.safe_load(snippet(client, "permissions"))["permissions"]["id-token"] == "write"
    assert "id-token" not in snippet(client, "permissions", auth="token")
    assert "Bearer $BATCH_METRICS_TOKEN" in snippet(client, ci="curl", auth="identity")


def test_the_snippets_have_the_address_of_this_instance(
    client: FlaskClient, settings: Settings
) -> None:
    assert "Set <code>BATCH_DASHBOARD_URL</code>" in client.get("/setup").text
    app = create_app(replace(settings, url="https://example.org/dash"))
    page = app.test_client().get("/dash/setup", headers={"Host": "example.org"}).text
    app.extensions["store"].close()
    assert "--url=https://example.org/dash " in unescape(page)
    assert f"https://example.org/dash/client/{SHA256}/batch_metrics.py" in page
    assert "BATCH_DASHBOARD_URL" not in page


def test_a_name_that_cannot_stand_in_a_snippet_is_left_out(client: FlaskClient) -> None:
    for bad, problem in (
        ("a\u2028- run: x", "The ecosystem has characters that cannot be seen."),
        ("a\u202eb", "The ecosystem has characters that cannot be seen."),
        ("a\nb", "The ecosystem has characters that cannot be seen."),
        ("x" * 101, "The ecosystem must have at most 100 characters."),
    ):
        page = client.get("/setup", query_string={"ecosystem": bad}).text
        assert f"{problem} The snippets use another value." in page
        assert "--ecosystem=homebrew" in page


def test_an_empty_instance_waits_for_any_run_and_then_shows_it(
    client: FlaskClient, store: Store
) -> None:
    page = client.get("/setup?ecosystem=npm").text
    assert "Waiting for the first batch run." in page
    [poll] = map(unescape, re.findall(r'data-poll="([^"]+)"', page))
    [look_now] = map(unescape, re.findall(r'href="([^"]+)" data-look-now', page))
    waiting = client.get(poll)
    assert waiting.json == {"batch_run_id": None}
    again = client.get(poll, headers={"If-None-Match": waiting.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    first = ingest(store, batch_run(macos_minutes=4.25, linux_minutes=None)).batch_run_id
    arrived = client.get(poll, headers={"If-None-Match": waiting.headers["ETag"]})
    assert arrived.json == {"batch_run_id": first}
    page = client.get(look_now).text
    assert f'href="/batch-runs/{first}">Open batch run {first}</a>' in page
    assert "data-poll" not in page
    assert "macOS 4.2 min" in page


def test_another_instance_waits_for_the_next_run_of_the_ecosystem(
    client: FlaskClient, store: Store
) -> None:
    ingest(store, batch_run())
    page = client.get("/setup?ecosystem=npm").text
    assert "Waiting for the first batch run of" in page
    assert "Waiting for the next batch run of" in client.get("/setup?ecosystem=homebrew").text
    [poll] = map(unescape, re.findall(r'data-poll="([^"]+)"', page))
    ingest(store, batch_run(batch_id="another of homebrew"))
    assert client.get(poll).json == {"batch_run_id": None}
    unknown = {"macos_minutes": None, "linux_minutes": None}
    found = ingest(store, batch_run(ecosystem="npm", **unknown)).batch_run_id
    assert client.get(poll).json == {"batch_run_id": found}
    [look_now] = map(unescape, re.findall(r'href="([^"]+)" data-look-now', page))
    assert "It reported no minutes." in client.get(look_now).text


def test_a_made_up_place_to_wait_from_is_no_error(client: FlaskClient) -> None:
    for after in ("", "-1", "x", "9" * 19, "9" * 400, "\u0663"):
        for path in ("/setup", "/setup/first-run"):
            query = {"after": after, "ecosystem": "x"}
            assert client.get(path, query_string=query).status_code == 200


def test_administrators_find_the_page_in_the_navigation(
    client: FlaskClient, administrator: Visitor
) -> None:
    link = '<a href="/setup"'
    assert link in administrator.open("/incidents").text
    assert link not in client.get("/incidents").text
    assert 'href="/setup">Set up CI</a>' in client.get("/").text


def test_the_form_of_a_trusted_publisher_is_filled_in(administrator: Visitor, store: Store) -> None:
    ingest(store, batch_run())
    for ecosystem, expected in (
        ("homebrew", r'<input checked [^>]*value="homebrew"'),
        ("npm", r"<textarea [^>]*name=\"ecosystems\"[^>]*>\s*npm</textarea>"),
    ):
        page = administrator.open(f"/setup?ci=gitlab&ecosystem={ecosystem}").text
        [link] = re.findall(r'href="(/admin/publishers/new[^"]*)"', page)
        form = administrator.open(unescape(link)).text
        assert re.search(expected, form), form
        assert '<option selected value="gitlab">' in form
        assert re.search(r'name="audience"[^>]*value="http://localhost"', form)


def test_a_closed_instance_asks_to_sign_in(settings: Settings) -> None:
    app = create_app(replace(settings, public=False))
    for path in ("/setup", "/setup/first-run"):
        assert app.test_client().get(path, headers=PAGE).status_code == 401
    app.extensions["store"].close()
