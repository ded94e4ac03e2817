"""Weighted rates: Hájek's ratio with intervals that cover, and a search that is silent on weighted chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect, rate_figures
from errata.analysis.intervals import wilson
from errata.analysis.requests import Item
from errata.analysis.slices import Found, Totals, search
from errata.analysis.weights import (
    effective_rows,
    relative_spread,
    weight_bins,
    weighted_deviate,
    weighted_effect,
    weighted_estimate,
    weighted_figures,
    weighted_rate,
)
from errata.core.errors import ValueFault
from errata.engine.local.weighted import WeightedCounter

Floats = NDArray[np.float64]


def test_a_worked_example() -> None:
    # Two rows of weight 3 and four of weight 1, of which the first of each failed: (3 + 1) / 10.
    values, weights = np.array([1.0, 0, 1, 0, 0, 0]), np.array([3.0, 3, 1, 1, 1, 1])
    assert effective_rows(weights) == pytest.approx(100 / 22)
    # Σ w² (y − 0.4)² = 9 · 0.36 + 9 · 0.16 + 0.36 + 3 · 0.16 = 5.52; / 10² over 0.24 / 6; Kish's is 6 · 22 / 100.
    assert weighted_effect(values, weights, None) == pytest.approx(max(0.0552 / 0.04, 1.32))
    rate, low, high = weighted_rate(values, weights, None)
    rows = 6 / 1.38
    assert rate == pytest.approx(0.4)
    assert (low, high) == pytest.approx(wilson(0.4 * rows, rows))


def test_weights_that_are_all_0_are_an_error() -> None:
    values, weights = np.array([1.0, 0, 1]), np.zeros(3)
    for measure in (
        lambda: effective_rows(weights),
        lambda: weighted_rate(values, weights, None),
        lambda: weighted_estimate(values, weights, np.arange(3)),
        lambda: relative_spread(values, weights),
    ):
        with pytest.raises(ValueFault, match="every weight is 0") as caught:
            measure()
        assert caught.value.code == "bad-weight"


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_scale_of_weights_says_nothing(scale: float) -> None:
    rng = np.random.default_rng(5)
    values, weights, groups = (rng.random(200) < 0.3).astype(np.float64), rng.gamma(1, 1, 200), np.arange(200) // 4
    assert effective_rows(weights * scale) == pytest.approx(effective_rows(weights))
    assert weighted_rate(values, weights * scale, groups) == pytest.approx(weighted_rate(values, weights, groups))


def test_statsmodels_has_the_same_variance_of_a_weighted_mean() -> None:
    from statsmodels.stats.weightstats import DescrStatsW

    rng = np.random.default_rng(3)
    values, weights = rng.normal(3, 1, 500), rng.gamma(1, 1, 500) + 0.01
    found = weighted_estimate(values, weights, None)
    described = DescrStatsW(values, weights=weights)
    assert found.value == pytest.approx(described.mean)
    kish = float(np.sqrt(described.var / effective_rows(weights)))
    residuals = weights * (values - described.mean)
    linearised = float(np.sqrt(residuals @ residuals) / weights.sum())
    assert found.high is not None and found.value is not None
    assert found.high - found.value == pytest.approx(1.959964 * max(kish, linearised), rel=1e-5)


@settings(max_examples=60, deadline=None)
@example(3920, 199728.8157259808, True)  # a slice whose rows all failed
@given(st.integers(0, 10_000), st.floats(0.01, 1e6), st.booleans())
def test_equal_weights_give_the_figures_without_any(seed: int, weight: float, grouped: bool) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(30, 300))
    values = (rng.random(rows) < rng.uniform(0.05, 0.95)).astype(float)
    groups = rng.integers(0, 12, rows) if grouped else None
    inside = rng.random(rows) < 0.4
    effects = [grouped_effect(values, groups, mask) for mask in (inside, ~inside)]
    totals = Totals(int(inside.sum()), float(values[inside].sum()), rows, float(values.sum()))
    plain = rate_figures(totals, 4.0, *effects)
    weighted = weighted_figures(
        values, np.full(rows, weight), inside, ~inside, groups, 4.0, losses=False, failed=plain.failed
    )
    for name in ("rows", "failed", "error_rate", "low", "high", "rest_error_rate", "excess_errors"):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name), abs=1e-9), name
    assert weighted.excess_errors_low == pytest.approx(plain.excess_errors_low, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_nothing_depends_on_the_scale(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    values, weights = (rng.random(200) < 0.3).astype(float), rng.gamma(1, 1, 200) + 1e-3
    inside = rng.random(200) < 0.5
    one, two = (
        weighted_figures(values, w, inside, ~inside, None, 4.0, losses=False, failed=None)
        for w in (weights, weights * scale)
    )
    assert one.excess_errors == pytest.approx(two.excess_errors)
    assert (one.error_rate, one.low, one.high) == pytest.approx((two.error_rate, two.low, two.high))


def weights_of(kind: str, rng: np.random.Generator, rows: int) -> Floats:
    if kind == "lognormal":
        return np.asarray(rng.lognormal(0, 0.8, rows))
    return np.asarray(rng.choice([1.0, 10.0], rows, p=[0.7, 0.3]))


@pytest.mark.parametrize(("kind", "related"), [("lognormal", False), ("two", False), ("two", True)])
def test_intervals_cover_the_weighted_rate(kind: str, related: bool) -> None:
    """In 93 to 97 of 100: rows are drawn with chances 1 / weight from a population of rate 0.2."""
    covered, simulations = 0, 2_000
    rng = np.random.default_rng(7)
    for _ in range(simulations):
        weights = weights_of(kind, rng, 600)
        rate = np.where(weights > 5, 0.15, 0.35) if related else np.full(600, 0.2)
        truth = (0.15 * 3 + 0.35 * 0.7) / 3.7 if related else 0.2
        values = (rng.random(600) < rate).astype(float)
        _, low, high = weighted_rate(values, weights, None)
        covered += low <= truth <= high
    assert 0.93 <= covered / simulations <= 0.97


def test_dependent_rows_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(100), 10)
    values = (rng.random(100) < 0.3).astype(float)[groups]
    weights = rng.lognormal(0, 0.5, 1000)
    plain, grouped = (weighted_effect(values, weights, of) for of in (None, groups))
    assert 1 < plain < 2
    assert grouped > 8


def test_rows_that_say_nothing_are_no_fault() -> None:
    nothing = np.zeros(0)
    assert weighted_effect(nothing, nothing, None) == 1.0
    assert weighted_effect(np.ones(1), np.ones(1), None) == 1.0
    assert weighted_effect(np.ones(4), np.array([1e9, 1, 1, 1]), None) == pytest.approx(4.0)
    assert weighted_deviate(np.ones(2), np.zeros(2), np.ones(2), (1.0, 0.0, 0.0), 1.0).tolist() == [0, 0]
    assert relative_spread(np.zeros(3), np.ones(3)).tolist() == [1, 1, 1]


def test_spread_follows_the_weight_where_outcomes_do() -> None:
    rng = np.random.default_rng(1)
    weights = rng.choice([1.0, 4.0], 20_000)
    even = relative_spread((rng.random(20_000) < 0.1).astype(float), weights)
    assert even == pytest.approx(np.ones(20_000), abs=0.1)
    heavy = relative_spread((rng.random(20_000) < np.where(weights > 2, 0.2, 0.01)).astype(float), weights)
    assert heavy[weights == 4].mean() > 3 * heavy[weights == 1].mean()
    assert set(weight_bins(np.ones(20_000), weights)) == {0, 1}


SIZES = (2, 3, 4, 6, 8)


def searched(kind: str, seed: int, *, planted: bool = False, losses: bool = False) -> Found:
    """The search of rows whose weights have something to do with factors or outcomes, outcomes with no factor."""
    rng = np.random.default_rng([seed, 5])
    rows = 3_000
    codes = [rng.integers(0, size, rows).astype(np.uint8) for size in SIZES]
    items = [Item(factor, value, value) for factor, size in enumerate(SIZES) for value in range(size)]
    groups = None
    weights, rate = rng.lognormal(0, 0.8, rows), np.full(rows, 0.08)
    if kind == "strata":
        weights = np.array([10, 1.0, 1, 1, 0.5, 3, 1, 0.1])[codes[4]]
    elif kind == "heavy rows fail":
        rate = 0.03 + 0.25 * (weights > np.quantile(weights, 0.8))
    elif kind == "light rows fail":
        rate = 0.03 + 0.25 * (weights < np.quantile(weights, 0.2))
    elif kind == "groups":
        groups = np.arange(rows) // 4
        codes = [column[::4][groups] for column in codes]
        weights, rate = weights[::4][groups], rng.beta(0.5, 0.5 / 0.08 - 0.5, rows // 4)[groups]
    if planted:
        rate = np.where((codes[1] == 1) & (codes[3] == 2), rate + 0.3, rate)
    failed = rng.random(rows) < rate
    loss = rng.gamma(4, 1, rows) * np.where(failed, 4, 1) if losses else None
    counter = WeightedCounter(codes, items, failed, weights, groups=groups, loss=loss, seed=seed)
    return counter.run(search(counter.population(), depth=2, min_rows=30, seed=seed))


KINDS = ("lognormal", "strata", "heavy rows fail", "light rows fail", "groups")


@pytest.mark.parametrize("losses", [False, True])
def test_chance_is_listed_no_more_often_than_it_may(losses: bool) -> None:
    # At 5 % each, 40 searches list more than 7 once in four hundred times.
    assert sum(bool(searched(kind, seed, losses=losses).listed) for kind in KINDS for seed in range(8)) <= 7


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_planted_is_found(kind: str) -> None:
    found = [searched(kind, seed, planted=True).listed for seed in range(8)]
    assert sum(any(set(one.items) == {3, 11} for one in listed) for listed in found) >= 6
    assert sum(len(listed) for listed in found) <= 11


def test_a_planted_loss_is_found() -> None:
    found = [searched("lognormal", seed, planted=True, losses=True).listed for seed in range(8)]
    assert sum(any(set(one.items) == {3, 11} for one in listed) for listed in found) >= 6
