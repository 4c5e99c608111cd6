#!/usr/bin/env python3
"""What a page sends in a first and a repeated visit, and when its charts are painted, in Chromium.

Start the service, then: bench/first_visit.py http://127.0.0.1:8000 / /failures /recipes
Sizes are of what went over the wire, compressed; times are from the navigation's start.
"""

import argparse
import shutil

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAINTED = """() => new Promise((resolve) => {
    const look = () => {
        const waiting = [...document.querySelectorAll('[data-figure]')].filter((figure) => {
            const { top } = figure.getBoundingClientRect();
            return top < innerHeight && figure.dataset.state !== 'drawn';
        });
        if (waiting.length) requestAnimationFrame(look);
        else requestAnimationFrame(() => resolve(performance.now()));
    };
    look();
})"""


def visit(page: Page, address: str) -> tuple[float, float]:
    """Kilobytes received, and milliseconds until the charts in sight are painted."""
    received = [0]
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.loadingFinished",
        lambda event: received.__setitem__(0, received[0] + event["encodedDataLength"]),
    )
    page.goto(address)
    painted = page.evaluate(PAINTED)
    page.wait_for_load_state("networkidle")
    session.detach()
    return received[0] / 1000, painted


def main() -> None:
    """Print a line for each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        print(f"{'first kB':>9} {'ms':>6} {'again kB':>9} {'ms':>6}  page")
        for path in options.paths:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            first, again = (visit(page, options.address + path) for _ in range(2))
            print(f"{first[0]:9.0f} {first[1]:6.0f} {again[0]:9.0f} {again[1]:6.0f}  {path}")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
