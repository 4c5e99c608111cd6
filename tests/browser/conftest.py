"""One Chromium for the tests of this folder."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.visits import FLAGS


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = os.environ.get("BATCH_DASHBOARD_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One session for the tests of a module: what pages have in common is loaded once."""
    context = browser.new_context()
    yield context
    context.close()
