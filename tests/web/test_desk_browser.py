"""The pages for people at work in a browser: by keyboard, without JavaScript, wide and narrow, light and dark."""

from __future__ import annotations

import pytest

from tests.web import test_browser
from tests.web.desk import desk, people
from tests.web.test_browser import browser

__all__ = ["browser", "desk", "people"]
pytestmark = pytest.mark.browser
PAGES = ["/inbox", "/cases/AIR-1", "/cases/AIR-1/evidence", "/cases/AIR-1/samples/7", "/rounds", "/rounds/AIR-4",
         "/checks/AIR-7", "/suites/AIR-8", "/rotas", "/rotas/AIR-3", "/rubrics/AIR-9", "/templates/data-quality",
         "/candidates", "/findings/1", "/runs/1"]  # fmt: skip


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits(browser, desk, path, width):
    test_browser.test_a_page_fits_and_breaks_no_rule_of_its_own(browser, desk, path, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/inbox", "/cases/AIR-1", "/rounds/AIR-4", "/rotas/AIR-3"])
def test_text_stands_out_in_both_themes(browser, desk, path, scheme):
    test_browser.test_text_stands_out_in_both_themes(browser, desk, path, scheme)


def test_samples_are_gone_through_by_keys(browser, desk):
    page = browser.new_context(base_url=desk).new_page()
    page.goto("/cases/AIR-1/evidence")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.querySelector('.snippets li.here').id") == "row-8"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/cases/AIR-1/samples/8")
    for key, row in (("n", 9), ("n", 10), ("p", 9)):
        with page.expect_navigation():
            page.keyboard.press(key)
        assert page.url.endswith(f"/cases/AIR-1/samples/{row}")
    page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press("i")
    assert page.url.endswith("/inbox")
    page.context.close()


def test_the_keys_of_a_page_are_told_on_it(browser, desk):
    page = browser.new_context(base_url=desk).new_page()
    for path, told in (("/rounds/AIR-5", True), ("/inbox", False)):
        page.goto(path)
        page.keyboard.press("?")
        assert ("answer with the term of that key" in page.inner_text("#keys")) is told
        assert "next, before" in page.inner_text("#keys")
    page.context.close()


def test_a_wall_of_two_hundred_loads_only_what_comes_into_view(browser, address):
    page = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
    loaded = []
    page.on("request", lambda request: loaded.append(request.url) if "/blobs/" in request.url else None)
    page.goto("/cases/ANI-1/evidence")
    page.wait_for_load_state("networkidle")
    tiles = page.locator(".wall .tile").count()
    assert tiles == 160 and 20 < len(set(loaded)) < tiles
    assert all(url.endswith("/small") for url in loaded)
    sizes = page.evaluate("[...document.querySelectorAll('.wall img')].map(i => `${i.width}x${i.height}`)")
    assert len(set(sizes)) == 1
    page.context.close()


def test_a_sample_is_read_and_a_round_is_decided_without_javascript(browser, desk, people):
    page = browser.new_context(base_url=desk, java_script_enabled=False).new_page()
    page.goto("/cases/AIR-1/samples/7")
    page.click("a[rel=next]")
    assert page.url.endswith("/cases/AIR-1/samples/8")
    page.goto("/rounds/AIR-4")
    form = page.locator("form.deciding").first
    form.locator("input[value=leakage]").check()
    form.locator("input[name=reason]").fill("one flight twice")
    form.locator("button").click()
    assert page.url.endswith("/rounds/AIR-4#waiting")
    assert page.locator("form.deciding").count() == 1
    assert people["ada"].rounds.view("AIR-4").items[1].decided_by == "ada"
    page.goto("/inbox")
    page.click("text=All of it was seen")
    assert page.locator("h2:has-text('new')").count() == 0
    page.context.close()
