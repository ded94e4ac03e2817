"""Clusters as they are told and drawn."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from errata.nouns.clusters import (
    ClassPair,
    Cluster,
    Clusters,
    ClusterSample,
    Condition,
    MapPoint,
    NumberTried,
    Outlier,
    Term,
)
from errata.show.charts.clusters import charts
from errata.show.clusters_text import lines
from errata.show.paint import Paint

NIGHT = Condition("light = 'night'", 0.9, 0.2, 4.5, 4.2, 4.8, 1e-9)
PAIRS = (ClassPair("bus", "tram", 40, 0.714, 0.01, 1e-9), ClassPair("car", "bus", 9, 0.16, 0.2, 0.4))
POINTS = (
    MapPoint(0.5, 1.0, True, 1, 41, "s41"),
    MapPoint(-1.0, 0.0, True, 2, 8, None),
    MapPoint(0.0, 0.0, False, 1, 9, "s9"),
)
FIRST = Cluster(
    number=1, name="light = 'night'", all_rows=310, all_failed=110, rows=160, failed=56, error_rate=0.35, low=0.281,
    high=0.427, rest_error_rate=0.05, excess_errors=48.0, excess_errors_low=34.2, stability=0.95, stable=True,
    conditions=(NIGHT,), pairs=PAIRS,
    samples=(ClusterSample(41, "s41", 0.2), ClusterSample(7, None, 0.4)),
)  # fmt: skip
SECOND = replace(
    FIRST, number=2, name="nothing sets it apart", rows=1200, failed=60, error_rate=0.05, low=0.039, high=0.064,
    rest_error_rate=0.09, excess_errors=-48.0, excess_errors_low=-70.0, stability=0.4, stable=False, conditions=(),
    pairs=(), samples=(),
)  # fmt: skip
FOUND = Clusters(
    by="embedding", columns=("emb",), dimensions=512, axes=50, kept=0.93, method="kmeans", number=2, p=0.05,
    tried=(NumberTried(2, 0.97, 0.5, 0.7, 0.3), NumberTried(3, 0.6, 0.4, 0.5, 0.2)), tried_rows=230, rows=2700,
    failures=230, unplaced=3, counted_rows=1360, counted_failed=116, clusters=(FIRST, SECOND), conditions=(), terms=(),
    outliers=(Outlier(99, "s99", 2, 3.25),),
    map=POINTS,
    explained=(0.3, 0.1), false_discovery_rate=0.05, notes=("3 rows left out: emb holds no finite numbers there",),
)  # fmt: skip
UNPLACED = tuple(replace(point, cluster=None) for point in POINTS)
NONE = replace(FOUND, number=None, p=0.4, clusters=(), conditions=(NIGHT,), outliers=(), map=UNPLACED)


def told(found: Clusters, width: int = 100) -> str:
    return "\n".join(lines(found, width, Paint(False)))


def test_clusters_are_told_with_their_rates_and_what_sets_them_apart() -> None:
    assert told(FOUND) == (
        "clusters of 230 failures by the embedding emb · 2 of them\n"
        "  ● 1  light = 'night': 35.0 % [28.1, 42.7] · 56/160 · rest 5.00 % · +48 errors above the rest (≥\n"
        "    34)\n"
        "       light = 'night': 90.0 % of them, 20.0 % of passing rows, × 4.50 [4.20, 4.80]\n"
        "       of its failures (of others): bus taken for tram 71.4 % (1.00 %)\n"
        "       in all 110 failed of 310 rows · stability 0.95 · such as s41, row 8\n"
        "  ○ 2  nothing sets it apart: 5.00 % [3.90, 6.40] · 60/1,200 · rest 9.00 % · -48 errors above the\n"
        "    rest\n"
        "       in all 110 failed of 310 rows · stability 0.40: dissolves when rows change\n"
        "  far from any: s99 (× 3.2)\n"
        "  512 dimensions along 50 axes (93.0 % of the variance). 2 to 3 clusters tried on 230 failures,\n"
        "    p = 0.0500 of none at all. One half of the rows made the clusters, all else is counted on the\n"
        "    other (116 failed of 1,360 rows); it is no false discovery (Benjamini–Hochberg at 5.00 %)\n"
        "  note: 3 rows left out: emb holds no finite numbers there"
    )


def test_no_clusters_are_told_in_words_and_so_is_which_kind_of_none() -> None:
    said = " ".join(told(NONE).split())
    assert (
        "no cluster structure ✓ failures are one cloud as far as this can tell: at best, 2 clusters agree to 0.97"
        in said
    )
    assert "what sets failed rows apart from rows that passed: light = 'night': 90.0 % of them" in said
    assert "◆ more structure than one cloud has, but no number of" in told(replace(NONE, p=0.05))
    assert "too few to say" in told(replace(NONE, p=None, tried=(), tried_rows=9))


def test_words_of_texts_stand_with_both_shares() -> None:
    term = Term("refund", 0.6, 0.05, 2.1, 6.0, 1e-6)
    text = replace(FOUND, by="text", columns=("answer",), clusters=(replace(FIRST, terms=(term,)), SECOND))
    assert "clusters of 230 failures by the words of answer" in told(text)
    assert "its words, failed : passed: refund 60 % : 5.0 %" in told(text)


def test_the_map_has_a_colour_and_a_shape_for_each_cluster() -> None:
    pytest.importorskip("altair", reason="the extra charts is not installed")
    (made,) = charts(FOUND)
    drawn = made.svg()
    ElementTree.fromstring(drawn)
    assert not re.search(r'"#[0-9a-f]{3,8}"', drawn), "a colour that does not follow the theme"
    for colour in ("cat-1", "cat-2", "line-strong"):
        assert f"var(--{colour})" in drawn
    rows = list(csv.DictReader(io.StringIO(made.csv())))
    assert [row["sample"] for row in rows] == ["s41", "row 9", "s9"]
    assert [row["outcome"] for row in rows] == ["failed", "failed", "passed"]
    assert made.sentence == (
        "2 failed rows in colour over 1 row that passed, in grey: drawn at random, along the two axes of largest "
        "variance (40.0 % of it: what lies together here may lie apart). First of 2, light = 'night': 35.0 % of its "
        "rows fail."
    )
    assert charts(NONE)[0].sentence.endswith("There is no cluster structure.")
    assert charts(replace(FOUND, map=())) == []


def test_many_clusters_differ_in_colour_or_shape() -> None:
    pytest.importorskip("altair", reason="the extra charts is not installed")
    many = tuple(replace(FIRST, number=at) for at in range(1, 16))
    points = tuple(MapPoint(at, at, True, at, at, None) for at in range(1, 16))
    spec = charts(replace(FOUND, number=15, clusters=many, map=points))[0].spec
    looks = spec["layer"][-1]["encoding"]
    pairs = set(zip(looks["color"]["scale"]["range"], looks["shape"]["scale"]["range"], strict=True))
    assert len(pairs) == 15
