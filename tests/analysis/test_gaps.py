"""Gaps of rates against scipy's exact limits and Tukey's range, by simulation of coverage, and by properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from errata.analysis.gaps import DRAWS, Side, critical, family_level, gap, rows_for


def test_a_gap_is_mover_from_exact_limits() -> None:
    """12 of 40 against 30 of 300: limits from the beta distribution, each one-sided at Φ(−z)."""
    z = 2.5
    alpha = stats.norm.sf(z)
    low = stats.beta.ppf(alpha, 12, 29)
    high = stats.beta.isf(alpha, 13, 28)
    other_low, other_high = stats.beta.ppf(alpha, 30, 271), stats.beta.isf(alpha, 31, 270)
    assert Side(40, 12).limits(z) == pytest.approx((low, high))
    assert gap(Side(40, 12), Side(300, 30), z) == pytest.approx(
        (0.2, 0.2 - math.hypot(0.3 - low, other_high - 0.1), 0.2 + math.hypot(high - 0.3, 0.1 - other_low))
    )


def test_one_failure_among_few_rows_is_no_gap() -> None:
    """Wilson's limits would claim one at the deviates of many gaps: 1 of 20 where 1 of 1,000 fail."""
    assert gap(Side(20, 1), Side(10_000, 10), 3.0)[1] < 0


def test_confidence_turns_the_limits_round() -> None:
    right = Side(50, 40)
    sure = Side(50, 40, confidence=0.9)
    low, high = right.limits(2.0)
    assert sure.value == pytest.approx(0.1)
    assert sure.limits(2.0) == pytest.approx((0.9 - high, 0.9 - low))


def test_dependent_rows_widen_and_few_clusters_more() -> None:
    def width(side: Side) -> float:
        low, high = side.limits(2.5)
        return high - low

    alone = width(Side(400, 100))
    assert width(Side(400, 100, effect=4.0)) == pytest.approx(width(Side(100, 25)))
    assert width(Side(400, 100, effect=4.0, clusters=8)) > width(Side(400, 100, effect=4.0, clusters=100)) > 2 * alone
    assert Side(400, 100, clusters=1).limits(2.5)[1] > 0.9  # one cluster says as much as one row


def test_two_groups_are_one_gap() -> None:
    z = critical([Side(100, 10), Side(300, 50)], None, 0.95, seed=0)
    assert z == pytest.approx(1.959964)
    assert critical([Side(100, 10)], Side(300, 50), family_level(4), seed=0) == pytest.approx(
        stats.norm.isf((1 - 0.95**0.25) / 2)
    )


@pytest.mark.parametrize("groups", [3, 5, 12])
def test_equal_groups_take_tukeys_range(groups: int) -> None:
    """Of equal groups the gap to the rest is a pair's mean, so that the pairs' range decides (Tukey 1953)."""
    z = critical([Side(500, 100)] * groups, None, 0.95, seed=3)
    tukey = stats.studentized_range.ppf(0.95, groups, np.inf) / math.sqrt(2)
    sidak = stats.norm.isf((1 - 0.95 ** (1 / (groups * (groups + 1) / 2))) / 2)
    assert tukey * 0.995 <= z <= min(1.06 * tukey, sidak)


def test_beyond_twenty_groups_sidak_holds() -> None:
    z = critical([Side(500, 100)] * 25, None, 0.95, seed=0)
    assert z == pytest.approx(stats.norm.isf((1 - 0.95 ** (1 / 325)) / 2))


def test_the_same_seed_is_the_same_deviate() -> None:
    sides = [Side(30, 3), Side(400, 100), Side(50, 20)]
    assert critical(sides, None, 0.95, seed=1) == critical(sides, None, 0.95, seed=1)
    assert abs(critical(sides, None, 0.95, seed=1) - critical(sides, None, 0.95, seed=2)) < 0.05
    assert DRAWS == 20_000


def test_rows_for_is_where_the_interval_is_narrow_enough() -> None:
    one, other, z = Side(60, 12), Side(600, 90), 2.7
    times = rows_for(one, other, z, 0.05)
    _, low, high = gap(one.scaled(times), other.scaled(times), z)
    assert (high - low) / 2 == pytest.approx(0.05, abs=1e-4)


@given(st.integers(1, 400), st.integers(1, 400), st.floats(0, 1), st.floats(0, 1), st.floats(0.5, 4.5), st.floats(1, 3))
def test_properties(n: int, m: int, p: float, q: float, z: float, effect: float) -> None:
    one, other = Side(n, round(p * n), min(effect, n)), Side(m, round(q * m), min(effect, m))
    value, low, high = gap(one, other, z)
    assert -1 - 1e-9 <= low <= value <= high <= 1 + 1e-9
    assert gap(other, one, z) == pytest.approx((-value, -high, -low), abs=1e-9)
    _, wider_low, wider_high = gap(one, other, z + 0.3)
    assert wider_low <= low + 1e-9 and wider_high >= high - 1e-9


@pytest.mark.parametrize(
    ("sizes", "rates"),
    [
        ((20, 20, 20, 20), (0.3, 0.3, 0.3, 0.3)),
        ((20, 30, 500, 2000), (0.02, 0.02, 0.02, 0.02)),
        ((12, 12, 40, 300), (0.5, 0.05, 0.2, 0.01)),
        ((400, 400, 400), (0.1, 0.2, 0.3)),
    ],
)
def test_all_intervals_hold_at_once(sizes: tuple[int, ...], rates: tuple[float, ...]) -> None:
    """Three metrics of one column: every gap to the rest and every pair, 95 % of the time or more."""
    rng = np.random.default_rng(5)
    n, p = np.array(sizes), np.array(rates)
    held, rounds = 0, 150
    for _ in range(rounds):
        good = True
        for _ in range(3):
            k = rng.binomial(n, p)
            sides = [Side(float(a), float(b)) for a, b in zip(n, k, strict=True)]
            z = critical(sides, None, family_level(3), seed=1)
            for at in range(len(n)):
                others = np.arange(len(n)) != at
                rest = Side(float(n[others].sum()), float(k[others].sum()))
                true = p[at] - float((n * p)[others].sum() / n[others].sum())
                _, low, high = gap(sides[at], rest, z)
                good &= low <= true <= high
                for other in range(at):
                    _, low, high = gap(sides[at], sides[other], z)
                    good &= low <= p[at] - p[other] <= high
        held += good
    assert held / rounds >= 0.93  # 95 % less the error of 150 rounds
