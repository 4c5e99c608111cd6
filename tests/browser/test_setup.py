"""A new user goes from an empty dashboard to the first batch run with nothing but `/setup`."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from batch_dashboard.model.access.users import Role
from batch_dashboard.store.engine import Store
from tests.browser.visits import PATIENCE_MS, Visit, assert_sound
from tests.client.ci_page import VALIDATE
from tests.client.servers import Reply, scripted_server
from tests.client.workflow import WorkflowRun, make_repository
from tests.http.server import running_server
from tests.issuer import running_issuer
from tests.visitors import PASSWORD, make_user

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORKFLOW = ".github/workflows/batch.yml"
# A workflow that a user has: one job, which validates recipes.
OWN_WORKFLOW = """
name: batch
on: push
jobs:
  validate:
    runs-on: macos-15
{permissions}
    steps:
      - uses: actions/checkout@v5
      - run: mkdir results && ./validate.sh > results/all.ndjson
{step}
"""
SECONDS = {"macos-15": 255}


@pytest.fixture
def address(sqlite_template: Path, tmp_path: Path) -> Iterator[str]:
    """An empty dashboard with one administrator."""
    url = f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'empty.db')}"
    store = Store(url, 60)
    make_user(store, "ada", Role.ADMINISTRATOR)
    store.close()
    with running_server(url, tmp_path) as address:
        yield address


def copied(page: Page, name: str) -> str:
    """What the copy button of a snippet puts into the clipboard."""
    page.locator(f"[data-copy={name}]").click()
    page.locator(f"[data-copy={name}]", has_text="Copied").wait_for()
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_a_new_user_sees_the_first_run_with_its_minutes(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    visit = Visit(browser.new_context(), address, 1440, "light")
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open("/")
    page.get_by_role("link", name="Set up CI").click()
    page.get_by_label("Ecosystem", exact=True).fill("taps of ours")
    page.get_by_role("button", name="Update snippets").click()
    page.wait_for_selector(".page-scope >> text=taps of ours")
    text = OWN_WORKFLOW.format(permissions=copied(page, "permissions"), step=copied(page, "step"))
    repository = make_repository(tmp_path / "own", {"validate.sh": VALIDATE, WORKFLOW: text})

    with running_issuer() as issuer, scripted_server() as api:
        other = visit.context.new_page()
        other.set_default_timeout(PATIENCE_MS)
        other.goto(page.url)
        other.get_by_role("link", name="Add the workflow as a trusted publisher").click()
        other.get_by_label("Name").fill("ada")
        other.get_by_label("Password").fill(PASSWORD)
        other.get_by_role("button", name="Sign in").click()
        other.locator("[name=repository]").fill("owner/recipes")
        other.get_by_label("Name").fill("taps")
        # In place of github.com, which the tests cannot reach.
        other.locator("[name=issuer]").fill(issuer.url)
        other.get_by_role("button", name="Add trusted publisher").click()
        other.get_by_text("taps can upload from now on.").wait_for()
        other.close()
        path = f"/identity?v=2&audience={quote(address, safe='')}"
        api.by_path[path] = Reply(body={"value": issuer.token(aud=address)})
        # The repository has no secret.
        run = WorkflowRun(repository, tmp_path, api, {}, SECONDS)
        run.run(WORKFLOW)
    assert run.conclusions == {"validate": "success"}
    assert "stored as batch run 1 " in run.log

    page.get_by_text("A batch run has arrived.").wait_for()
    shown = page.locator(".setup-arrival").inner_text()
    assert "taps of ours: 1 passed, 1 failed, 0 skipped." in shown
    minutes = re.search(r"macOS (\d+\.\d) min", shown)
    assert minutes
    assert 4.2 <= float(minutes[1]) < 5.5
    assert_sound(visit, "set-up after the first run")
    page.get_by_role("link", name="Open batch run 1").click()
    page.wait_for_url("**/batch-runs/1")
    page = visit.open("/")
    assert page.locator("#latest tbody tr").count() == 1
    assert minutes[1] in page.locator("#ecosystems tbody tr").inner_text()
    visit.context.close()
