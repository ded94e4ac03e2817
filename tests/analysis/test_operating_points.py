"""Operating points against scikit-learn on every threshold, and against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from errata.analysis.operating_points import (
    Thresholds,
    abstention,
    cheapest,
    precision_at,
    recall_at,
    score_edges,
)
from errata.analysis.tally import Axis, Counts, Tally
from errata.engine.local.tally import tally

Float = NDArray[np.float64]


def counted(score: Float, true: NDArray[np.bool_], edges: Sequence[float]) -> Counts:
    batch = pa.record_batch({"score": score, "true": true})
    return tally([batch], [Tally((Axis("score", edges=tuple(edges)), Axis("true")))])[0]


def thresholds(score: Any, true: Any) -> Thresholds:
    score, true = np.asarray(score, float), np.asarray(true, bool)
    edges = score_edges(score[true], score[~true], also=(0.5,))
    return Thresholds.of(counted(score, true, edges), edges)


def drawn(kind: str, rows: int = 60_000, seed: int = 0) -> tuple[Float, NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    if kind == "rare":
        true = rng.random(rows) < 0.05
        score = 1 / (1 + np.exp(-rng.normal(np.where(true, 2.0, -2.0), 1.5)))
    elif kind == "sure":  # most scores are nearly 0 or nearly 1
        true = rng.random(rows) < 0.4
        score = 1 / (1 + np.exp(-rng.normal(np.where(true, 10.0, -6.0), 8.0)))
    else:  # few distinct scores, many ties
        true = rng.random(rows) < 0.3
        score = np.round(rng.beta(np.where(true, 4, 2), np.where(true, 2, 4)), 2)
    return score, true


@pytest.mark.parametrize("kind", ["rare", "sure", "ties"])
@pytest.mark.parametrize("target", [0.5, 0.8, 0.9, 0.95])
def test_they_are_within_a_thousandth_of_scikit_learn(kind: str, target: float) -> None:
    score, true = drawn(kind)
    precision, recall, _ = precision_recall_curve(true, score)
    found = thresholds(score, true)
    at = recall_at(found, target)
    exact = recall[:-1][precision[:-1] >= target].max(initial=0.0)
    assert (at.value or 0.0) == pytest.approx(exact, abs=0.001)
    assert exact <= (at.at_most or 0.0) + 1e-12
    back = precision_at(found, target)
    exact = precision[:-1][recall[:-1] >= target].max()
    assert back.value == pytest.approx(exact, abs=0.001)
    assert back.at_most is not None and back.value is not None and back.value <= exact + 1e-12 <= back.at_most + 2e-12


def test_what_a_threshold_is_said_to_do_it_does() -> None:
    score, true = drawn("sure")
    at = recall_at(thresholds(score, true), 0.9)
    said = score >= at.threshold
    assert at.value == pytest.approx(true[said].sum() / true.sum())
    assert at.reached == pytest.approx(true[said].mean())
    assert at.low is not None and at.high is not None and at.low < at.value < at.high


def test_six_rows_by_hand() -> None:
    # score 0.9 + , 0.8 −, 0.7 +, 0.6 +, 0.3 −, 0.1 −
    found = thresholds([0.9, 0.8, 0.7, 0.6, 0.3, 0.1], [True, False, True, True, False, False])
    point = recall_at(found, 0.75)
    assert (point.value, point.reached, point.threshold) == (1.0, 0.75, 0.6)
    point = recall_at(found, 0.9)
    assert (point.value, point.reached, point.threshold) == (pytest.approx(1 / 3), 1.0, 0.9)
    point = precision_at(found, 0.6)
    assert (point.value, point.threshold) == (0.75, 0.6)
    # fp=1, fn=5: at 0.6 one false positive of six rows; to miss one costs 5/6.
    cost = cheapest(found, 1, 5)
    assert (cost.cost, cost.threshold, cost.fpr, cost.fnr) == (pytest.approx(1 / 6), 0.6, pytest.approx(1 / 3), 0.0)
    # fp=10, fn=1: one right at 0.9 and two missed is cheaper than any false positive.
    cost = cheapest(found, 10, 1)
    assert (cost.cost, cost.threshold) == (pytest.approx(2 / 6), 0.9)


def test_a_class_that_no_threshold_gives_is_never_said() -> None:
    found = thresholds([0.9, 0.8, 0.2], [False, False, True])
    point = recall_at(found, 0.5)
    assert (point.value, point.threshold) == (None, None)
    cost = cheapest(found, 1, 1)
    assert (cost.threshold, cost.cost, cost.fnr) == (None, pytest.approx(1 / 3), 1.0)


def test_the_cheapest_threshold_is_that_of_every_threshold_tried() -> None:
    score, true = drawn("rare", 20_000)
    cost = cheapest(thresholds(score, true), 1, 5)
    order = np.argsort(-score)
    false, missed = np.cumsum(~true[order]), true.sum() - np.cumsum(true[order])
    best = ((false + 5 * missed) / len(true)).min()
    assert cost.at_least <= best + 1e-12 <= cost.cost + 1e-9
    assert cost.cost == pytest.approx(best, abs=0.001)
    said = score >= 0.5
    of_half = cheapest(thresholds(score, true), 1, 1)
    assert of_half.calibrated_threshold == 0.5
    assert of_half.calibrated_cost == pytest.approx((said != true).mean())


def test_the_area_under_risk_and_coverage() -> None:
    rng = np.random.default_rng(4)
    score = rng.beta(4, 1, 30_000)
    failed = rng.random(30_000) > score
    edges = score_edges(score, score[failed])
    found = abstention(counted(score, failed, edges), edges)
    wrong = np.cumsum(failed[np.argsort(-score)])
    exact = float((wrong / np.arange(1, len(wrong) + 1)).mean())
    assert found is not None
    assert found.aurc_low <= exact <= found.aurc_high
    assert found.aurc == pytest.approx(exact, abs=1e-4)
    assert found.aurc_high - found.aurc_low < 0.005
    best = np.cumsum(np.sort(failed)) / np.arange(1, len(failed) + 1)
    assert found.excess == pytest.approx(exact - best.mean(), abs=1e-4)
    at = next(point for point in found.points if point.coverage >= 0.8)
    answered = score >= at.threshold
    assert (answered.mean(), failed[answered].mean()) == (pytest.approx(at.coverage), pytest.approx(at.risk))
    assert found.points[-1].coverage == 1.0 and found.points[-1].risk == pytest.approx(found.risk)


def test_the_area_by_hand() -> None:
    # From the surest down: right, wrong, right, wrong. Risks 0, 1/2, 1/3, 2/4.
    score, failed = np.array([0.9, 0.8, 0.7, 0.6]), np.array([False, True, False, True])
    edges = score_edges(score)
    found = abstention(counted(score, failed, edges), edges)
    assert found is not None
    assert found.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert found.aurc_low == pytest.approx(found.aurc) == found.aurc_high
    assert found.excess == pytest.approx(found.aurc - (0 + 0 + 1 / 3 + 1 / 2) / 4)
    # All equally sure: any order is as good, and the mean over orders is the error rate.
    tied = abstention(counted(np.full(4, 0.5), failed, (0.5,)), (0.5,))
    assert tied is not None and tied.aurc == pytest.approx(0.5)
    assert abstention(counted(np.array([np.nan]), np.array([True]), (0.5,)), (0.5,)) is None
