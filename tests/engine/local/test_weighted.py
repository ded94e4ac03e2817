"""The engine for weighted rows: sums are those of looking at every row, to the steps in which weights are held."""

from __future__ import annotations

import numpy as np
import pytest

import errata.engine.local.counter as engine
from errata.analysis.requests import Count, Item, Permute, Spread
from errata.engine.local.weighted import WeightedCounter

ITEMS = (Item(0, 0, 0), Item(0, 1, 1), Item(1, 0, 1), Item(1, 2, 2))
SLICES = np.array([[0, -1], [3, -1], [0, 2], [1, 3]], np.int32)


def counter(rows: int, *, losses: bool, sample_rows: int | None = None) -> WeightedCounter:
    rng = np.random.default_rng(rows)
    codes = [rng.integers(0, 2, rows).astype(np.uint8), rng.integers(0, 3, rows).astype(np.uint8)]
    loss = rng.gamma(1, 1, rows) if losses else None
    return WeightedCounter(
        codes, ITEMS, rng.random(rows) < 0.2, rng.lognormal(0, 1, rows) * 7, loss=loss, sample_rows=sample_rows
    )


@pytest.mark.parametrize("losses", [False, True])
@pytest.mark.parametrize("kernels", [False, True])
def test_sums_are_those_of_the_rows(losses: bool, kernels: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "worth_kernels", lambda words: kernels)
    one = counter(5_000, losses=losses)
    rng = np.random.default_rng(5_000)
    [rng.integers(0, size, 5_000) for size in (2, 3)]
    values = rng.gamma(1, 1, 5_000) if losses else None
    failed = rng.random(5_000) < 0.2
    weights = rng.lognormal(0, 1, 5_000)
    weights /= weights.mean()
    y = failed.astype(float) if values is None else values
    masks = [one.mask(tuple(int(item) for item in row[row >= 0])) for row in SLICES]
    assert one.answer(Count(SLICES)).tolist() == [int(mask.sum()) for mask in masks]
    expected = {"weight": weights, "weighted": weights * y}
    for of, amounts in expected.items():
        found = one.answer(Count(SLICES, of))  # type: ignore[arg-type]
        assert found == pytest.approx([amounts[mask].sum() for mask in masks], rel=2e-3)
        gone = masks[1]
        left = one.answer(Count(SLICES, of, inside=(0,), without=((3,),)))  # type: ignore[arg-type]
        assert left == pytest.approx([amounts[mask & masks[0] & ~gone].sum() for mask in masks], rel=2e-3, abs=1e-9)
    population = one.population()
    assert (population.of, population.rows) == ("weighted", 5_000)
    assert population.weights == pytest.approx(5_000, rel=1e-3)
    assert population.total == pytest.approx(weights @ y, rel=2e-3)
    assert one.answer(Spread())[0] == pytest.approx(weights @ y**2)
    assert one.answer(Spread(((3,),)))[0] == pytest.approx((weights * y**2)[~masks[1]].sum())
    assert one.answer(Count(np.zeros((0, 2), np.int32), "weight")).tolist() == []


@pytest.mark.parametrize("losses", [False, True])
def test_dealt_sums_add_up_to_nothing_and_vary_as_they_should(losses: bool) -> None:
    one = counter(4_000, losses=losses, sample_rows=2_000)
    every = np.array([[0], [1]], np.int32)
    dealt = one.answer(Permute(every, 400, 3, "weighted"))
    assert dealt.shape == (400, 2)
    assert np.abs(dealt.sum(axis=1)).max() < 0.05
    weights = one.answer(Count(every, "weight", sampled=True))
    spreads = one.answer(Count(every, "spread", sampled=True))
    population = one.population()
    assert weights.sum() == pytest.approx(population.sampled_weights)
    g = weights / weights.sum()
    expected = np.sqrt(spreads * (1 - 2 * g) + g**2 * population.sampled_spreads)
    assert dealt.std(axis=0) == pytest.approx(expected, rel=0.12)
    assert np.array_equal(dealt, one.answer(Permute(every, 400, 3, "weighted")))
