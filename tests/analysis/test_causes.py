"""The mathematics of cause tests: label noise, risk ratios, learning curves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from errata.analysis.label_noise import confident, joint, label_noise, tempered, thresholds
from errata.analysis.learning_curve import Curve, fit, learning_curve
from errata.analysis.risk_ratio import equal_p, koopman


def labelled(seed: int, noise: float, rows: int = 2000, classes: int = 4, sharp: float = 1.0) -> tuple[Any, Any, Any]:
    """Scores, labels and which labels are wrong: labels follow the scores at temperature ``sharp``."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2.5, (rows, classes))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (tempered(p, sharp).cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)
    wrong = rng.random(rows) < noise
    return p, np.where(wrong, (truth + rng.integers(1, classes, rows)) % classes, truth), wrong


def test_confident_learning_by_hand() -> None:
    scores = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6], [0.1, 0.9], [0.55, 0.45]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert thresholds(scores, labels) == pytest.approx([0.6, 0.65])
    # 0.6 is not reached by class 0 of row 4, nor 0.65 by its class 1; the last row reaches neither.
    assert confident(scores, labels).tolist() == [0, 0, 1, -1, 1, -1]
    assert joint(confident(scores, labels), labels, 2) == pytest.approx(np.array([[1 / 3, 1 / 6], [0, 0.5]]))


@pytest.mark.parametrize("sharp", [1.0, 2.0])
def test_over_confidence_is_no_noise(sharp: float) -> None:
    alarms = sum(label_noise(*labelled(seed, 0.0, 1000, sharp=sharp)[:2], None).sure >= 1e-4 for seed in range(15))
    assert alarms <= 1


def test_noise_is_measured_and_found() -> None:
    covered = 0
    for seed in range(15):
        scores, labels, wrong = labelled(seed, 0.1, 1500)
        found = label_noise(scores, labels, None)
        assert found.share.low is not None and found.share.high is not None
        covered += found.share.low <= 0.1 <= found.share.high
    assert covered >= 12
    assert found.sure > 0.02
    assert found.chances.sum() == pytest.approx(wrong[found.suspects].sum(), rel=0.35)
    first, rest = np.array_split(found.suspects, 2)
    assert wrong[first].mean() > wrong[rest].mean() + 0.2
    assert found.disagreements > found.expected


def test_no_noise_that_was_seen_may_still_be_some() -> None:
    # Rows that are surely right, all alike: the share's upper end is 1 − exp(−χ²/2n).
    scores, labels = np.tile([1.0, 0.0], (1000, 1)), np.zeros(1000, np.int64)
    scores[::2], labels[::2] = [0.0, 1.0], 1
    assert label_noise(scores, labels, None).share.value == 0
    assert label_noise(scores, labels, None).share.high == pytest.approx(1 - math.exp(-3.8415 / 2000), rel=0.01)


def test_a_pair_of_classes_that_is_mislabelled_more_is_named() -> None:
    scores, labels, _ = labelled(3, 0.02, 4000)
    rng = np.random.default_rng(0)
    labels = np.where((labels == 1) & (rng.random(4000) < 0.12), 2, labels)
    found = label_noise(scores, labels, None)
    assert (found.pairs[0].label, found.pairs[0].other) == (2, 1)
    assert found.pairs[0].rows > 2 * found.pairs[0].expected


def test_pairs_of_single_rows_are_what_many_classes_make() -> None:
    rng = np.random.default_rng(0)
    classes, rows = 100, 1500
    scores = np.exp(rng.normal(0, 1, (rows, classes)) + 8 * np.eye(classes)[rng.integers(0, classes, rows)])
    scores /= scores.sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(classes, p=one) for one in scores])
    found = label_noise(scores, labels, None)
    assert found.disagreements > 20
    assert (found.pairs, found.tried) == ((), classes * (classes - 1))


