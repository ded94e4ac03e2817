"""The timeline of a case, and its reviews, as they are drawn and told."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from errata.web.timeline import entries, span_of, timeline


def moments(*at: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(at=one, what=f"<b>{number}") for number, one in enumerate(at)]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026", "2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        ("2024-02", "2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
        ("2026-01-05", "2026-01-05T00:00:00+00:00", "2026-01-06T00:00:00+00:00"),
        ("2026-01-05 14:03", "2026-01-05T14:03:00+00:00", "2026-01-05T14:03:00+00:00"),
        ("2026-01-05T14:03:09.5Z", "2026-01-05T14:03:09+00:00", "2026-01-05T14:03:09+00:00"),
        ("2026-01-05 14:03 UTC", "2026-01-05T14:03:00+00:00", "2026-01-05T14:03:00+00:00"),
        ("2026-01-05T01:30+02:00", "2026-01-04T23:30:00+00:00", "2026-01-04T23:30:00+00:00"),
    ],
)
def test_a_moment_takes_the_time_that_it_says(text: str, low: str, high: str):
    found = span_of(text)
    assert found and [one.isoformat() for one in found] == [low, high]


@pytest.mark.parametrize("text", ["", "soon", "2026-13", "2026-02-30", "2026-01-05T25:00", "9999", "2026-1-5"])
def test_words_and_days_that_are_none_take_no_time(text: str):
    assert span_of(text) is None


def test_moments_stand_as_far_apart_as_they_were():
    drawn = timeline(moments("2026-01-01 00:00", "2026-01-02 00:00", "2026-01-05 00:00"))
    assert re.findall(r'<circle cx="([\d.]+)%"', drawn) == ["2.00", "26.00", "98.00"]
    assert 'aria-label="3 moments from 2026-01-01 00:00 to 2026-01-05 00:00"' in drawn
    assert "&lt;b&gt;1" in drawn and "<b>" not in drawn


def test_a_month_is_drawn_as_long_as_it_is():
    drawn = timeline(moments("2026-01", "2026-02", "2026-03-31"))
    widths = [float(one) for one in re.findall(r'<rect x="[\d.]+%" width="([\d.]+)%"', drawn)]
    assert widths == [33.07, 29.87, 1.07]


def test_without_two_moments_there_is_no_line():
    assert timeline(moments("2026")) == ""
    assert timeline(moments("2026-01-01 10:00", "2026-01-01 10:00")) == ""
    assert timeline(moments("soon", "later", "2026")) == ""


def test_each_moment_says_how_long_after_the_one_before():
    found = entries(moments("2026-01-03", "2026-01-05 08:30Z", "2026-01-05 11:10Z", "2026-02", "2026-02-03", "soon"))
    assert [one.after for one in found] == ["", "2 d later", "2 h later", "", "", ""]
    assert [one.after for one in entries(moments("2026-01-05 08:30", "2026-01-05"))] == ["", ""]
    assert [one.after for one in entries(moments("2026-01-05 08:30", "2026-01-05 09:10"))] == ["", "40 min later"]
