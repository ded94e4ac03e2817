from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from errata.show.charts.chart import light_colours
from errata.show.charts.confusion import confusion_chart
from errata.show.charts.reliability import reliability_chart
from errata.show.charts.slices import slices_chart
from errata.show.charts.strip import Scale, strip
from tests.show.reports import NIGHT, NIGHTS, QUIET

CHARTS = [slices_chart, confusion_chart, reliability_chart]
pytest.importorskip("altair", reason="the extra charts is not installed")


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_in_a_page_takes_its_colours_from_the_page(chart):
    drawn = chart(NIGHTS).svg()
    ElementTree.fromstring(drawn)
    assert "var(--" in drawn
    assert not re.search(r'"#[0-9a-f]{3,8}"', drawn), "a colour that does not follow the theme"
    assert "style=" not in drawn, "a policy of style-src 'self' would drop it"
    assert "<script" not in drawn


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_as_a_file_stands_alone(chart):
    made = chart(NIGHTS)
    assert "var(--" not in made.svg_file()
    assert light_colours()["paper"] in made.svg_file()
    assert made.png().startswith(b"\x89PNG")


def test_a_chart_has_its_table_and_a_sentence():
    made = slices_chart(NIGHTS)
    rows = list(csv.DictReader(io.StringIO(made.csv())))
    assert [row["slice"] for row in rows] == ["contrast < 0.4 and source = 'night'", "camera = 'B7'"]
    assert rows[0]["failed"] == "480"
    assert made.sentence == (
        "Dot and line: error rate of each slice with its 95 % interval; tick: the rest; the hairline is all rows, "
        "9.00 %. First, contrast < 0.4 and source = 'night': 49.0 %."
    )


@pytest.mark.parametrize("chart", CHARTS)
def test_where_there_is_nothing_to_draw_there_is_no_chart(chart):
    assert chart(QUIET) is None


def test_a_slice_of_many_lines_has_room_for_them():
    long = "camera = 'B7' and contrast >= 0.1 and objects >= 4 and weather = 'fog'"
    assert slices_chart(NIGHTS).spec["height"] == {"step": 36}
    assert slices_chart(replace(NIGHTS, findings=(replace(NIGHT, slice=long),))).spec["height"] == {"step": 66}


def test_a_slice_cannot_draw_anything_but_its_text():
    hostile = "note = '</svg><script>alert(1)</script>\"'"
    drawn = slices_chart(replace(NIGHTS, findings=(replace(NIGHT, slice=hostile),))).svg()
    ElementTree.fromstring(drawn)
    assert "<script" not in drawn
    assert "&lt;" in drawn


def test_a_scale_holds_zero_and_every_value():
    scale = Scale.over([0.13, 0.49, None])
    assert (scale.low, scale.high) == (0.0, 0.5)
    assert scale.at(0.0) == 5.0
    assert scale.at(0.5) == 155.0
    assert scale.at(9.0) == 155.0


def test_a_strip_draws_the_dot_the_interval_and_the_rest():
    drawn = strip(Scale(0.0, 0.5), 0.25, 0.2, 0.3, rest=0.1)
    assert '<circle cx="80" cy="8" r="4" fill="var(--fail)"/>' in drawn
    assert '<line x1="65" x2="95" y1="8" y2="8" stroke="var(--fail)" stroke-width="2"/>' in drawn
    assert '<line x1="35" x2="35" y1="1" y2="15" stroke="var(--line-strong)"/>' in drawn
    assert strip(Scale(0.0, 0.5), None) == ""
