"""The labelling screen in a browser: by keyboard alone, and without JavaScript."""

from __future__ import annotations

import pytest

from tests.web import test_browser
from tests.web.test_browser import browser
from tests.web.test_labels import address_of_labels, labelled

__all__ = ["address_of_labels", "browser", "labelled"]
pytestmark = pytest.mark.browser
PAGES = ["/vocabularies", "/vocabularies/failure-mode", "/vocabularies/failure-mode/shift", "/cases/PET-1", "/rounds",
         "/rounds/PET-3", "/rounds/PET-3?at=3", "/rounds/PET-4"]  # fmt: skip


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_labels_fits(browser, address_of_labels, path, width):
    test_browser.test_a_page_fits_and_breaks_no_rule_of_its_own(browser, address_of_labels, path, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/vocabularies/failure-mode", "/cases/PET-1", "/rounds/PET-3", "/rounds/PET-4"])
def test_text_of_labels_stands_out_in_both_themes(browser, address_of_labels, path, scheme):
    test_browser.test_text_stands_out_in_both_themes(browser, address_of_labels, path, scheme)


def test_a_round_is_done_by_keys_alone(browser, address_of_labels, labelled):
    page = browser.new_context(base_url=address_of_labels).new_page()
    page.goto("/rounds/PET-3?at=2")
    page.keyboard.press("f")
    page.keyboard.type("twice taken nothing")
    assert page.locator("#terms li:visible").count() == 0
    page.fill("#filter", "SHÍFTED")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("?at=3")
    with page.expect_navigation():
        page.keyboard.press("1")
    assert page.url.endswith("?at=4")
    with page.expect_navigation():
        page.keyboard.press("p")
    assert page.inner_text("#answer + p") == "You said Shifted."
    page.context.close()
    assert labelled.rounds.view("PET-3").done["ada"] == 2


def test_a_round_is_labelled_without_javascript(browser, address_of_labels, labelled):
    page = browser.new_context(base_url=address_of_labels, java_script_enabled=False).new_page()
    page.goto("/rounds/PET-3?at=5")
    page.click("button[value=leakage]")
    assert labelled.labels.list("run:1#s0003", everything=True)[-1].term == "leakage"
    page.context.close()
