"""Intervals to the digit of the papers that published them, and of statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from errata.analysis.intervals import (
    Z95,
    clopper_pearson_high,
    clopper_pearson_low,
    design_effect,
    mean_interval,
    newcombe,
    wilson,
)

# Newcombe 1998a, "Two-sided confidence intervals for the single proportion", table I: methods 3 (score) and 5 (exact).
SINGLE = [
    ((81, 263), (0.2553, 0.3662), (0.2527, 0.3676)),
    ((15, 148), (0.0624, 0.1605), (0.0578, 0.1617)),
    ((0, 20), (0.0, 0.1611), (0.0, 0.1684)),
    ((1, 29), (0.0061, 0.1718), (0.0009, 0.1776)),
]
# Newcombe 1998b, "Interval estimation for the difference between independent proportions", table II: method 10.
DIFFERENCE = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0)),
    ((10, 10, 0, 10), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("counts", "score", "exact"), SINGLE)
def test_a_rate(counts: tuple[int, int], score: tuple[float, float], exact: tuple[float, float]) -> None:
    assert wilson(*counts) == pytest.approx(score, abs=5e-5)
    both = clopper_pearson_low(*counts, alpha=0.025), clopper_pearson_high(*counts, alpha=0.025)
    assert both == pytest.approx(exact, abs=5e-5)


@pytest.mark.parametrize(("counts", "published"), DIFFERENCE)
def test_a_difference_of_rates(counts: tuple[int, int, int, int], published: tuple[float, float]) -> None:
    assert newcombe(*counts) == pytest.approx(published, abs=5e-5)


@given(rows=st.integers(1, 10_000), share=st.floats(0, 1))
def test_wilson_is_that_of_statsmodels(rows: int, share: float) -> None:
    failed = round(rows * share)
    assert wilson(failed, rows) == pytest.approx(proportion_confint(failed, rows, method="wilson"), abs=1e-12)


@given(rows=st.integers(1, 5_000), share=st.floats(0, 1))
def test_clopper_pearson_is_that_of_statsmodels(rows: int, share: float) -> None:
    failed = round(rows * share)
    low, high = proportion_confint(failed, rows, alpha=0.1, method="beta")
    assert clopper_pearson_low(failed, rows) == pytest.approx(0.0 if math.isnan(low) else low, abs=1e-9)
    assert clopper_pearson_high(failed, rows) == pytest.approx(1.0 if math.isnan(high) else high, abs=1e-9)


@given(rows=st.integers(1, 2_000), rest=st.integers(1, 2_000), one=st.floats(0, 1), other=st.floats(0, 1))
def test_newcombe_is_that_of_statsmodels(rows: int, rest: int, one: float, other: float) -> None:
    counts = round(rows * one), rows, round(rest * other), rest
    assert newcombe(*counts) == pytest.approx(confint_proportions_2indep(*counts, method="newcomb"), abs=1e-9)


@given(failed=st.floats(0, 100), more=st.floats(0.001, 100), z=st.floats(0.1, 6))
def test_an_interval_holds_its_rate_and_grows_with_z(failed: float, more: float, z: float) -> None:
    rows = failed + more
    low, high = wilson(failed, rows, z)
    assert 0 <= low <= failed / rows + 1e-12
    assert failed / rows - 1e-12 <= high <= 1
    wider = wilson(failed, rows, z + 0.5)
    assert wider[0] <= low + 1e-12
    assert wider[1] >= high - 1e-12


def test_without_rows_a_rate_can_be_anything() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert newcombe(0, 0, 1, 10) == (-1.0, 1.0)
    assert (clopper_pearson_low(0, 0), clopper_pearson_high(0, 0)) == (0.0, 1.0)
    assert mean_interval(3.0, 1.0, 1) == (-math.inf, math.inf)


def test_a_mean() -> None:
    # 100 values of variance 4: 1.96 · 2 / 10 on either side.
    assert mean_interval(5.0, 4.0, 100) == pytest.approx((4.608007, 5.391993), abs=1e-6)
    assert round(Z95, 6) == 1.959964


def test_copies_of_a_row_count_once() -> None:
    values = np.repeat(np.array([0.0, 1, 0, 0, 1, 0, 1, 1, 0, 1]), 4)
    assert design_effect(values, np.repeat(np.arange(10), 4)) == pytest.approx(4 * 10 / 9)


def test_rows_on_their_own_have_no_design_effect() -> None:
    values = np.random.default_rng(5).random(5_000)
    assert design_effect(values, np.arange(5_000)) == pytest.approx(1, abs=1e-3)
    assert design_effect(values, np.random.default_rng(6).integers(0, 500, 5_000)) == pytest.approx(1, abs=0.1)


def test_one_group_or_values_all_alike_count_groups() -> None:
    assert design_effect(np.array([0.0, 1, 1, 0]), np.zeros(4, np.int64)) == 4
    assert design_effect(np.ones(6), np.array([0, 0, 0, 1, 1, 1])) == 3
    assert design_effect(np.zeros(0), np.zeros(0, np.int64)) == 1


def test_the_design_effect_is_that_of_the_jackknife_over_groups() -> None:
    rng = np.random.default_rng(0)
    groups = np.sort(rng.integers(0, 300, 3_000))
    groups = np.unique(groups, return_inverse=True)[1]
    values = (rng.random(3_000) < 0.1 + 0.4 * rng.random(300)[groups]).astype(float)
    count = int(groups.max()) + 1
    without = [values[groups != g].mean() for g in range(count)]
    jackknife = (count - 1) / count * float(((np.array(without) - np.mean(without)) ** 2).sum())
    assert design_effect(values, groups) == pytest.approx(jackknife / (values.var() / len(values)), rel=0.02)
