"""The pages in Chromium, through the real server, on data like that of a real collection."""

import csv
import io
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext

from batch_dashboard.model.failures.failure_groups import failure_group_id, find_reason
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.services.demo.demo import store_demo
from batch_dashboard.store.engine import Store
from tests.browser.visits import PATIENCE_MS, Visit, assert_sound
from tests.factories import batch_run, failed_result, ingest, recipe_result
from tests.http.server import running_server
from tests.pages import STATEMENTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RESULTS = 2_000
LONG_NAME = "org.apache.commons.compress.archivers.sevenz." + "y" * 155
# Between the margins, at 96 dots an inch.
A4_WIDTH_PX = 710
# The tables and charts that are wider than the page or than their panel.
TOO_WIDE = """() => [...document.querySelectorAll(".data-table, .main-svg, body")]
    .filter((part) => {
        if (!part.checkVisibility()) return false;
        const room = part.closest(".panel")?.getBoundingClientRect().right ?? innerWidth;
        return part.getBoundingClientRect().right > room + 1;
    })
    .map((part) => part.id || part.className)"""
ODD_NAME = '../<b>"x" 💥'
ODD_GROUP = failure_group_id(find_reason(ODD_NAME * 9, ODD_NAME).masked_line)
PAGES = {
    "overview": "/?last=1y",
    "overview of one ecosystem": "/?last=30d&ecosystem=homebrew",
    "overview of a time without runs": "/?since=2001-01-01&until=2001-02-01",
    "ecosystem": "/ecosystems/homebrew?last=1y",
    "minutes": "/minutes?last=1y",
    "minutes by day": "/minutes?last=30d&by=day&ecosystem=homebrew",
    "failures": "/failures?last=1y",
    "failure group": f"/failures/{ODD_GROUP}",
    "recipes": "/recipes?last=1y",
    "stuck recipes": "/recipes?state=stuck&last=all",
    "recipe that fails": "/recipes/homebrew/sharkdp/bat?last=1y",
    "recipe of odd name": "/recipes/homebrew/..~2F%3Cb%3E%22x%22%20%F0%9F%92%A5?last=1y",
    "comparison": "/batch-runs/compare?a=1&b=2",
    "comparison of nothing": "/batch-runs/compare?a=1&b=",
    "batch runs": "/batch-runs?sort=failed",
    "batch run": "/batch-runs/1",
    "next batch run": "/batch-runs/2",
    "incidents": "/incidents",
    "incident": "/incidents/1",
    "exports": "/exports/",
    "API": "/api/docs#list_recipes",
    "search": "/search?q=a",
    "search for nothing": "/search?q=nothing-is-called-this",
    "set-up": "/setup",
    "set-up for curl": "/setup?ci=curl",
    "not found": "/nothing-here",
}
# Pages without a special case above, so that a new page is visited too.
VISITED = {urlsplit(path).path.split("/")[1] for path in PAGES.values()}
PAGES |= {
    path: path
    for path in STATEMENTS
    if "." not in path and urlsplit(path).path.split("/")[1] not in VISITED
}


@pytest.fixture(scope="module")
def address(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{shutil.copyfile(sqlite_template, folder / 'demo.db')}"
    store = Store(url, 60)
    # Run 1 has a result that passed, one with a long message and one with a short one.
    failure = "Error: the bottle could not be poured\n" + "a line of the log\n" * 40
    results = [
        recipe_result(),
        failed_result(error_message=failure),
        failed_result(recipe_name="sharkdp/bat"),
        failed_result(recipe_name=ODD_NAME, error_category=ODD_NAME, error_message=ODD_NAME * 9),
        recipe_result(recipe_name=LONG_NAME),
    ]
    for day in range(1, 9):
        ingest(
            store,
            batch_run(
                batch_id=f"first-{day}",
                started_at=f"2026-11-{day:02}T08:00:00Z",
                completed_at=None,
                results=results[: 5 if day != 4 else 3],
            ),
        )
    store_demo(store, RESULTS, 1, datetime.now(UTC), lambda _results: None)
    check(store, [], None, datetime.now(UTC))
    store.close()
    with running_server(url, folder) as address:
        yield address


@pytest.fixture(scope="module")
def walk(context: BrowserContext, address: str) -> Iterator[Visit]:
    """One visit of all pages, so that what they have in common is loaded once."""
    visit = Visit(context, address, 1440, "light")
    yield visit
    visit.page.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_sound(walk: Visit, name: str) -> None:
    walk.complaints.clear()
    page = walk.open(PAGES[name])
    inner = page.locator(".panel > .scroller").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth)"
        ".map(one => one.firstElementChild.id)"
    )
    assert inner == [], "a table is wider than its panel"
    assert_sound(walk, name)


