"""One page of a browser, and what holds for every page."""

from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

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
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
# What axe finds wrong: the rule, and the elements.
VIOLATIONS = """() => axe
    .run(document, { resultTypes: ["violations"], selectors: false, preload: false })
    .then((found) => found.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]))
"""
# Each width is looked at in one scheme, so that axe, which takes most of the time, runs twice.
LOOKS: list[tuple[int, Literal["light", "dark"]]] = [(1440, "light"), (390, "dark")]
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
TOO_WIDE_BY = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Charts are drawn when they come into view.
SCROLL = """async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 400) {
        window.scrollTo(0, y);
        await new Promise(requestAnimationFrame);
    }
    window.scrollTo(0, 0);
}"""
ALL_DRAWN = "() => !document.querySelector('[data-figure][data-state=waiting]')"
ALL_FIT = """() => [...document.querySelectorAll(".js-plotly-plot")].every((chart) => {
    const { width } = chart.querySelector(".main-svg");
    return Math.abs(width.baseVal.value - chart.clientWidth) < 1;
})"""
# What a browser says of answers that are errors on purpose.
EXPECTED = ("404 (NOT", "400 (BAD")


class Visit:
    """One page of a browser, with everything it complained about and asked for."""

    def __init__(self, context: BrowserContext, address: str, width: int, scheme: Any) -> None:
        self.address = address
        self.width = width
        self.scheme = scheme
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)
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
        """Go to a page and wait until it has loaded and drawn its charts."""
        self.page.goto(self.address + path)
        self.page.evaluate(SCROLL)
        self.page.wait_for_function(ALL_DRAWN)
        return self.page

    def look(self, width: int, scheme: Any) -> None:
        """Have this width and scheme, without motion: no colour is judged as it changes."""
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.wait_for_function(ALL_FIT)

    def outside_requests(self) -> list[str]:
        return [
            url for url in self.requests if not url.startswith((self.address, "data:", "blob:"))
        ]


def assert_sound(visit: Visit, name: str, expected: tuple[str, ...] = EXPECTED) -> None:
    """Nothing complained, nothing outside asked for, nothing too wide or small, nothing axe finds.

    On a wide screen by day and on a phone by night. What is not sound leaves a picture.
    """
    if not visit.page.evaluate("'axe' in window"):
        visit.page.evaluate(AXE)
    try:
        for width, scheme in LOOKS:
            visit.look(width, scheme)
            found = _faults(visit, expected)
            if found:
                SCREENSHOTS.mkdir(parents=True, exist_ok=True)
                picture = f"{name}-{width}-{scheme}.png".replace(" ", "-")
                visit.page.screenshot(path=SCREENSHOTS / picture, full_page=True)
            assert not found, f"{name}, {width} pixels wide, {scheme}: {found}"
    finally:
        visit.look(visit.width, visit.scheme)


def _faults(visit: Visit, expected: tuple[str, ...]) -> dict[str, Any]:
    page = visit.page
    found = {
        "complaints": [c for c in visit.complaints if not any(part in c for part in expected)],
        "outside requests": visit.outside_requests(),
        "pixels too wide": max(page.evaluate(TOO_WIDE_BY), 0),
        "small texts": page.evaluate(SMALL_TEXTS, SMALLEST_TEXT_PX),
        "violations": page.evaluate(VIOLATIONS),
    }
    return {what: faults for what, faults in found.items() if faults}
