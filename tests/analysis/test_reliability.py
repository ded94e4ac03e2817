"""Reliability, Brier's parts, confident slices and the temperature, against scikit-learn and worked examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from errata.analysis.confident import Cell, confident, p_of
from errata.analysis.reliability import FINE, Binned, brier_of
from errata.analysis.tally import Axis, Tally
from errata.analysis.temperature import fitted, log_loss, tempered
from errata.engine.local.tally import tally


def binned(score: NDArray[np.float64] | Sequence[float], true: NDArray[np.bool_] | Sequence[bool]) -> Binned:
    score, true = np.asarray(score, float), np.asarray(true, bool)
    batch = pa.record_batch({"score": score, "true": true, "squared": (score - true) ** 2})
    asked = Tally((Axis("score", equal=(0.0, 1.0, FINE)), Axis("true")), ("score", "squared"))
    return Binned.of(tally([batch], [asked])[0])


def drawn(rows: int = 20_000, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    score = rng.beta(3, 1, rows)
    return score, rng.random(rows) < score**1.5


def test_the_curve_is_that_of_scikit_learn() -> None:
    score, true = drawn()
    rate, mean = calibration_curve(true, score, n_bins=15)
    curve = binned(score, true).equal_width().curve()
    assert [one.accuracy for one in curve] == pytest.approx(rate)
    assert [one.confidence for one in curve] == pytest.approx(mean)


def test_bins_of_equal_mass_are_those_of_scikit_learn_but_for_the_width_of_a_fine_bin() -> None:
    score, true = drawn()
    rate, mean = calibration_curve(true, score, n_bins=15, strategy="quantile")
    curve = binned(score, true).equal_mass().curve()
    assert [one.confidence for one in curve] == pytest.approx(mean, abs=1 / FINE)
    assert [one.accuracy for one in curve] == pytest.approx(rate, abs=0.01)
    assert max(one.rows for one in curve) < 1.1 * len(score) / 15


def test_the_brier_score_is_that_of_scikit_learn_and_its_parts_add_up() -> None:
    score, true = drawn()
    brier = brier_of(binned(score, true).equal_width())
    assert brier.value == pytest.approx(brier_score_loss(true, score), rel=1e-12)
    assert brier.value == pytest.approx(
        brier.reliability - brier.resolution + brier.uncertainty + brier.remainder, rel=1e-12
    )
    assert abs(brier.remainder) < 0.001


def test_murphys_parts_by_hand() -> None:
    # 0.2 four times, true once; 0.8 four times, true twice. Base rate 3/8.
    brier = brier_of(binned([0.2] * 4 + [0.8] * 4, [True, False, False, False, True, True, False, False]).equal_width())
    assert brier.reliability == pytest.approx(0.5 * 0.05**2 + 0.5 * 0.3**2)
    assert brier.resolution == pytest.approx(0.125**2)
    assert brier.uncertainty == pytest.approx(15 / 64)
    assert brier.remainder == pytest.approx(0, abs=1e-12)  # one score in each bin
    wide = binned([0.2] * 4 + [0.8] * 4, [True, False, False, False, True, True, False, False]).equal_width()
    assert (wide.ece(), wide.mce()) == (pytest.approx(0.175), pytest.approx(0.3))


def test_what_has_no_score_is_left_out_and_a_rounding_above_1_is_not() -> None:
    bins = binned([0.5, float("nan"), 1.0 + 1e-9], [True, True, False])
    assert (bins.total, bins.rows[-1], bins.true.sum()) == (2, 1, 1)


def test_the_p_value_of_a_slice_is_the_exact_binomial_one() -> None:
    from scipy.stats import binom

    assert p_of(Cell("s", 50, 45.0, 38)) == pytest.approx(2 * binom.cdf(38, 50, 0.9))
    assert p_of(Cell("s", 50, 25.0, 33)) == pytest.approx(2 * binom.sf(32, 50, 0.5))
    assert p_of(Cell("s", 10, 10.0, 10)) == 1.0
    # 400 rows of which four at a time are one: as 100.
    assert p_of(Cell("s", 400, 360.0, 320, effect=4.0)) == pytest.approx(2 * binom.cdf(80, 100, 0.9))


def test_calibrated_slices_raise_no_alarm_and_an_over_confident_one_does() -> None:
    rng, alarms, found, covered = np.random.default_rng(7), 0, 0, 0
    for _ in range(200):
        cells = []
        for at in range(30):
            score = rng.beta(5, 1, 300)
            off = 0.12 if at == 0 else 0.0
            right = rng.random(300) < score - off
            cells.append(Cell(f"s{at}", 300, float(score.sum()), int(right.sum())))
        whole = (9000, sum(cell.confidence for cell in cells), sum(cell.right for cell in cells))
        listed = confident(cells, *whole)
        alarms += any(one.slice != "s0" for one in listed)
        first = [one for one in listed if one.slice == "s0"]
        found += len(first)
        covered += sum(one.low <= 0.12 <= one.high for one in first)
        assert all(one.direction == "over" for one in first)
    assert alarms <= 20  # 5 % of what is listed, which is one slice or two
    assert found >= 190
    assert covered >= 0.95 * found


def test_the_temperature_that_was_planted_is_found() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, (20_000, 4))
    p = tempered(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 1.0)
    truth = (p.cumsum(axis=1) > rng.random((len(p), 1))).argmax(axis=1)
    sharp = tempered(p, 0.5)
    temperature = fitted(sharp, truth)
    assert temperature == pytest.approx(2.0, abs=0.05)
    assert tempered(sharp, 2.0) == pytest.approx(p)
    assert log_loss(tempered(sharp, temperature), truth) < log_loss(sharp, truth)
    assert log_loss(np.array([[0.5, 0.5]]), np.array([0])) == pytest.approx(np.log(2))
