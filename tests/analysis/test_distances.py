from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from errata.analysis import distances
from errata.analysis.sides import edges_of


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1) / len(values)


@pytest.mark.parametrize("shift", [0.0, 0.1, 2.0])
def test_ks_of_bins_is_that_of_the_values_to_within_the_stated_error(shift: float) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=20_000), rng.normal(shift, 1.2, 15_000)
    edges = np.array(edges_of(a))
    p, q = _shares(a, edges), _shares(b, edges)
    binned, exact = distances.kolmogorov_smirnov(p, q), stats.ks_2samp(a, b, method="asymp")
    assert binned <= exact.statistic + 1e-12
    assert exact.statistic - binned <= distances.ks_error(p, q) <= 1.1 / 256
    assert distances.ks_p(float(exact.statistic), 20_000, 15_000) == pytest.approx(exact.pvalue, rel=0.05, abs=1e-12)


def test_ks_of_few_values_is_exact() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.poisson(3, 5000), rng.poisson(3.2, 4000)
    edges = np.array(edges_of(a.astype(float)))
    exact = stats.ks_2samp(a, b, method="asymp").statistic
    assert distances.kolmogorov_smirnov(_shares(a, edges), _shares(b, edges)) == pytest.approx(exact, abs=1e-12)


def test_a_value_that_fills_a_bin_has_one_to_itself() -> None:
    values = np.concatenate([np.zeros(5000), np.random.default_rng(0).exponential(size=5000)])
    edges = np.array(edges_of(values))
    shares = _shares(values, edges)
    at = int(np.searchsorted(edges, 0.0, side="right"))
    assert shares[at] == 0.5
    assert edges[at] == math.nextafter(0.0, 1.0)
    assert 120 <= len(edges) <= 140  # the other half shares 128


def test_chi_square_and_v_are_scipys() -> None:
    table = np.array([[120, 80, 33, 7], [90, 130, 21, 12]])
    n, m = table.sum(axis=1)
    p, q = table / table.sum(axis=1, keepdims=True)
    expected = stats.chi2_contingency(table, correction=False)
    statistic = distances.chi_square(p, q, n, m)
    assert statistic == pytest.approx(expected.statistic)
    assert distances.chi_square_p(statistic, 4) == pytest.approx(expected.pvalue)
    assert math.sqrt(statistic / (n + m)) == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_v_as_if_sizes_were_even_is_v_where_they_are() -> None:
    table = np.array([[100, 60, 40], [70, 70, 60]])
    p, q = table / 200
    assert distances.even_v(p, q) == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_psi_and_jensen_shannon_are_their_formulas() -> None:
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    assert distances.stability_index(p, q, 100, 100) == pytest.approx(2 * 0.3 * math.log(2.5))
    assert distances.jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q, base=2))
    assert distances.jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1.0
    empty = distances.stability_index(np.array([1.0, 0.0]), np.array([0.9, 0.1]), 50, 100)
    assert empty == pytest.approx(-0.1 * math.log(0.9) + 0.09 * math.log(10))


def test_the_false_discovery_rate_is_scipys() -> None:
    p = [0.01, 0.8, 0.03, 0.03, 0.2, 1e-9]
    assert distances.false_discovery(p) == pytest.approx(stats.false_discovery_control(p))
    assert distances.false_discovery([]) == []


def test_the_noise_floors_are_what_splitting_one_sample_gives() -> None:
    rng = np.random.default_rng(5)
    n, m, bins = 4000, 2500, 12
    edges = np.quantile(rng.normal(size=100_000), np.arange(1, 256) / 256)
    shares = rng.dirichlet(np.full(bins, 3.0))
    ks, squares = [], []
    for _ in range(300):
        ks.append(distances.kolmogorov_smirnov(*(_shares(rng.normal(size=size), edges) for size in (n, m))))
        squares.append(distances.even_v(*(rng.multinomial(size, shares) / size for size in (n, m))) ** 2)
    # The limit lies a little above what so many rows give.
    assert np.mean(ks) < distances.ks_floor(n, m) < 1.1 * np.mean(ks)
    assert distances.even_v_floor(bins, n, m) == pytest.approx(math.sqrt(np.mean(squares)), rel=0.06)


def test_the_design_effect_is_that_of_rows_said_several_times() -> None:
    rng = np.random.default_rng(6)
    effects, cumulative = [], []
    for _ in range(60):
        groups = rng.integers(0, 16, 800)
        counts = np.zeros((10, 16), np.int64)
        np.add.at(counts, (rng.integers(0, 10, 800), groups), 5)
        effects.append(distances.design_effect(counts))
        cumulative.append(distances.design_effect(counts, cumulative=True))
    assert np.mean(effects) == pytest.approx(5.0, rel=0.1)
    assert np.mean(cumulative) == pytest.approx(5.0, rel=0.15)


def test_one_group_alone_says_nothing_of_chance() -> None:
    assert distances.design_effect(np.array([[40], [60]])) == 100
    assert distances.design_effect(np.array([[50, 50], [0, 0]])) == 1.0
