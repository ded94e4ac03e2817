from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.analysis.attribution import split


def _counts(pairs: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    rows = np.array([rows for rows, _ in pairs], np.int64)
    return rows, np.array([int(rows * share) for rows, share in pairs], np.int64)


def test_another_mix_of_the_same_rates_is_all_mix() -> None:
    found = split(np.array([80, 20]), np.array([8, 10]), np.array([50, 50]), np.array([5, 25]))
    assert found.change == pytest.approx(0.30 - 0.18)
    assert (found.mix, found.rate) == pytest.approx((0.12, 0.0))


def test_another_rate_in_the_same_mix_is_all_rate() -> None:
    found = split(np.array([80, 20]), np.array([8, 10]), np.array([160, 40]), np.array([32, 20]))
    assert (found.mix, found.rate) == pytest.approx((0.0, 0.08))


def test_the_two_orders_are_averaged() -> None:
    a_rows, b_rows = np.array([80, 20]), np.array([50, 50])
    found = split(a_rows, np.array([8, 10]), b_rows, np.array([10, 30]))
    p, q, r, s = np.array([0.8, 0.2]), np.array([0.5, 0.5]), np.array([0.1, 0.5]), np.array([0.2, 0.6])
    assert found.mix == pytest.approx((((q - p) * r).sum() + ((q - p) * s).sum()) / 2)
    assert found.rate == pytest.approx((((s - r) * p).sum() + ((s - r) * q).sum()) / 2)


def test_what_only_one_side_has_is_mix() -> None:
    found = split(np.array([100, 0]), np.array([10, 0]), np.array([60, 40]), np.array([6, 20]))
    assert (found.mix, found.rate) == pytest.approx((0.16, 0.0))


bins = st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1)), min_size=1, max_size=8)


@given(bins, bins, st.integers(1, 1000), st.integers(1, 1000))
def test_mix_and_rate_are_the_change(a: list, b: list, more_a: int, more_b: int) -> None:
    size = max(len(a), len(b))
    a, b = ([*side, *[(0, 0.0)] * (size - len(side))] for side in (a, b))
    a[0], b[0] = (a[0][0] + more_a, a[0][1]), (b[0][0] + more_b, b[0][1])
    found = split(*_counts(a), *_counts(b))
    assert found.mix + found.rate == pytest.approx(found.change, abs=1e-9)
    assert found.mix_low <= found.mix <= found.mix_high


def test_the_interval_of_the_mix_covers_it_at_its_level() -> None:
    rng = np.random.default_rng(1)
    p, q, r, s = (
        np.array([0.6, 0.3, 0.1]),
        np.array([0.4, 0.3, 0.3]),
        np.array([0.1, 0.2, 0.5]),
        np.array([0.1, 0.3, 0.4]),
    )
    truth = float(((q - p) * (r + s) / 2).sum())
    covered = 0
    for _ in range(600):
        a, b = rng.multinomial(2000, p), rng.multinomial(1500, q)
        found = split(a, rng.binomial(a, r), b, rng.binomial(b, s))
        covered += found.mix_low <= truth <= found.mix_high
    assert 0.93 <= covered / 600 <= 0.97
