"""The pictures of the README: `scripts/screenshots.sh` makes them anew on demo data."""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.demo.demo import store_demo
from batch_dashboard.settings import PROJECT_ROOT
from batch_dashboard.store.engine import Store
from tests.browser.visits import FLAGS
from tests.http.server import running_server

RESULTS = 60_000
FOLDER = PROJECT_ROOT / "docs" / "images"
PICTURES: dict[str, tuple[str, Literal["light", "dark"]]] = {
    "overview": ("/", "light"),
    "overview-dark": ("/", "dark"),
    "failures": ("/failures", "light"),
    "recipes": ("/recipes", "light"),
}


def main() -> None:
    """Write every picture into docs/images."""
    FOLDER.mkdir(exist_ok=True)
    program = os.environ.get("BATCH_DASHBOARD_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'demo.db'}"
        store = Store(url, 60)
        upgrade_database(store)
        store_demo(store, RESULTS, 1, datetime.now(UTC), lambda _results: None)
        store.close()
        with running_server(url, folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            for picture, (path, scheme) in PICTURES.items():
                page = browser.new_page(
                    viewport={"width": 1280, "height": 960}, color_scheme=scheme
                )
                page.goto(address + path, wait_until="networkidle")
                page.wait_for_timeout(500)
                page.screenshot(path=FOLDER / f"{picture}.png")
            browser.close()


if __name__ == "__main__":
    main()