def test_on_a_phone_the_choice_of_days_is_one_line_until_it_is_unfolded(
    context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 390, "light")
    page = visit.open("/?last=30d")
    bar = page.locator(".filter-bar").first
    box = bar.bounding_box()
    assert box is not None
    assert box["height"] < 40
    assert not page.locator("input[name=since]").is_visible()
    bar.locator("summary").click()
    page.select_option("select[name=ecosystem]", "homebrew")
    page.wait_for_url("**ecosystem=homebrew**")
    page.wait_for_selector(".page-scope >> text=homebrew")
    assert not page.locator("input[name=since]").is_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("input[name=since]").wait_for()
    visit.page.close()


def test_a_long_name_is_cut_in_the_middle_and_copied_whole(
    context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 390, "light")
    page = visit.open("/batch-runs/1")
    link = page.locator("#results a", has_text="org.apache").first
    start = link.locator(".name-start")
    assert start.evaluate("part => part.scrollWidth > part.clientWidth")
    box = link.locator(".name-end").bounding_box()
    assert box is not None
    assert box["width"] > 20
    copied = link.evaluate(
        """link => {
            getSelection().selectAllChildren(link);
            return getSelection().toString();
        }"""
    )
    assert copied == LONG_NAME
    results = page.locator("#results")
    assert results.get_by_role("link", name=LONG_NAME, exact=True).count() == 1
    visit.page.close()


def test_the_charts_draw_their_marks(context: BrowserContext, address: str) -> None:
    visit = Visit(context, address, 1440, "light")
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
    visit.page.close()


