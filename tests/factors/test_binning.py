"""Where a numeric factor is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from errata.factors.binning import VALUE_BY_VALUE, cut_points, fewest_digits


def test_an_even_spread_is_cut_at_its_tenths_quarters_and_half() -> None:
    assert cut_points(np.linspace(0, 1, 10_001)) == [0.1, 0.25, 0.5, 0.75, 0.9]
    assert cut_points(np.linspace(0, 1000, 10_001)) == [100, 250, 500, 750, 900]


def test_a_cut_has_the_fewest_digits_that_one_percent_of_the_rows_allow() -> None:
    normal = np.random.default_rng(0).normal(size=100_000)
    assert cut_points(normal) == [-1.3, -0.7, 0, 0.7, 1.3]


def test_the_same_cuts_come_out_of_another_sample() -> None:
    first, second = (np.random.default_rng(seed).lognormal(3, 1, 50_000) for seed in (1, 2))
    assert cut_points(first) == cut_points(second) == [5.6, 10, 20, 40, 70]


def test_whole_numbers_are_cut_at_whole_numbers() -> None:
    cuts = cut_points(np.random.default_rng(0).poisson(20, 10_000).astype(float))
    assert cuts == [15, 17, 20, 23, 26]
    assert all(cut.is_integer() for cut in cuts)


def test_a_value_that_holds_many_rows_gets_a_bin_of_its_own() -> None:
    rng = np.random.default_rng(0)
    zeros = np.r_[np.zeros(6_000), rng.exponential(1.0, 4_000)]
    cuts = cut_points(zeros)
    assert 0 < cuts[0] < 0.01  # below it, the zeros and nothing else
    assert (zeros < cuts[0]).sum() == pytest.approx(6_000, abs=40)
    assert len(cuts) == 6  # and the rest is cut at its own quantiles
    middle = np.r_[np.full(6_000, 5.0), rng.random(2_000) * 5, 5 + rng.random(2_000) * 5]
    cuts = cut_points(middle)
    at = cuts.index(5.0)
    assert ((middle >= 5) & (middle < cuts[at + 1])).sum() == pytest.approx(6_000, abs=5)


def test_what_does_not_vary_is_not_cut() -> None:
    assert cut_points(np.full(100, 3.0)) == []
    assert cut_points(np.zeros(0)) == []
    assert cut_points(np.array([np.inf, -np.inf] * 20)) == []


def test_infinities_do_not_move_the_cuts() -> None:
    spread = np.linspace(0, 1, 10_001)
    assert cut_points(np.r_[spread, np.full(500, np.inf), np.full(500, -np.inf)]) == cut_points(spread)


@given(
    hnp.arrays(np.float64, st.integers(1, 300), elements=st.floats(allow_nan=False))
    | hnp.arrays(np.float64, st.integers(1, 300), elements=st.integers(-5, 60).map(float))
)
def test_cuts_rise_and_leave_no_bin_empty(values: np.ndarray) -> None:
    cuts = cut_points(values)
    assert cuts == sorted(set(cuts))
    assert np.isfinite(cuts).all()
    finite = values[np.isfinite(values)]
    bins = np.searchsorted(cuts, finite, side="right")
    if len(np.unique(finite)) > VALUE_BY_VALUE:
        assert set(bins) == set(range(len(cuts) + 1))


@given(st.permutations(list(range(40))))
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    values = np.random.default_rng(3).lognormal(0, 2, 40)
    assert cut_points(values[order]) == cut_points(values)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_of_few_digits_lies_between(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = fewest_digits(low, high)
    assert low < found <= high or found == high == low


def test_few_digits() -> None:
    assert fewest_digits(0.387, 0.412) == 0.4
    assert fewest_digits(1_180, 1_270) == 1_200
    assert fewest_digits(-0.02, 0.01) == 0
    assert fewest_digits(0.3, 0.3) == 0.3
    assert fewest_digits(2, 3, whole=True) == 3
