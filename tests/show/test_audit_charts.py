"""Charts of fairness and of a heatmap."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

import errata
from errata.show.charts.chart import Chart

pytest.importorskip("altair", reason="the extra charts is not installed")


@pytest.fixture(scope="module")
def drawn() -> list[Chart]:
    from errata.show.analyses_charts import analyses_charts

    rng = np.random.default_rng(0)
    rows = 3000
    site = rng.choice(["north", "south", "it's \\ far"], rows, p=[0.5, 0.49, 0.01])
    night = rng.random(rows) < 0.3
    wrong = rng.random(rows) < 0.1 + 0.3 * (night & (site == "north"))
    truth = rng.random(rows) < 0.5
    table = pa.table({"truth": truth, "prediction": truth ^ wrong, "site": site, "night": night})
    report = errata.analyze(
        table, only=["fairness", "heatmap"], fairness=["site", "night"], heatmap=["site", "night"], positive=True
    )
    return analyses_charts(report)


def test_each_column_has_its_picture_and_the_heatmap_one(drawn: list[Chart]) -> None:
    assert [one.name for one in drawn] == ["fairness-site", "fairness-night", "heatmap"]
    assert [one.title for one in drawn] == ["Gaps by site", "Gaps by night", "Failures by site and night"]


def test_they_take_their_colours_from_the_page(drawn: list[Chart]) -> None:
    for one in drawn:
        svg = one.svg()
        ElementTree.fromstring(svg)
        assert "var(--" in svg and "style=" not in svg and "<script" not in svg
        assert not re.search(r'"#[0-9a-f]{3,8}"', svg), "a colour that does not follow the theme"
        assert one.png().startswith(b"\x89PNG")


def test_a_heatmap_writes_rate_and_rows_and_frames_what_is_beyond(drawn: list[Chart]) -> None:
    heatmap = drawn[2]
    assert (
        "Framed: more or less than the two factors explain by themselves. First, night = true and site = 'north'"
        in (heatmap.sentence)
    )
    assert "fewer than 20 rows" in heatmap.sentence
    svg = heatmap.svg()
    assert svg.count("stroke-dasharray") >= 1 and "%</text>" in svg
    assert {"rows", "failed", "rate", "low", "high", "expected", "p_adjusted"} <= set(heatmap.rows[0])


def test_gaps_are_drawn_with_their_simultaneous_intervals(drawn: list[Chart]) -> None:
    rows = drawn[0].rows
    assert {row["metric"] for row in rows} == {"error rate", "FPR of true", "FNR of true"}
    assert all(row["gap_low"] <= row["gap"] <= row["gap_high"] for row in rows)
    assert "intervals that hold for all" in drawn[0].sentence
