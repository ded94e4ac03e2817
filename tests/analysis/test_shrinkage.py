from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from errata.analysis.shrinkage import prior_of


def test_a_worked_example() -> None:
    """Rates 5, 10, 15 and 50 % of 20 rows: Σ n(r − p)² / p(1 − p) = 15.625, 3 of it by chance, so ρ = 12.625 / 57."""
    failed, rows = np.array([1.0, 2, 3, 10]), np.full(4, 20.0)
    prior = prior_of(failed, rows)
    assert prior.alpha + prior.beta == pytest.approx((1 - 12.625 / 57) / (12.625 / 57))
    assert prior.mean == pytest.approx(0.2)
    shrunk, low, high = prior.shrunk(failed, rows)
    assert shrunk.tolist() == pytest.approx([0.0724, 0.1149, 0.1575, 0.4551], abs=1e-3)
    assert (low[3], high[3]) == pytest.approx(stats.beta(prior.alpha + 10, prior.beta + 10).interval(0.95))


def test_the_distribution_of_rates_is_found_again_and_shrunk_rates_lie_closer() -> None:
    rng = np.random.default_rng(1)
    true = rng.beta(8, 92, 400)
    rows = rng.integers(20, 400, 400).astype(float)
    failed = rng.binomial(rows.astype(int), true).astype(float)
    prior = prior_of(failed, rows)
    assert prior.mean == pytest.approx(0.08, abs=0.005)
    assert prior.spread == pytest.approx(stats.beta(8, 92).std(), rel=0.2)
    shrunk, low, high = prior.shrunk(failed, rows)
    assert ((shrunk - true) ** 2).mean() < 0.8 * ((failed / rows - true) ** 2).mean()
    assert 0.92 <= ((low <= true) & (true <= high)).mean() <= 0.98


def test_nodes_that_scatter_no_more_than_rows_have_one_rate() -> None:
    prior = prior_of(np.array([10.0, 10, 10]), np.array([100.0, 100, 100]))
    assert prior.spread == 0
    assert prior.shrunk(np.array([10.0]), np.array([100.0]))[0].tolist() == pytest.approx([0.1])


@pytest.mark.parametrize("failed", [[0.0, 0, 0], [5.0, 5, 5]])
def test_all_or_none_failed(failed: list[float]) -> None:
    shrunk, low, high = prior_of(np.array(failed), np.full(3, 5.0)).shrunk(np.array(failed), np.full(3, 5.0))
    assert np.isfinite([shrunk, low, high]).all()
    assert shrunk.tolist() == pytest.approx([failed[0] / 5] * 3, abs=0.04)
