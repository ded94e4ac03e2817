from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from errata.analysis.change_points import _statistics, change_points


def _series(rng: np.random.Generator, rates: np.ndarray, rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    held = rng.poisson(rows, len(rates)).astype(float) + 1
    return rng.binomial(held.astype(int), rates).astype(float), held


def _found(failed: np.ndarray, rows: np.ndarray, seed: int = 0) -> list[int]:
    return [one.at for one in change_points(failed, rows, rows * failed.sum() / rows.sum(), seed)]


def test_the_statistic_of_a_split_is_pearsons() -> None:
    failed, rows = np.array([3.0, 5, 4, 9, 11, 8, 7]), np.array([40.0, 60, 50, 50, 55, 45, 40])
    rate = failed.sum() / rows.sum()
    found = _statistics((failed - rows * rate)[None, :], rows * rate * (1 - rate))[0]
    table = [[12, 150 - 12], [35, 190 - 35]]  # three buckets before, four after
    assert found[0] == pytest.approx(stats.chi2_contingency(table, correction=False).statistic)
    assert len(found) == 2


def test_a_change_is_dated_to_the_bucket() -> None:
    failed = np.array([5.0] * 20 + [20.0] * 20)
    assert _found(failed, np.full(40, 100.0)) == [20]


def test_two_changes_are_both_found() -> None:
    rng = np.random.default_rng(2)
    failed, rows = _series(rng, np.repeat([0.05, 0.2, 0.05], 30), 200)
    assert _found(failed, rows) == pytest.approx([30, 60], abs=1)


def test_without_a_change_at_most_one_series_in_twenty_shows_one() -> None:
    rng = np.random.default_rng(3)
    alarms = sum(bool(_found(*_series(rng, np.full(48, 0.08)), seed)) for seed in range(200))
    assert alarms <= stats.binom.ppf(0.999, 200, 0.05)


def test_buckets_that_scatter_more_than_rows_do_raise_no_more_alarms() -> None:
    rng = np.random.default_rng(4)
    alarms = sum(bool(_found(*_series(rng, rng.beta(8, 92, 48), 400), seed)) for seed in range(200))
    assert alarms <= stats.binom.ppf(0.999, 200, 0.05)


def test_a_rise_by_half_is_seldom_missed() -> None:
    rng = np.random.default_rng(5)
    rates = np.repeat([0.08, 0.12], 48)
    found = [_found(*_series(rng, rates), seed) for seed in range(40)]
    assert sum(any(abs(at - 48) <= 8 for at in one) for one in found) >= 36


def test_nothing_failed_and_nothing_changed() -> None:
    assert _found(np.zeros(20), np.full(20, 50.0)) == []
    assert change_points(np.full(20, 50.0), np.full(20, 50.0), np.full(20, 50.0), 0) == []


def test_the_same_seed_gives_the_same_answer() -> None:
    failed, rows = _series(np.random.default_rng(6), np.repeat([0.08, 0.11], 20))
    usual = rows * failed.sum() / rows.sum()
    assert change_points(failed, rows, usual, 7) == change_points(failed, rows, usual, 7)
