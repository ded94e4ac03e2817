"""Charts of calibration, operating points, trend, nodes and drift: rows, sentences, colours of the page, odd input."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest

pytest.importorskip("altair", reason="the extra charts is not installed")

import errata
from errata.nouns.drift import Drift
from errata.nouns.operating_points import Abstention, CoveragePoint, OperatingPoints
from errata.nouns.trend import Bucket, ChangePoint, Trend
from errata.show.analyses_charts import analyses_charts
from errata.show.charts import drift, operating_points, trend
from errata.show.charts.chart import Chart
from errata.show.charts.names import address
from errata.show.html import report_charts
from tests.web.conftest import HOSTILE_COLUMN, fleet

NAMES = ["calibration", "operating-points", "trend", "nodes", "drift"]


@pytest.fixture(scope="module")
def report():
    return errata.analyze(
        fleet(), only=NAMES, time="at", nodes=["node", HOSTILE_COLUMN], positive="bad", model_from="firmware"
    )


@pytest.fixture(scope="module")
def drawn(report) -> dict[str, Chart]:
    return {one.name: one for one in analyses_charts(report)}


def test_each_analysis_has_its_pictures(report, drawn):
    assert report.not_done == ()
    assert list(drawn) == [
        "reliability", "calibration-slices", "risk-coverage", "fpr-by-factor", "fnr-by-factor", "trend", "nodes-node",
        "nodes--img-src-x-onerror-alert-1--", "drift",
    ]  # fmt: skip


def test_every_chart_has_rows_a_sentence_and_the_colours_of_the_page(drawn):
    for chart in drawn.values():
        assert chart.rows and chart.sentence.endswith(".")
        assert chart.csv().count("\n") >= len(chart.rows) + 1
        svg = chart.svg()
        ElementTree.fromstring(svg)
        assert "var(--" in svg and "style=" not in svg and "<img" not in svg
        assert not re.search(r'"#[0-9a-f]{3,8}"', svg), f"{chart.name} has a colour that does not follow the theme"
        assert re.fullmatch(r"[A-Za-z0-9-]+", chart.name)


def test_the_reliability_diagram_is_drawn_once(report):
    names = [chart.name for chart in report_charts(report)]
    assert names.count("reliability") == 1


def test_a_trend_marks_what_changed_in_its_table_and_in_words(report, drawn):
    changes = {one.time for one in report.analyses["trend"].change_points}
    assert changes
    assert {row["time"] for row in drawn["trend"].rows if row["mark"]} >= changes
    assert "Upright: a change of level." in drawn["trend"].sentence
    svg = drawn["trend"].svg()
    assert " pp from 2026-01-0" in svg and "fw 1.1 · " in svg


def buckets(many: int, gap: int = 0) -> tuple[Bucket, ...]:
    start = datetime(2026, 1, 1)
    hours = [start + timedelta(hours=at + (at >= many // 2) * gap) for at in range(many)]
    return tuple(Bucket(f"{hour:%Y-%m-%dT%H:%MZ}", 20, 20, 2, 0.1, 0.03, 0.3, 0.1) for hour in hours)


def a_trend(of: tuple[Bucket, ...], changes: tuple[ChangePoint, ...] = ()) -> Trend:
    return Trend(
        time="at", bucket="hour", buckets=of, empty=0, change_points=changes, anomalies=(), season=(), dispersion=1.0,
        false_alarm_rate=0.05, false_discovery_rate=0.05, draws=999,
    )  # fmt: skip


def test_a_long_trend_is_drawn_of_neighbours_and_says_so():
    (chart,) = trend.charts(a_trend(buckets(2000)))
    assert len(chart.rows) == 2000
    assert "5 hours together, without intervals, which the table has" in chart.sentence
    assert len(chart.spec["datasets"]["buckets"]) == 400
    assert sum(row["rows"] for row in chart.spec["datasets"]["buckets"]) == 40_000


def test_a_line_does_not_run_over_hours_without_rows():
    (chart,) = trend.charts(a_trend(buckets(10, gap=5)))
    assert {row["run"] for row in chart.spec["datasets"]["buckets"]} == {0, 1}
    (chart,) = trend.charts(a_trend(buckets(2, gap=5)))
    assert all(row["alone"] for row in chart.spec["datasets"]["buckets"]), "each has its own interval"


def test_labels_of_near_changes_stand_in_lanes_of_their_own():
    of = buckets(240)
    near = [
        ChangePoint(of[at].time, 0.1, 0.1, 0.1, 9, 0.2, 0.2, 0.2, 9, 0.1 * side, 0.0, 0.2, 0.01)
        for at, side in ((100, 1), (105, -1), (110, 1))
    ]
    (chart,) = trend.charts(a_trend(of, tuple(near)))
    labels = re.findall(r"translate\([\d.]+,([\d.]+)\)\"[^>]*>(?:● )?[+-]10\.0 pp", chart.svg())
    assert len(set(labels)) == 3
    assert trend.charts(a_trend(())) == []


def test_an_arrow_points_the_way_a_column_went(report, drawn):
    columns = {row["column"]: row for row in drawn["drift"].rows}
    assert columns["load"]["alarm"] and columns["load"]["which_way"].startswith("↑")
    found = report.analyses["drift"].as_drift()
    assert "first, " in drawn["drift"].sentence
    load = next(one for one in found.columns if one.column == "load")
    down = drift.drift_chart(replace(found, columns=(replace(load, direction="down"),)))
    assert down is not None
    values = next(layer["data"]["values"] for layer in down.spec["layer"] if "at" in layer["data"]["values"][0])
    assert values[0]["at"] < 0 and values[0]["head"] == "triangle-left"


def test_without_a_column_there_is_no_arrow():
    none = Drift(a="A", b="B", a_rows=0, b_rows=0, columns=(), attribution=None, left_out=(), roles={},
                 min_effect=0.02, false_discovery_rate=0.05)  # fmt: skip
    assert drift.drift_chart(none) is None


def test_nobody_wrong_is_drawn_too():
    points = tuple(
        CoveragePoint(coverage=share, threshold=1 - share, risk=0.0, low=0.0, high=0.1) for share in (0.5, 1.0)
    )
    found = Abstention(rows=10, risk=0.0, aurc=0.0, aurc_low=0.0, aurc_high=0.0, excess=0.0, points=points)
    (chart,) = operating_points.charts(OperatingPoints(classes=(), positive=None, rates=(), abstention=found))
    assert "<svg" in chart.svg()


def test_names_that_would_have_one_address_are_numbered():
    assert address("nodes", ["a b", "a-b", "", "é"]) == ["nodes-a-b", "nodes-a-b-2", "nodes-column", "nodes--"]