def test_a_filter_leads_to_a_view_that_can_be_shared(
    browser: Browser, context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/?last=1y")
    page.select_option("select[name=ecosystem]", "homebrew")
    page.wait_for_url("**ecosystem=homebrew**")
    page.wait_for_load_state("networkidle")
    rows = page.locator("#ecosystems tbody tr").all_inner_texts()
    assert len(rows) == 1
    shared = Visit(browser.new_context(), address, 1440, "light")
    again = shared.open(page.url.removeprefix(address))
    assert again.locator("#ecosystems tbody tr").all_inner_texts() == rows
    shared.context.close()
    visit.page.close()


def test_days_and_an_ecosystem_are_chosen_together(context: BrowserContext, address: str) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/batch-runs?last=1y")
    page.fill("input[name=since]", "2026-01-01")
    page.select_option("select[name=ecosystem]", "homebrew")
    page.wait_for_url("**/batch-runs?since=2026-01-01&ecosystem=homebrew")
    assert page.input_value("input[name=since]") == "2026-01-01"
    assert page.locator("[role=alert], .notice-warning").count() == 0
    visit.page.close()


@pytest.mark.parametrize(
    ("path", "marks"),
    [
        ("/?last=1y", ".bars .point path"),
        ("/ecosystems/homebrew?last=1y", ".scatterlayer .trace .points path"),
        ("/failures?last=1y", ".bars .point path"),
        ("/minutes?last=1y", ".bars .point path"),
        ("/recipes/homebrew/sharkdp/bat?last=1y", ".scatterlayer .trace .points path"),
    ],
)
def test_every_chart_draws_marks(
    context: BrowserContext, address: str, path: str, marks: str
) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open(path)
    figures = page.locator("[data-figure]")
    assert figures.count() >= 1
    for index in range(figures.count()):
        figure = figures.nth(index)
        figure.scroll_into_view_if_needed()
        figure.locator(".js-plotly-plot").wait_for()
    assert page.locator(marks).count() >= 5
    # The legend stands beside the marks, never over them.
    assert page.evaluate(
        """() => [...document.querySelectorAll(".js-plotly-plot")].every((plot) => {
            const legend = plot.querySelector(".legend");
            if (!legend) return true;
            const below = legend.getBoundingClientRect().bottom;
            return [...plot.querySelectorAll(".plot .point, .plot .points path")].every(
                (mark) => mark.getBoundingClientRect().top >= below - 8,
            );
        })"""
    )
    visit.page.close()


def test_a_table_is_ordered_and_paged_by_clicks_and_the_back_button_goes_back(
    context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/batch-runs?last=all")
    asked = len(visit.requests)

    def column(number: int) -> list[str]:
        return page.locator(f"#runs tbody tr td:nth-child({number})").all_inner_texts()

    newest = column(1)
    page.get_by_role("link", name="failed", exact=True).click()
    page.wait_for_url("**sort=failed**")
    page.wait_for_selector("th[aria-sort=descending] >> text=failed")
    failed = [int(text.replace(",", "")) for text in column(6)]
    assert failed == sorted(failed, reverse=True)
    # Whoever uses the keyboard is still on the column's head.
    assert page.evaluate("document.activeElement.textContent") == "failed"
    page.get_by_role("link", name="Next →").click()
    page.wait_for_url("**after=**")
    page.locator("[rel=prev]").wait_for()
    following = [int(text.replace(",", "")) for text in column(6)]
    assert following[0] <= failed[-1]
    page.get_by_role("link", name="Last").click()
    page.wait_for_url("**before=end**")
    page.locator("[rel=next]").wait_for(state="detached")
    assert int(column(6)[-1].replace(",", "")) == 0
    # Nothing was loaded again but the content.
    new = [url for url in visit.requests[asked:] if "/assets/" in url and "favicon" not in url]
    assert new == []
    for _ in range(3):
        page.go_back()
    page.wait_for_url("**/batch-runs?last=all")
    page.wait_for_selector("th[aria-sort=descending] >> text=started")
    assert column(1) == newest
    assert visit.complaints == []
    visit.page.close()


def test_a_table_below_charts_stays_in_view_as_it_is_ordered(
    context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/minutes?last=all")
    link = page.locator("#ecosystems").get_by_role("link", name="macOS min", exact=True)
    link.scroll_into_view_if_needed()
    asked, place = len(visit.requests), page.evaluate("scrollY")
    link.click()
    page.wait_for_url("**sort=macos_minutes#ecosystems-title")
    page.wait_for_selector("th[aria-sort=descending] >> text=macOS min")
    assert page.evaluate("scrollY") == place > 0
    assert [url for url in visit.requests[asked:] if "/assets/js" in url] == []
    assert visit.complaints == []
    visit.page.close()


def test_what_was_found_can_be_shared_and_taken_away(
    browser: Browser, context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/recipes?last=all")
    page.fill("input[name=text]", "a")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**text=a**")
    page.get_by_role("link", name="failure rate").click()
    page.wait_for_url("**sort=failure_rate**")
    page.wait_for_selector("th[aria-sort] >> text=failure rate")
    names = page.locator("#recipes tbody th").all_inner_texts()
    assert names
    shared = Visit(browser.new_context(), address, 390, "dark")
    again = shared.open(page.url.removeprefix(address))
    assert again.locator("#recipes tbody th").all_inner_texts() == names
    shared.context.close()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV of these recipes").click()
    text = downloading.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    total = page.locator("#recipes-title").inner_text()
    assert total == f"{len(rows)} recipe{'s' * (len(rows) != 1)}"
    # A file guards what a spreadsheet would take for a formula.
    assert set(names) <= {row["recipe_name"].removeprefix("'") for row in rows}
    visit.page.close()


def test_from_the_overview_the_whole_error_is_two_clicks_away(
    context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/?last=1y&ecosystem=homebrew")
    page.locator(".findings").get_by_role("link", name="sharkdp/bat").click()
    page.wait_for_url("**/recipes/homebrew/sharkdp/bat")
    assert "Has failed 8 times in a row" in page.locator("#now-title").inner_text()
    message = page.locator("pre.message-whole").first.inner_text()
    assert message == "Error: checksum of ripgrep-14.1.tar.gz does not match"
    page.locator("#groups a").first.click()
    page.wait_for_url("**/failures/*")
    assert "sharkdp/bat" in page.locator("#recipes").inner_text()
    visit.page.close()


def test_what_hovers_over_a_chart_covers_no_mark_of_it(
    context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/failures?last=1y")
    # A mouse reaches only what is on the screen.
    page.locator(".bars").first.scroll_into_view_if_needed()
    x, y = page.evaluate(
        """() => {
            const drawn = [...document.querySelectorAll(".bars .point path")]
                .map((bar) => bar.getBoundingClientRect())
                .find((box) => box.height > 4);
            return [drawn.x + drawn.width / 2, drawn.y + drawn.height / 2];
        }"""
    )
    page.mouse.move(x, y)
    told = page.get_by_role("tooltip")
    told.wait_for()
    assert "failed result" in told.inner_text()
    words, plot = told.bounding_box(), page.locator(".bars").first.bounding_box()
    assert words is not None
    assert plot is not None
    assert words["y"] + words["height"] <= plot["y"]
    page.keyboard.press("Escape")
    assert not told.is_visible()
    # One button saves a picture: the panel's own.
    assert page.locator(".modebar").count() == 0
    assert page.get_by_role("button", name="PNG").count() == 1
    visit.page.close()


def test_a_chart_is_saved_as_a_picture(context: BrowserContext, address: str) -> None:
    visit = Visit(context, address, 1440, "dark")
    page = visit.open("/failures?last=1y")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="PNG of Failed results by error category").click()
    picture = downloading.value.path().read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
    assert visit.complaints == []
    assert visit.outside_requests() == []
    visit.page.close()


def test_the_exact_time_shows_on_focus(context: BrowserContext, address: str) -> None:
    visit = Visit(context, address, 390, "light")
    page = visit.open("/recipes?last=1y")
    page.locator("#recipes time[tabindex]").first.focus()
    shown = page.locator("[role=tooltip]").inner_text()
    assert "UTC" in shown
    assert "your time" in shown
    page.keyboard.press("Escape")
    assert not page.locator("[role=tooltip]").is_visible()
    visit.page.close()


def test_the_search_is_driven_by_the_keyboard(context: BrowserContext, address: str) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/incidents")
    dialog = page.get_by_role("dialog", name="Search")
    page.get_by_role("link", name="Exports").focus()
    page.keyboard.press("/")
    combobox = dialog.get_by_role("combobox")
    assert combobox.evaluate("field => field === document.activeElement")
    assert_sound(visit, "search opened")
    page.keyboard.type("bat")
    options = dialog.get_by_role("listbox").get_by_role("option")
    options.first.wait_for()
    assert_sound(visit, "search found")

    def chosen() -> str:
        here = combobox.get_attribute("aria-activedescendant")
        assert here == dialog.locator("[aria-selected=true]").get_attribute("id")
        return dialog.locator("[aria-selected=true]").inner_text()

    names = options.all_inner_texts()
    assert len(names) > 1
    assert chosen() == names[0]
    page.keyboard.press("ArrowUp")
    assert chosen() == names[-1]
    page.keyboard.press("ArrowDown")
    assert chosen() == names[0]
    # The focus stays within the dialog and goes back where it was.
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Exports"
    # What is typed into a field is a slash.
    page.goto(f"{address}/recipes?last=all")
    page.locator("input[name=text]").press_sequentially("sharkdp/bat")
    assert page.locator("input[name=text]").input_value() == "sharkdp/bat"
    assert not dialog.is_visible()
    page.get_by_role("link", name="Search").click()
    page.keyboard.type("homebrew sharkdp/b")
    options.first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/recipes/homebrew/sharkdp/bat")
    assert visit.complaints == []
    visit.page.close()


def test_everything_can_be_reached_by_keyboard(context: BrowserContext, address: str) -> None:
    visit = Visit(context, address, 1440, "light")
    page = visit.open("/batch-runs?last=all")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                    const at = document.activeElement;
                    const { outlineStyle } = getComputedStyle(at);
                    return [at.textContent.trim().slice(0, 30) || at.name, outlineStyle];
                }"""
            )
        )
    names = [name for name, _ in reached]
    assert names[0] == "Skip to content"
    for name in ("Recipes", "since", "Show", "text", "failed", "success rate"):
        assert name in names, names
    assert names.index("Recipes") < names.index("since") < names.index("failed")
    assert [name for name, outline in reached if outline not in ("solid", "auto")] == []
    visit.page.close()


def test_on_paper_every_chart_is_drawn_and_nothing_is_cut_off(
    context: BrowserContext, address: str
) -> None:
    visit = Visit(context, address, 1440, "dark")
    page = visit.page
    for path in ("/minutes?last=1y", "/?last=1y", "/batch-runs", "/recipes?last=1y"):
        # Charts far below have never come near the screen.
        page.goto(address + path, wait_until="networkidle")
        page.set_viewport_size({"width": A4_WIDTH_PX, "height": 1000})
        charts = page.locator("[data-figure]")
        if charts.count():
            page.wait_for_function("window.Plotly")
        page.emulate_media(media="print")
        assert page.evaluate(TOO_WIDE) == [], path
        for drawn in charts.all():
            assert drawn.locator(":is(.bars .point path, .scatterlayer path)").count() >= 3
            assert drawn.locator(".main-svg").first.get_attribute("viewBox") == "0 0 720 300"
            assert not drawn.locator("details").is_visible()
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 1440, "height": 900})
        # The theme is the reader's again, and charts have the size of the screen.
        assert page.locator("html[data-theme]").count() == 0
        for drawn in charts.all():
            page.wait_for_function(
                """chart => {
                    const place = chart.querySelector(".figure-canvas").clientWidth;
                    const { width } = chart.querySelector(".main-svg");
                    return Math.abs(width.baseVal.value - place) < 1;
                }""",
                arg=drawn.element_handle(),
            )
    page.goto(f"{address}/?last=1y", wait_until="networkidle")
    for paper in ("A4", "Letter"):
        pages = re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))
        assert 2 <= len(pages) <= 5, paper
        assert len(page.pdf(format=paper, page_ranges="1")) > 20_000, "the first page is empty"
    assert visit.complaints == []
    visit.page.close()


def test_pages_read_well_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/?last=1y")
    assert page.locator("#minutes-table tbody tr").count() > 20
    # The table is there in place of the chart, without anything to unfold.
    assert page.locator("#minutes-table tbody tr").first.is_visible()
    assert not page.get_by_text("The same numbers as a table").first.is_visible()
    assert not page.locator(".figure-canvas").first.is_visible()
    page.select_option("select[name=ecosystem]", "homebrew")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**ecosystem=homebrew**")
    assert page.locator("#ecosystems tbody tr").count() == 1
    page.get_by_role("link", name="Search").click()
    page.get_by_role("textbox").fill("homebrew sharkdp/bat")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="sharkdp/bat").click()
    page.wait_for_url("**/recipes/homebrew/sharkdp/bat")
    context.close()


@pytest.mark.parametrize("with_javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_link_to_an_operation_of_the_api_opens_it(
    browser: Browser, address: str, with_javascript: bool
) -> None:
    context = browser.new_context(java_script_enabled=with_javascript)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/api/docs")
    operation = page.locator("#list_recipes")
    assert not operation.is_visible()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_role("navigation", name="Contents").get_by_text("List recipes").click()
    operation.wait_for(state="visible")
    # The page stays as it is: other operations are closed, and nothing is loaded again.
    page.wait_for_load_state("networkidle")
    assert page.locator(".api-operation[open]").count() == 1
    assert [url for url in requests if "/api/docs" in url] == []
    context.close()
