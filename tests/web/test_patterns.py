"""Pages about many cases: patterns, the review queue, what needs somebody, and the links of one as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest

from errata.web.linked import Link, linked
from tests.serving import served
from tests.verbs.test_needs import LEVELS, WHOLE
from tests.web.conftest import HOSTILE


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory):
    """PET-1 of bob's waits for ada, PET-3 and PET-4 are hers; all three say what kind of failure they are."""
    from errata.client.catalog import init_catalog, open_catalog

    folder = tmp_path_factory.mktemp("told")
    init_catalog(folder, project="pets").close()
    ada, bob = (open_catalog(folder / ".errata", actor=name) for name in ("ada", "bob"))
    whole = bob.cases.open(title=f"Night {HOSTILE}", occurred="2026-01-04", owner="bob", **WHOLE)
    bob.cases.rate(whole.key, LEVELS)
    bob.vocabularies.add("failure-mode")
    keys = [ada.cases.open(title=title, occurred=day, models=["dogs@3"]).key
            for title, day in (("Rain", "2026-03-01"), ("Snow", "2026-04-02"))]  # fmt: skip
    bob.labels.add(whole.key, "failure-mode:shift")
    for key in keys:
        ada.labels.add(key, "failure-mode:too-large")
    bob.cases.submit(whole.key)
    ada.cases.link(keys[0], "wasInformedBy", whole.key)
    ada.cases.link(keys[0], "wasInfluencedBy", "drift:brightness")
    ada.cases.link(keys[1], "wasDerivedFrom", keys[0])
    yield ada, whole.key, keys
    ada.close()
    bob.close()


@pytest.fixture(scope="module")
def told_address(told) -> Iterator[str]:
    with served(told[0]) as found:
        yield found


@pytest.fixture(scope="module")
def client(told_address):
    with httpx.Client(base_url=told_address, timeout=60) as made:
        yield made


def test_every_number_of_the_patterns_leads_to_as_many_cases(client):
    text = client.get("/patterns").text
    assert "1 of 1 failure mode recurs, over 3 cases." in text
    found = re.findall(r'<a href="(/cases\?q=[^"]+)">(\d+)</a>', text)
    assert [n for _, n in found] == ["3", "1", "1", "1", "2", "1", "1", "1", "1", "2", "1", "1", "1", "1"]
    for href, n in dict(found).items():
        assert f">{n} case{'' if n == '1' else 's'} · " in client.get(unescape(href)).text


def test_the_review_queue_says_who_may_verify(client, told):
    text = client.get("/review").text
    assert "1 case submitted, of which ada may verify 1" in text
    assert HOSTILE not in text
    assert f"errata case verify {told[1]} --reran run:N" in text


def test_the_overview_begins_with_what_needs_somebody(client, told):
    text = client.get("/").text
    assert "1 thing needs ada" in text
    assert text.index("1 thing needs ada") < text.index("<h1>")
    assert f'<a href="/cases/{told[1]}">' in text
    assert HOSTILE not in text


def test_a_case_with_two_links_has_them_as_a_picture(client, told):
    text = client.get(f"/cases/{told[2][0]}").text
    assert "with 2 that it came from at its left and 1 that came of it at its right" in text
    assert "drift:brightne…" in text
    assert f"<title>wasDerivedFrom of {told[2][1]}</title>" in text
    assert 'class="linked"' not in client.get(f"/cases/{told[2][1]}").text


@pytest.mark.parametrize(
    ("predicate", "out", "before"),
    [
        ("wasDerivedFrom", True, True),
        ("wasDerivedFrom", False, False),
        ("generated", True, False),
        ("generated", False, True),
        ("alternateOf", True, False),
        ("alternateOf", False, False),
    ],
)
def test_what_was_there_before_stands_at_the_left(predicate, out, before):
    assert Link(predicate, "PET-9", "/cases/PET-9", out).before is before


def test_a_picture_of_many_links_draws_the_first_and_counts_the_rest():
    many = [Link("used", f"{HOSTILE}{n}", "", True) for n in range(11)]
    drawn = linked("PET-1", many)
    assert drawn.count("<g>") == 8
    assert ">3 more<" in drawn
    assert "<script" not in drawn
    assert linked("PET-1", many[:1]) == ""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_these_pages_fit_stand_out_and_break_no_rule_of_their_own(chromium, told, told_address, width, scheme):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.web.test_browser import CONTRAST

    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(chromium), args=["--no-sandbox", "--headless"])
        context = browser.new_context(
            base_url=told_address, viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        for path in ("/", "/patterns", "/review", f"/cases/{told[2][0]}"):
            page.goto(path)
            assert said == []
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            assert page.evaluate(CONTRAST) == []
        [drawn] = page.locator("svg.linked").all()
        box = drawn.bounding_box()
        assert (box["width"], box["x"] + box["width"] <= width) == (352, True)
        page.locator("svg.linked a").first.click()
        page.wait_for_url(f"**/cases/{told[1]}")
        browser.close()