def test_copies_of_a_row_widen_the_interval() -> None:
    scores, labels, _ = labelled(4, 0.08, 800)
    alone = label_noise(scores, labels, None).share
    four = label_noise(np.tile(scores, (4, 1)), np.tile(labels, 4), np.tile(np.arange(800), 4)).share
    assert four.value == pytest.approx(alone.value, abs=1e-9)
    assert None not in (alone.low, alone.high, four.low, four.high)
    assert four.high - four.low == pytest.approx(alone.high - alone.low, rel=0.4)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("k", "n", "o", "m"), [(15, 100, 10, 200), (1, 30, 20, 90), (40, 41, 5, 60), (3, 1000, 9, 900)]
)
def test_risk_ratios_are_those_of_statsmodels(k: int, n: int, o: int, m: int) -> None:
    expected = confint_proportions_2indep(k, n, o, m, compare="ratio", method="score", correction=False)
    assert koopman(k, n, o, m) == pytest.approx(expected, rel=1e-4)
    assert equal_p(k, n, o, m) == pytest.approx(proportions_ztest([k, o], [n, m])[1], rel=1e-9)


@given(st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(1, 30))
@settings(max_examples=80)
def test_a_risk_ratio_holds_its_estimate(k: int, n: int, o: int, m: int) -> None:
    low, high = koopman(min(k, n), n, min(o, m), m)
    assert 0 <= low <= high
    if min(o, m):
        ratio = min(k, n) / n / (min(o, m) / m)
        assert low <= ratio * (1 + 1e-6) + 1e-9 and ratio <= high * (1 + 1e-6)


SIZES = np.array([250.0, 500, 1000, 2000, 4000, 8000])


def trained(seed: int, rates: Any, samples: int = 1500) -> Curve:
    """Trainings judged on the same samples, which are hard or easy for all of them."""
    rng = np.random.default_rng(seed)
    hard = rng.random((samples, 1))
    failed = 0.7 * hard + 0.3 * rng.random((samples, len(SIZES))) < np.asarray(rates)[None]
    found = learning_curve(SIZES, np.ones_like(failed, float), failed.astype(float), seed=seed)
    assert isinstance(found, Curve)
    return found


def test_the_curve_of_exact_rates() -> None:
    a, b, c = fit(SIZES, (0.05 + 3 * SIZES**-0.5)[None], np.full(6, 1000.0))
    assert (a[0], c[0]) == pytest.approx((0.05, 0.5), abs=0.02)  # exponents are a grid of steps of 10 %
    assert b[0] * 8000 ** c[0] == pytest.approx(3, rel=0.15)


def test_more_data_helps_where_it_does() -> None:
    found = trained(1, 0.12 + 6 * SIZES**-0.5)
    assert found.verdict == "more data would help"
    assert found.gain.low is not None and found.gain.low > 0 and found.gain.value is not None
    assert found.doubled.value is not None and found.doubled.value < found.fitted[-1]


def test_flat_curves_are_seldom_said_to_fall() -> None:
    rng = np.random.default_rng(0)
    verdicts = [trained(seed, 0.2 * (1 + rng.normal(0, 0.02, 6))).verdict for seed in range(24)]
    assert verdicts.count("more data would help") <= 3
    assert verdicts.count("flat") >= 10


def test_the_gain_is_covered() -> None:
    rates = 0.12 + 6 * SIZES**-0.5
    # A sample fails with probability F(rate), F the distribution of 0.7 u + 0.3 v.
    scale = np.random.default_rng(9)
    both = 0.7 * scale.random(400_000) + 0.3 * scale.random(400_000)
    last, doubled = ((both < 0.12 + 6 * n**-0.5).mean() for n in (8000.0, 16000.0))
    found = [trained(seed, rates) for seed in range(24)]
    covered = sum(one.gain.low <= last - doubled <= one.gain.high for one in found)  # type: ignore[operator]
    assert covered >= 20


def test_too_few_sizes_and_rates_at_the_ends_are_said() -> None:
    one = np.ones((10, 3))
    assert learning_curve(np.array([1.0, 2, 3]), one, 0 * one) == "3 sizes: a curve needs 4 at least"
    four = np.ones((10, 4))
    sizes = np.array([1.0, 2, 3, 4])
    assert learning_curve(sizes, four, 0 * four) == "every training fails on none of the rows"
    assert learning_curve(sizes, four, four) == "every training fails on all rows"
    assert learning_curve(sizes, four * [1, 1, 1, 0], 0 * four) == "a training without a row of known outcome"
    assert math.isfinite(trained(2, np.full(6, 0.3)).scatter)
