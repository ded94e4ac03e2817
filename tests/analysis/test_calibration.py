"""Calibration errors against a plain implementation and against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from errata.analysis.calibration import brier, calibration


def plain_ece(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 15) -> float:
    """Guo et al. 2017, equation 3, one row after the other."""
    total = 0.0
    for b in range(bins):
        inside = [
            (c, r)
            for c, r in zip(confidence, right, strict=True)
            if (b / bins <= c < (b + 1) / bins) or (b == bins - 1 and c == 1)
        ]
        if inside:
            gap = sum(c for c, _ in inside) / len(inside) - sum(r for _, r in inside) / len(inside)
            total += len(inside) / len(confidence) * abs(gap)
    return total


def test_four_rows_by_hand() -> None:
    # Bin [0.6, 0.667): confidence 0.65, right 1 of 2. Bin [0.933, 1]: confidence 0.975, right 1 of 2.
    estimate, bins = calibration(np.array([0.64, 0.66, 0.95, 1.0]), np.array([True, False, True, False]))
    assert estimate.value == pytest.approx(0.5 * 0.15 + 0.5 * 0.475)
    assert [(b.rows, b.confidence, b.accuracy) for b in bins] == [
        (2, pytest.approx(0.65), 0.5),
        (2, pytest.approx(0.975), 0.5),
    ]
    assert (bins[0].low, bins[0].high) == (9 / 15, 10 / 15)
    assert (bins[0].accuracy_low, bins[0].accuracy_high) == pytest.approx((0.0945, 0.9055), abs=5e-5)


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_the_ece_is_the_plain_one(rows: list[tuple[int, bool]], bins: int) -> None:
    # Thousandths, shifted off the edges of bins, where a float's last digit decides.
    confidence = np.array([min(c / 1000 + 1e-7, 1.0) for c, _ in rows])
    right = np.array([r for _, r in rows])
    estimate, reliability = calibration(confidence, right, bins=bins)
    assert estimate.value == pytest.approx(plain_ece(confidence, right, bins))
    assert sum(b.rows for b in reliability) == len(rows)


def test_a_fixed_file_gives_fixed_digits() -> None:
    rng = np.random.default_rng(7)
    confidence = rng.beta(5, 2, 4_000)
    right = rng.random(4_000) < confidence - 0.05
    estimate, _ = calibration(confidence, right)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0.0653, 0.0392, 0.0793), abs=5e-5)
    assert estimate == calibration(confidence, right)[0]


@pytest.mark.parametrize(
    ("off", "lean", "true"),
    [
        ((0.0, 1.0), 0.0, 0.0),  # calibrated
        ((0.0, 1.0), 0.05, 0.05),  # every bin is off by 5 points, and so is their mean
        ((12 / 15, 13 / 15), 0.3, 0.3 / 15 / 0.65),  # one bin is off by 30 points
    ],
)
@pytest.mark.parametrize("rows", [200, 5_000])
def test_the_interval_covers_the_true_error_in_95_of_100_files(
    off: tuple[float, float], lean: float, true: float, rows: int
) -> None:
    covered = 0
    rng = np.random.default_rng(11)
    for seed in range(200):
        confidence = 0.3 + 0.65 * rng.random(rows)
        chance = confidence - lean * ((confidence >= off[0]) & (confidence < off[1]))
        estimate, _ = calibration(confidence, rng.random(rows) < chance, seed=seed)
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= true <= estimate.high
    assert covered >= 184  # fewer than 92 % would come of 95 % once in fifty times


def test_dependent_rows_have_a_wider_interval() -> None:
    rng = np.random.default_rng(3)
    confidence = np.repeat(0.5 + 0.5 * rng.random(300), 5)
    right = np.repeat(rng.random(300), 5) < confidence - 0.1
    groups = np.repeat(np.arange(300), 5)
    alone, together = calibration(confidence, right)[0], calibration(confidence, right, groups)[0]
    assert alone.value == together.value
    assert alone.low is not None and alone.high is not None and together.low is not None and together.high is not None
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_one_row_or_one_group_bounds_nothing() -> None:
    assert calibration(np.array([0.9]), np.array([True]))[0].low is None
    estimate, _ = calibration(np.array([0.9, 0.8]), np.array([True, False]), np.array([0, 0]))
    assert (estimate.low, estimate.high) == (None, None)


def test_brier_by_hand() -> None:
    # Brier 1950: (0.7 − 1)² + 0.2² + 0.1² = 0.14; a confident mistake costs 2.
    table = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]])
    assert brier(table, np.array([0, 0], np.int32)) == pytest.approx([0.14, 2.0])
