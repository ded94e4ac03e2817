from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from errata.analysis.differences import (
    Constant,
    Evidence,
    Mean,
    PairedShares,
    Share,
    TwoShares,
    effective_rows,
    mean,
    paired_means,
    paired_shares,
    share,
    two_means,
)

TWO_SIDED = 0.025
"""Published intervals are two-sided 95 %: each bound at this alpha."""


@pytest.mark.parametrize(
    ("failed", "rows", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_a_rate_has_the_exact_bounds_that_newcombe_tabulates(failed: int, rows: int, low: float, high: float) -> None:
    # Newcombe 1998, Two-sided confidence intervals for the single proportion, table I, method 5
    bounds = Share(failed / rows, rows)
    assert round(bounds.low(TWO_SIDED), 4) == low
    assert round(bounds.high(TWO_SIDED), 4) == high
    oracle = proportion_confint(failed, rows, method="beta")
    assert (bounds.low(TWO_SIDED), bounds.high(TWO_SIDED)) == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((5, 56), (0, 29), -0.0381, 0.1926)],
)
def test_two_rates_differ_by_the_interval_that_newcombe_tabulates(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    # Newcombe 1998, Interval estimation for the difference between independent proportions, table II, method 10
    bounds = TwoShares(Share(first[0] / first[1], first[1]), Share(second[0] / second[1], second[1]))
    assert round(bounds.low(TWO_SIDED), 4) == low
    assert round(bounds.high(TWO_SIDED), 4) == high
    oracle = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert (bounds.low(TWO_SIDED), bounds.high(TWO_SIDED)) == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize(
    ("worse", "better", "pairs", "low", "high"),
    [
        (1, 7, 21, -0.517, -0.026),  # airway hyper-responsiveness, Bentur et al. 2009, in Fagerland et al. 2014
        (86, 150, 1600, -0.059, -0.021),  # approval ratings, Agresti 2002, 10.1.1
    ],
)
def test_paired_rates_differ_by_tangos_interval(worse: int, better: int, pairs: int, low: float, high: float) -> None:
    bounds = PairedShares(worse, better, pairs)
    assert round(bounds.low(TWO_SIDED), 3) == low
    assert round(bounds.high(TWO_SIDED), 3) == high


def test_pairs_that_all_agree_still_leave_room_for_a_difference() -> None:
    z = 1.6448536269514722
    assert PairedShares(0, 0, 100).high() == pytest.approx(z * z / (100 + z * z))
    assert PairedShares(0, 0, 100).low() == pytest.approx(-z * z / (100 + z * z))


@pytest.mark.parametrize(
    ("worse", "better", "pairs", "difference"),
    [(3, 9, 40, 0.1), (3, 9, 40, -0.3), (0, 5, 20, 0.05), (12, 0, 60, 0.02), (0, 0, 30, 0.1), (5, 5, 11, -0.05)],
)
def test_tangos_statistic_uses_the_most_likely_rates_with_that_difference(
    worse: int, better: int, pairs: int, difference: float
) -> None:
    same = pairs - worse - better

    def unlikely(b: float) -> float:
        rates = (difference + b, b, 1 - difference - 2 * b)
        return -sum(n * math.log(max(r, 1e-300)) for n, r in zip((worse, better, same), rates, strict=True) if n)

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    best = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    variance = pairs * (2 * best + difference * (1 - difference))
    expected = (worse - better - pairs * difference) / math.sqrt(variance)
    assert PairedShares(worse, better, pairs).score(difference) == pytest.approx(expected, rel=1e-4)


def test_turning_the_two_round_turns_the_interval_round() -> None:
    for worse, better, pairs in product((0, 1, 8), (0, 3), (12, 50)):
        one, other = PairedShares(worse, better, pairs), PairedShares(better, worse, pairs)
        assert one.low() == pytest.approx(-other.high(), abs=1e-9)
        assert one.p_above(0.02) == pytest.approx(other.p_below(-0.02), abs=1e-9)


def test_means_are_students_and_welchs() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.gamma(1.0, 2.0, 40), rng.gamma(2.0, 1.0, 25)
    one = DescrStatsW(first)
    assert mean(first, None).low() == pytest.approx(one.tconfint_mean(alpha=0.1)[0])
    assert mean(first, None).high() == pytest.approx(one.tconfint_mean(alpha=0.1)[1])
    both = CompareMeans(one, DescrStatsW(second))
    low, high = both.tconfint_diff(alpha=0.1, usevar="unequal")
    difference = two_means(mean(first, None), mean(second, None))
    assert (difference.low(), difference.high()) == pytest.approx((low, high))
    assert difference.p_above(0.0) == pytest.approx(both.ttest_ind(alternative="larger", usevar="unequal")[1])


def test_a_mean_of_grouped_rows_has_the_cluster_robust_error() -> None:
    rng = np.random.default_rng(6)
    groups = np.repeat(np.arange(30), rng.integers(1, 9, 30))
    values = rng.normal(size=30)[groups] + rng.normal(size=len(groups))
    fit = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": groups})
    bounds = mean(values, groups)
    assert bounds.error == pytest.approx(float(fit.bse[0]))
    assert bounds.freedom == 29


def test_rows_of_a_group_count_for_less() -> None:
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(100), 10)
    alike = (rng.random(100) < 0.3)[groups].astype(float)
    assert effective_rows(alike, None) == 1000
    assert effective_rows(alike, groups) == pytest.approx(100, rel=0.05)
    apart = (rng.random(1000) < 0.3).astype(float)
    assert effective_rows(apart, groups) > 700
    assert effective_rows(apart, groups) <= 1000
    assert effective_rows(np.zeros(1000), groups) == 100
    assert effective_rows(apart, np.zeros(1000, np.int64)) == 0


