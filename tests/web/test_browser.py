from __future__ import annotations

from collections.abc import Iterator

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
PAGES = [
    "/", "/runs", "/runs/1", "/findings", "/findings/1", "/cases/ANI-1", "/plans/ANI-4", "/gates/3", "/nowhere",
    "/jobs", "/compare", "/compare?a=run:1&b=run:2", "/models", "/models/pets", "/cases", "/cases?q=night+model:pets",
    "/patterns", "/review",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[object]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=str(chromium), args=["--no-sandbox", "--headless"])
        yield opened
        opened.close()


@pytest.fixture
def tab(browser, address):
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_breaks_no_rule_of_its_own(browser, address, path, width):
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 900})
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path)
    assert [text for text in said if "404 (Not Found)" not in text] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    context.close()


ANALYSES = [
    "/runs/1/analyses", "/runs/1/analyses/trend?model_from=firmware", "/runs/1/analyses/nodes?nodes=node",
    "/runs/1/analyses/drift", "/runs/1/analyses/calibration", "/runs/1/analyses/operating-points?positive=bad",
    "/runs/2/analyses/trend", "/runs/3/analyses",
]  # fmt: skip


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ANALYSES)
def test_a_page_of_an_analysis_fits_and_breaks_no_rule_of_its_own(browser, fleet_address, path, width):
    test_a_page_fits_and_breaks_no_rule_of_its_own(browser, fleet_address, path, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/runs/1/analyses", "/runs/1/analyses/nodes?nodes=node"])
def test_text_of_an_analysis_stands_out_in_both_themes(browser, fleet_address, path, scheme):
    test_text_stands_out_in_both_themes(browser, fleet_address, path, scheme)


def test_an_analysis_is_asked_otherwise_without_javascript(browser, fleet_address):
    context = browser.new_context(base_url=fleet_address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/runs/1/analyses")
    page.get_by_role("link", name="Nodes").first.click()
    assert page.get_by_text("No column is named as one of machines").is_visible()
    page.locator("fieldset").first.get_by_role("checkbox", name="node", exact=True).check()
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/analyses/nodes?nodes=node")
    assert page.locator("figure.chart svg").count() == 1
    assert "node edge-1 fails" in page.locator(".story").inner_text()
    page.locator("#chart-nodes-node summary").click()
    assert page.locator("#chart-nodes-node tbody tr").count() == 6
    context.close()


def test_analyses_are_walked_and_opened_by_keys(browser, fleet_address):
    context = browser.new_context(base_url=fleet_address)
    page = context.new_page()
    page.goto("/runs/1/analyses")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/analyses/operating-points")
    context.close()


CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const linear = (v) => v <= 10 ? v / 3294 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const lum = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (node) => { for (; node; node = node.parentElement) {
    const c = rgb(getComputedStyle(node).backgroundColor); if (c[3] === 255) return c; } return rgb("white"); };
  const weak = [];
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("svg") || !node.checkVisibility()) continue;
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())) continue;
    const [a, b] = [lum(rgb(getComputedStyle(node).color)), lum(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push(`${node.outerHTML.slice(0, 80)}: ${ratio.toFixed(2)}`);
  }
  return weak;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/runs/1", "/findings/1", "/cases/ANI-1", "/gates/3", "/plans/ANI-4"])
def test_text_stands_out_in_both_themes(browser, address, path, scheme):
    context = browser.new_context(base_url=address, color_scheme=scheme)
    page = context.new_page()
    page.goto(path)
    assert page.evaluate(CONTRAST) == []
    context.close()


def test_rows_are_walked_and_opened_by_keys(tab):
    tab.goto("/runs")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    assert tab.locator("tr.here th").inner_text() == "run:3"
    tab.keyboard.press("k")
    assert tab.locator("tr.here th").inner_text() == "run:4"
    tab.keyboard.press("j")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/runs/3")


def test_g_goes_places_and_slash_searches(tab):
    tab.goto("/")
    tab.keyboard.press("g")
    tab.keyboard.press("c")
    tab.wait_for_url("**/cases")
    tab.keyboard.press("/")
    tab.keyboard.type("night")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/cases?q=night")
    assert tab.locator("tbody tr").count() == 1
    tab.keyboard.press("g")
    tab.keyboard.press("o")
    tab.wait_for_url(lambda url: url.endswith("/"))


def test_a_question_mark_lists_the_keys_and_escape_closes_them(tab):
    tab.goto("/")
    tab.keyboard.press("?")
    assert tab.locator("dialog#keys").is_visible()
    tab.keyboard.press("Escape")
    assert not tab.locator("dialog#keys").is_visible()


def test_letters_typed_into_a_field_move_nothing(tab):
    tab.goto("/runs")
    tab.locator("#q").fill("")
    tab.locator("#q").press_sequentially("gcj?")
    assert tab.locator("#q").input_value() == "gcj?"
    assert tab.url.endswith("/runs")


def test_the_theme_is_switched_and_remembered(tab):
    tab.emulate_media(color_scheme="light")
    tab.goto("/")
    before = tab.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    tab.locator("#theme").click()
    after = tab.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    assert before != after
    tab.goto("/runs")
    assert tab.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") == after


def test_a_heading_sorts_by_its_address(tab):
    tab.goto("/runs")
    tab.get_by_role("columnheader", name="failed, 95 % interval").get_by_role("link").click()
    tab.wait_for_url("**/runs?sort=-rate")
    assert tab.locator("tbody tr th").first.inner_text() == "run:3"


def test_everything_is_there_without_javascript(browser, address):
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/runs/1")
    assert page.locator("table.findings tbody tr").count() >= 1
    assert page.locator("figure.chart svg").count() >= 2
    page.locator("#chart-slices summary").click()
    assert page.get_by_role("link", name="CSV").first.is_visible()
    assert not page.locator("#theme").is_visible()
    page.goto("/findings/1")
    assert page.locator(".wall img").count() > 10
    page.goto("/runs")
    page.locator("#q").fill("pets@2")
    page.get_by_role("button", name="Filter").click()
    assert page.locator("tbody tr").count() == 1
    context.close()


def test_a_report_file_opens_offline_without_a_request(browser, tmp_path):
    from errata.show.html import report_page
    from tests.show.reports import NIGHTS

    target = tmp_path / "out.html"
    target.write_text(report_page(NIGHTS), encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(target.as_uri())
    assert asked == [target.as_uri()]
    assert said == []
    assert page.locator("figure.chart svg").count() == 3
    context.close()
