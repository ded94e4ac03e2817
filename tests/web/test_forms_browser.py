"""The forms in a browser: without JavaScript, by keyboard, and from a page that another name leads to."""

from __future__ import annotations

import pytest

from tests.web import test_browser
from tests.web.forms import WHOLE, pages
from tests.web.test_browser import browser

__all__ = ["browser", "pages"]
pytestmark = pytest.mark.browser
PAGES = [
    "/cases/PET-2", "/cases/PET-2/edit", "/cases/PET-2/rate", "/cases/PET-2/verify", "/cases/new",
    "/cases/new?template=incident", "/cases/new?finding=finding:1", "/sign-in", "/about/run:1/comment",
]  # fmt: skip


@pytest.fixture
def address(pages) -> str:
    return str(pages.client.base_url)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_writes_fits(browser, address, path, width):
    test_browser.test_a_page_fits_and_breaks_no_rule_of_its_own(browser, address, path, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/cases/PET-2", "/cases/PET-2/edit", "/cases/PET-2/rate", "/cases/new"])
def test_text_of_a_form_stands_out_in_both_themes(browser, address, path, scheme):
    test_browser.test_text_stands_out_in_both_themes(browser, address, path, scheme)


def test_a_case_goes_from_nothing_to_submitted_without_javascript(browser, address, pages):
    page = browser.new_context(base_url=address, java_script_enabled=False).new_page()
    page.goto("/cases")
    page.get_by_role("link", name="New case").click()
    page.get_by_role("link", name="A failure found by an evaluation").click()
    page.get_by_label("Title needed").fill("Glare of wet roads read as lanes")
    page.get_by_label("Observed").fill("a lane where none is")
    page.get_by_role("button", name="Open").click()
    assert page.get_by_role("status").inner_text() == "✓ Opened: it is a draft."
    key = page.locator(".record-head .key").inner_text()

    page.locator("nav.moves summary", has_text="missing").click()
    page.get_by_role("link", name="why: why does it qualify as a case?").click()
    for name in ("why", "summary", "expected"):
        page.locator(f"#field-{name}").fill(WHOLE[name])
    page.get_by_role("group", name="Systems").get_by_role("textbox").first.fill("lane assistant")
    page.get_by_label("Owner").fill("ada")
    page.get_by_text("Add timeline").click()
    page.locator("[name='timeline.0.at']").fill("2026-03")
    page.locator("[name='timeline.0.what']").fill("first seen")
    page.get_by_label("Why you change it").fill("told by the driver")
    page.get_by_role("button", name="Save").click()
    assert "the revision before stays" in page.get_by_role("status").inner_text()

    page.locator("nav.moves summary", has_text="1 missing").click()
    page.get_by_role("link", name="severity: how bad is it?").click()
    for axis, level in (("harm", 3), ("reach", 1), ("detectability", 2), ("recoverability", 1)):
        page.locator(f"[name='axis.{axis}'][value='{level}']").check()
    page.get_by_role("button", name="Rate").click()

    page.locator("summary", has_text="Label").click()
    page.get_by_label("Term").fill("failure-mode:shfit")
    page.get_by_role("button", name="Label").click()
    assert "no-such-term" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Term").input_value() == "failure-mode:shfit"
    page.get_by_label("Term").fill("failure-mode:shift")
    page.get_by_role("button", name="Label").click()

    page.locator("nav.moves summary", has_text="Submit").click()
    page.get_by_label("What the reviewer should know").fill("the video is in the drive")
    page.get_by_role("button", name="Submit").click()
    assert page.get_by_role("status").inner_text() == "✓ Submitted: somebody else may verify it now."
    case = pages.ada.cases.get(key)
    assert (case.state, case.severity.band, case.timeline[0].at) == ("submitted", "high", "2026-03")
    assert len(pages.ada.labels.list(key)) == 1
    page.context.close()


def test_a_step_is_taken_by_keys_alone_and_focus_goes_to_what_happened(browser, address, pages):
    key = pages.draft("By keys")
    page = browser.new_context(base_url=address).new_page()
    page.goto(f"/cases/{key}")
    page.locator("nav.moves summary", has_text="Withdraw").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("no case, j and g are letters here")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=withdraw#happened")
    assert page.evaluate("document.activeElement.id") == "happened"
    assert pages.ada.cases.get(key).withdrawn == "no case, j and g are letters here"
    page.context.close()


def test_a_comment_is_answered_in_its_thread(browser, address, pages):
    key = pages.draft("Discussed")
    first = pages.bob.comments.add(key, "Was it the lamp?").number
    page = browser.new_context(base_url=address, java_script_enabled=False).new_page()
    page.goto(f"/cases/{key}")
    page.locator(f"#comment-{first} summary").click()
    page.get_by_label("Answer to bob").fill("It was.")
    page.locator(f"#comment-{first}").get_by_role("button", name="Answer").click()
    said = pages.ada.comments.list(key)[-1]
    assert (said.text, said.answers) == ("It was.", first)
    assert page.url.endswith(f"#comment-{said.number}")
    page.context.close()


def test_only_one_of_the_next_actions_is_open(browser, address, pages):
    page = browser.new_context(base_url=address).new_page()
    page.goto(f"/cases/{pages.draft('One at a time')}")
    for name in ("Withdraw", "Merge"):
        page.locator("nav.moves summary", has_text=name).click()
    assert page.locator("nav.moves details[open] > summary").all_inner_texts() == ["Merge"]
    page.context.close()


def test_who_signed_in_writes_over_plain_http_under_another_name(browser, chromium, pages):
    from errata.verbs.token import add_token

    token = add_token(pages.ada.store, "carols-tablet", actor="carol")
    key = pages.draft("From the ward")
    port = pages.client.base_url.port
    rules = "--host-resolver-rules=MAP errata.lan 127.0.0.1"
    opened = browser.browser_type.launch(executable_path=str(chromium), args=["--no-sandbox", "--headless", rules])
    page = opened.new_context(base_url=f"http://errata.lan:{port}").new_page()
    page.goto(f"/cases/{key}")
    page.locator("nav.moves summary", has_text="Withdraw").click()
    page.locator("nav.moves").get_by_role("link", name="sign in with a token").click()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    assert page.url.startswith(f"http://errata.lan:{port}/cases/{key}?done=sign-in")
    page.locator("nav.moves summary", has_text="Withdraw").click()
    page.get_by_label("Why it is no case").fill("the labels were wrong")
    page.get_by_role("button", name="Withdraw").click()
    assert page.get_by_role("status").inner_text().startswith("✓ Withdrawn")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign in").wait_for()
    assert page.context.cookies() == []
    opened.close()
    assert pages.ada.cases.history(key)[-1].actor == "carol"