def test_one_group_says_nothing() -> None:
    one = np.zeros(50, np.int64)
    values = np.r_[np.zeros(40), np.ones(10)]
    assert (share(values, one).low(), share(values, one).high()) == (0.0, 1.0)
    paired = paired_shares(values, 1 - values, one)
    assert (paired.low(), paired.high(), paired.p_above(0.01)) == (-1.0, 1.0, 1.0)
    assert math.isinf(mean(values, one).high())


def test_losses_that_do_not_vary_are_bounded_only_by_how_many_were_seen() -> None:
    same = np.full(99, 2.0)
    bounds = paired_means(same, same, None)
    assert isinstance(bounds, Constant)
    assert bounds.estimate == 0
    assert bounds.high() == pytest.approx(2.0 * (1 - 0.05 ** (1 / 99)))
    assert math.isinf(mean(same, None).high())
    assert isinstance(paired_means(np.zeros(9), np.zeros(9), None), Mean)


counts = st.integers(0, 60)
evidence: st.SearchStrategy[Evidence] = st.one_of(
    st.builds(lambda k, m: Share(k / (k + m + 1), k + m + 1), counts, counts),
    st.builds(lambda b, c, n: PairedShares(b, c, b + c + n + 1), counts, counts, counts),
    st.builds(
        lambda a, b, c, d: TwoShares(Share(a / (a + b + 1), a + b + 1), Share(c / (c + d + 1), c + d + 1)),
        counts, counts, counts, counts,
    ),
    st.builds(Mean, st.floats(-1, 1), st.floats(0.01, 1), st.integers(1, 50)),
    st.builds(Constant, st.floats(-0.5, 0.5), st.floats(0.6, 1), st.integers(1, 50)),
)  # fmt: skip


@given(evidence, st.floats(-0.9, 0.9))
def test_a_p_value_is_the_level_at_which_the_bound_touches(found: Evidence, edge: float) -> None:
    if isinstance(found, Share):
        edge = abs(edge)
    p = found.p_above(edge)
    if 1e-6 < p < 0.49:
        assert found.low(min(p * 1.01, 0.5)) >= edge - 1e-6
        assert found.low(p * 0.99) <= edge + 1e-6
    p = found.p_below(edge)
    if 1e-6 < p < 0.49:
        assert found.high(min(p * 1.01, 0.5)) <= edge + 1e-6
        assert found.high(p * 0.99) >= edge - 1e-6


@given(evidence)
def test_more_samples_at_the_same_rates_say_more(found: Evidence) -> None:
    more = found.scaled(4.0)
    assert more.estimate == pytest.approx(found.estimate)
    assert found.low() <= more.low() + 1e-9
    assert more.high() <= found.high() + 1e-9
    assert found.low() <= found.estimate + 1e-9
    assert found.estimate <= found.high() + 1e-9


@pytest.mark.parametrize(
    ("groups", "size", "worse", "better", "spread"),
    [(400, 1, 0.03, 0.05, None), (200, 3, 0.10, 0.12, 2.0), (60, 5, 0.03, 0.03, 2.0), (15, 8, 0.10, 0.10, 1.0)],
)
def test_paired_bounds_miss_at_most_as_often_as_they_say(
    groups: int, size: int, worse: float, better: float, spread: float | None
) -> None:
    rng = np.random.default_rng(8)
    draws, above, below = 1000, 0, 0
    for _ in range(draws):
        codes = np.repeat(np.arange(groups), rng.integers(1, 2 * size, groups) if size > 1 else 1)
        rates = np.array([worse, better, 1 - worse - better])
        each = np.tile(rates, (groups, 1)) if spread is None else rng.dirichlet(rates * spread, groups)
        at = rng.random(len(codes))
        first = (at < each[codes, 0]).astype(float)
        second = ((at >= each[codes, 0]) & (at < each[codes, 0] + each[codes, 1])).astype(float)
        bounds = paired_shares(first, second, codes if size > 1 else None)
        below += bounds.high() < worse - better
        above += bounds.low() > worse - better
    # 5 % and three standard errors of 1,000 draws
    assert max(above, below) / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)


def test_a_grouped_rate_misses_at_most_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    draws, above, below = 1000, 0, 0
    codes = np.repeat(np.arange(40), 6)
    for _ in range(draws):
        values = (rng.random(240) < rng.beta(0.4, 3.6, 40)[codes]).astype(float)
        bounds = share(values, codes)
        below += bounds.high() < 0.1
        above += bounds.low() > 0.1
    assert max(above, below) / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)
