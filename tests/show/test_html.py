from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from errata.show.html import report_page
from errata.show.notebook import report_html
from tests.show.reports import NIGHT, NIGHTS, QUIET

pytest.importorskip("altair", reason="the extra charts is not installed")
HOSTILE = "note = '<img src=x onerror=alert(1)>'"


class References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]


def test_a_report_is_one_file_that_fetches_nothing():
    page = report_page(NIGHTS)
    parser = References()
    parser.feed(page)
    assert [ref for ref in parser.found if not ref.startswith(("data:", "#"))] == []
    assert "script" not in parser.tags
    assert "link" not in parser.tags
    assert "@import" not in page
    assert not re.search(r"url\((?!data:)", page)


def test_a_report_says_rate_interval_and_counts_together():
    page = report_page(NIGHTS)
    assert '<strong>49.0 %</strong> <span class="soft">[45.8, 52.1]</span>' in page
    assert "480/980" in page
    assert "cat taken for dog" in page
    assert "Nothing else beats chance (3,482 slices tried, family-wise 5 %)." in page


def test_every_picture_has_its_table_four_downloads_and_a_sentence():
    page = report_page(NIGHTS)
    assert page.count("<figure") == page.count("<figcaption>") == page.count("Table and downloads") == 3
    assert page.count('download="') == 12


def test_a_report_without_findings_says_so():
    page = report_page(QUIET)
    assert "No slice beats chance (3,482 tried, family-wise 5 %)." in page
    assert "<figure" not in page


def test_a_report_names_the_command_that_makes_it_again():
    page = report_page(replace(NIGHTS, source="my preds.csv"))
    assert "<code>errata analyze &#39;my preds.csv&#39; --truth label --prediction pred --score conf</code>" in page


@pytest.mark.parametrize("form", [report_page, report_html])
def test_text_of_the_user_stays_text(form):
    page = form(replace(NIGHTS, findings=(replace(NIGHT, slice=HOSTILE),), source="<b>x</b>.csv"))
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert "<b>x</b>" not in page


def test_a_notebook_cell_names_colours_for_itself_only():
    cell = report_html(NIGHTS)
    assert ":root" not in cell
    assert ".errata-report {" in cell
    assert "480/980" in cell
