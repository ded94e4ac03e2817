from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap
from statsmodels.stats.contingency_tables import mcnemar as oracle

from errata.analysis.compare import (
    Cells,
    binomial_tail,
    bootstrap,
    cells,
    compare_means,
    compare_shares,
    mcnemar,
    units,
)


def columns(both_pass: int, both_fail: int, worse: int, better: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples of A and B as 0 and 1 with these four cells."""
    a = np.repeat([0.0, 1.0, 0.0, 1.0], [both_pass, both_fail, worse, better])
    b = np.repeat([0.0, 1.0, 1.0, 0.0], [both_pass, both_fail, worse, better])
    return a, b


four = st.tuples(*[st.integers(0, 60)] * 4).filter(lambda cell: sum(cell) > 0)


def test_the_published_example_of_the_exact_test_and_tangos_interval() -> None:
    # Airway hyper-responsiveness before and after a transplantation: Bentur et al. 2009, as worked out by Fagerland,
    # Lydersen and Laake 2013 (exact p = 0.0703) and 2014 (difference -0.286, Tango's interval -0.517 to -0.026).
    found = compare_shares(*columns(both_pass=12, both_fail=1, worse=1, better=7), None)
    assert found.p == 18 / 256
    assert (round(found.value, 3), round(found.low, 3), round(found.high, 3)) == (-0.286, -0.517, -0.026)
    # The interval alone would say that B is better; the exact test does not, and both have to agree.
    assert found.verdict == "no evidence"


def test_approval_of_the_prime_minister() -> None:
    # Agresti 2002, Categorical data analysis, table 10.1: 1,600 people asked twice, 95 % -0.06 to -0.02
    found = compare_shares(*columns(both_pass=570, both_fail=794, worse=86, better=150), None)
    assert (round(found.value, 2), round(found.low, 2), round(found.high, 2)) == (-0.04, -0.06, -0.02)
    assert found.p == pytest.approx(2 * sum(comb(236, k) for k in range(150, 237)) / 2**236, rel=1e-12)
    assert found.p == pytest.approx(oracle([[794, 150], [86, 570]], exact=True).pvalue, rel=1e-9)
    assert found.verdict == "better"


def test_the_four_cells_are_counted() -> None:
    assert cells(*columns(5, 4, 3, 2)) == Cells(both_pass=5, both_fail=4, newly_failing=3, newly_passing=2, mixed=0)
    # Over repeats, what neither always passes nor always fails stands in no cell.
    assert cells(np.array([0.0, 0.5, 1.0, 0.0]), np.array([0.0, 0.0, 0.25, 1.0])) == Cells(1, 0, 1, 0, 2)


def test_no_sample_that_changed_is_no_evidence() -> None:
    found = compare_shares(*columns(90, 10, 0, 0), None)
    assert (found.value, found.p, found.verdict) == (0.0, 1.0, "no evidence")
    assert found.low < 0 < found.high


@given(worse=st.integers(0, 300), better=st.integers(0, 300))
def test_mcnemar_is_the_exact_binomial_test(worse: int, better: int) -> None:
    expected = oracle([[0, better], [worse, 0]], exact=True).pvalue
    assert mcnemar(worse, better) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(four)
def test_swapping_a_and_b_turns_the_difference_around(cell: tuple[int, int, int, int]) -> None:
    a, b = columns(*cell)
    one, other = compare_shares(a, b, None), compare_shares(b, a, None)
    assert other.value == -one.value
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=1e-9)
    assert other.p == one.p
    assert {one.verdict, other.verdict} in ({"no evidence"}, {"better", "worse"})
    swapped = cells(b, a)
    assert (swapped.newly_failing, swapped.newly_passing) == (cell[3], cell[2])


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30), st.integers(0, 3))
def test_swapping_turns_a_difference_of_losses_around_too(values: list[float], seed: int) -> None:
    change = np.array(values)
    a, b = np.full(len(change), 10.0), 10.0 + change
    one, other = compare_means(a, b, None, seed=seed, draws=200), compare_means(b, a, None, seed=seed, draws=200)
    assert other.value == pytest.approx(-one.value, abs=1e-12)
    assert other.verdict == {"better": "worse", "worse": "better"}.get(one.verdict, one.verdict)


def test_a_binomial_tail_takes_fractions_of_a_sample() -> None:
    assert binomial_tail(3, 1) == 5 / 16
    assert binomial_tail(0, 7) == 1.0
    assert binomial_tail(3, 1) > binomial_tail(3.5, 0.9) > binomial_tail(4, 0.5)


def test_dependent_rows_weigh_less() -> None:
    # 40 groups of 10 rows that change as one: 8 got worse, 1 better.
    change = np.repeat([1.0] * 8 + [-1.0] + [0.0] * 31, 10)
    a, b = np.where(change < 0, 1.0, 0.0), np.where(change > 0, 1.0, 0.0)
    apart = compare_shares(a, b, None)
    together = compare_shares(a, b, np.repeat(np.arange(40), 10))
    assert apart.p < 1e-10
    assert together.p == pytest.approx(mcnemar(8, 1), rel=0.35)
    assert together.high - together.low > 2.5 * (apart.high - apart.low)


def test_a_bootstrap_over_cells_has_the_spread_of_one_over_rows() -> None:
    values = np.random.default_rng(5).standard_t(3, 40_000)
    quick = bootstrap(values, 4000, seed=1)
    assert quick.mean() == pytest.approx(values.mean(), abs=4 * values.std() / 200 / 4000**0.5)
    assert quick.std() == pytest.approx(values.std() / 200, rel=0.05)


def test_a_bootstrap_over_few_rows_is_the_plain_one() -> None:
    values = np.random.default_rng(5).exponential(1, 200)
    found = compare_means(np.zeros(200), values, None, draws=4000)
    plain = scipy_bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    # Expanded percentiles are a little wider, as Student's t is.
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.01)
    assert found.high - found.low > 0.99 * (plain.high - plain.low)
    assert found.verdict == "worse"


def test_the_same_seed_gives_the_same_digits() -> None:
    a, b = np.random.default_rng(2).exponential(1, (2, 300))
    assert compare_means(a, b, None, seed=4) == compare_means(a, b, None, seed=4)
    assert compare_means(a, b, None, seed=4).low != compare_means(a, b, None, seed=5).low


def test_groups_are_drawn_whole() -> None:
    values, groups = np.array([1.0, 1.0, 5.0, 3.0]), np.array([7, 7, 7, 2])
    assert units(values, None) is values
    # Group 2 has one row of 3, group 7 three rows that sum to 7; the mean is 2.5.
    assert units(values, groups).tolist() == [(3 - 2.5) * 2 / 4 + 2.5, (7 - 7.5) * 2 / 4 + 2.5]
    assert units(values, groups).mean() == values.mean()


def test_the_same_difference_in_every_row_is_not_certainty() -> None:
    found = compare_means(np.array([1.0, 2.0]), np.array([1.5, 2.5]), None)
    assert (found.value, found.verdict) == (0.5, "no evidence")
    assert found.low < 0 < found.high
    many = compare_means(np.ones(500), np.full(500, 1.5), None)
    assert (many.verdict, round(many.low, 2)) == ("worse", 0.49)


def test_one_group_says_nothing() -> None:
    a, b = columns(5, 5, 10, 0)
    assert compare_shares(a, b, np.zeros(20, np.int64)).verdict == "no evidence"
    found = compare_means(a, b + 0.5 * a, np.zeros(20, np.int64))
    assert (found.low, found.high, found.p) == (None, None, 1.0)


@pytest.mark.parametrize("grouped", [False, True])
def test_equal_versions_are_told_apart_in_at_most_5_of_100(grouped: bool) -> None:
    rng = np.random.default_rng(11)
    told = 0
    for _ in range(400):
        change = rng.choice([-1.0, 0.0, 1.0], 60, p=[0.15, 0.7, 0.15])
        groups = np.repeat(np.arange(60), 5) if grouped else None
        change = np.repeat(change, 5) * (rng.random(300) < 0.8) if grouped else np.repeat(change, 1)
        found = compare_shares((change < 0) * 1.0, (change > 0) * 1.0, groups)
        told += found.verdict != "no evidence"
    # 5 % of 400 is 20, and three standard deviations of that are 13.
    assert told <= 33


def test_a_worse_version_is_told_where_there_are_enough_samples() -> None:
    rng = np.random.default_rng(12)
    told = 0
    for _ in range(100):
        change = rng.choice([-1.0, 0.0, 1.0], 1000, p=[0.03, 0.9, 0.07])
        told += compare_shares((change < 0) * 1.0, (change > 0) * 1.0, None).verdict == "worse"
    assert told >= 90


def test_the_interval_of_losses_holds_in_95_of_100() -> None:
    rng = np.random.default_rng(13)
    inside = 0
    for seed in range(400):
        change = rng.lognormal(0, 0.7, 60) - np.exp(0.245)
        found = compare_means(np.full(60, 5.0), 5 + change, None, seed=seed)
        inside += found.low <= 0 <= found.high
    # Skewed losses cost a little at 60 rows; three standard deviations of 380 are 13.
    assert inside >= 367
