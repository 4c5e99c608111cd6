"""One page in a browser of its own, and what holds for every page."""

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

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
SCREENSHOTS = Path(__file__).resolve().parents[2] / "artifacts" / "screenshots"
SMALLEST_TEXT_PX = 12
# Each text of a page that is smaller, charts and badges included, with its size.
SMALL_TEXTS = """least => {
    const small = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const { textContent, parentElement } = texts.currentNode;
        if (!textContent.trim() || parentElement.closest("script, style")) continue;
        const size = parseFloat(getComputedStyle(parentElement).fontSize);
        if (size < least) small.push([textContent.trim(), size]);
    }
    return small;
}"""
# What a browser says of answers that are errors on purpose.
EXPECTED = ("404 (NOT", "400 (BAD")


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


def assert_sound(visit: Visit, name: str, expected: tuple[str, ...] = EXPECTED) -> None:
    """Nothing complained, nothing outside asked for, nothing too wide, nothing axe finds.

    By day and by night. No text is too small.
    """
    assert visit.page.evaluate(SMALL_TEXTS, SMALLEST_TEXT_PX) == [], name
    for scheme in ("light", "dark"):
        # Without motion, so that no colour is judged on its way from one scheme to the other.
        visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        _assert_sound(visit, f"{name}-{scheme}", expected)


def _assert_sound(visit: Visit, name: str, expected: tuple[str, ...]) -> None:
    page = visit.page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name.replace(' ', '-')}.png", full_page=True)
    assert [text for text in visit.complaints if not any(e in text for e in expected)] == [], name
    assert visit.outside_requests() == [], name
    overflow = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0, name
    violations = Axe().run(page).response["violations"]
    assert [
        (found["id"], [node["html"] for node in found["nodes"]]) for found in violations
    ] == [], name
