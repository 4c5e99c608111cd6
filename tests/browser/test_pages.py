"""The pages in Chromium, through the real server, on data like that of a real collection."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from batch_dashboard.services.demo import store_demo
from batch_dashboard.store.engine import Store
from tests.factories import batch_run, failed_result, ingest, recipe_result
from tests.http.server import running_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RESULTS = 2_000
PATIENCE_MS = 120_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {
    "overview": "/?last=1y",
    "overview of one ecosystem": "/?last=30d&ecosystem=homebrew",
    "overview of a time without runs": "/?since=2001-01-01&until=2001-02-01",
    "batch runs": "/batch-runs",
    "batch run": "/batch-runs/1",
    "next batch run": "/batch-runs/2",
    "exports": "/exports/",
    "not found": "/nothing-here",
}
SCREENSHOTS = Path(__file__).resolve().parents[2] / "artifacts" / "screenshots"


@pytest.fixture(scope="module")
def address(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{shutil.copyfile(sqlite_template, folder / 'demo.db')}"
    store = Store(url, 60)
    # Run 1 has a result that passed, one with a long message and one with a short one.
    failure = "Error: the bottle could not be poured\n" + "a line of the log\n" * 40
    results = [recipe_result(), failed_result(error_message=failure), failed_result()]
    ingest(store, batch_run(results=results))
    store_demo(store, RESULTS, 1, datetime.now(UTC), lambda _results: None)
    store.close()
    with running_server(url, folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = os.environ.get("BATCH_DASHBOARD_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One page in a browser of its own, with everything it complained about and asked for."""

    def __init__(self, browser: Browser, address: str, width: int, scheme: Any) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._ask)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _ask(self, request: Request) -> None:
        self.requests.append(request.url)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path, wait_until="networkidle")
        # Charts are drawn when they come into view.
        self.page.evaluate(
            """async () => {
                for (let y = 0; y < document.body.scrollHeight; y += 400) {
                    window.scrollTo(0, y);
                    await new Promise(requestAnimationFrame);
                }
                window.scrollTo(0, 0);
            }"""
        )
        self.page.wait_for_load_state("networkidle")
        return self.page

    def outside_requests(self) -> list[str]:
        return [
            url for url in self.requests if not url.startswith((self.address, "data:", "blob:"))
        ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_sound(browser: Browser, address: str, width: int, scheme: str) -> None:
    for name, path in PAGES.items():
        visit = Visit(browser, address, width, scheme)
        page = visit.open(path)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(
            path=SCREENSHOTS / f"{name.replace(' ', '-')}-{width}-{scheme}.png", full_page=True
        )
        unexpected = [text for text in visit.complaints if "404 (NOT FOUND)" not in text]
        assert unexpected == [], name
        assert visit.outside_requests() == [], name
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, name
        violations = Axe().run(page).response["violations"]
        assert [
            (found["id"], [node["html"] for node in found["nodes"]]) for found in violations
        ] == [], name
        visit.context.close()


def test_the_charts_draw_their_marks(browser: Browser, address: str) -> None:
    visit = Visit(browser, address, 1440, "light")
    page = visit.open("/?last=1y")
    page.wait_for_selector(".js-plotly-plot .bars .point path")
    page.wait_for_selector(".js-plotly-plot .scatterlayer .trace .points path")
    bars = page.locator(".js-plotly-plot .bars .point path").count()
    weeks = page.locator("#minutes-table tbody tr").count()
    assert weeks > 20
    assert bars >= weeks  # a bar for macOS and one for Linux in nearly every week
    lines = page.locator(".js-plotly-plot .scatterlayer .trace path.js-line").count()
    ecosystems = page.locator("#ecosystems tbody tr").count()
    assert lines >= min(8, ecosystems - 1)
    visit.context.close()


def test_a_filter_leads_to_a_view_that_can_be_shared(browser: Browser, address: str) -> None:
    visit = Visit(browser, address, 1440, "light")
    page = visit.open("/?last=1y")
    page.select_option("select[name=ecosystem]", "homebrew")
    page.wait_for_url("**ecosystem=homebrew**")
    page.wait_for_load_state("networkidle")
    rows = page.locator("#ecosystems tbody tr").all_inner_texts()
    assert len(rows) == 1
    shared = Visit(browser, address, 1440, "light")
    again = shared.open(page.url.removeprefix(address))
    assert again.locator("#ecosystems tbody tr").all_inner_texts() == rows
    shared.context.close()
    visit.context.close()


def test_days_and_an_ecosystem_are_chosen_together(browser: Browser, address: str) -> None:
    visit = Visit(browser, address, 1440, "light")
    page = visit.open("/batch-runs?last=1y")
    page.fill("input[name=since]", "2026-01-01")
    page.select_option("select[name=ecosystem]", "homebrew")
    page.wait_for_url("**/batch-runs?since=2026-01-01&ecosystem=homebrew")
    assert page.input_value("input[name=since]") == "2026-01-01"
    assert page.locator("[role=alert], .notice-warning").count() == 0
    visit.context.close()


def test_pages_read_well_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/?last=1y")
    assert page.locator("#minutes-table tbody tr").count() > 20
    page.select_option("select[name=ecosystem]", "homebrew")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**ecosystem=homebrew**")
    assert page.locator("#ecosystems tbody tr").count() == 1
    context.close()
