"""The local engine answers every request as looking at every row would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from errata.analysis.requests import Count, Item, Permute, Spread
from errata.engine.local import counter as engine
from errata.engine.local.counter import Counter

ITEMS = (Item(0, 0, 0), Item(0, 1, 1), Item(1, 0, 1), Item(1, 2, 2), Item(2, 1, 2))
SLICES = np.array([[0, -1], [1, -1], [2, -1], [3, -1], [0, 2], [0, 3], [1, 4], [2, 4]], np.int32)


def made(rows: int = 1_000, seed: int = 0, **options: object) -> Counter:
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, 3, rows).astype(np.uint8) for _ in range(3)]
    return Counter(columns, ITEMS, rng.random(rows) < 0.2, **options)  # type: ignore[arg-type]


def masks(counter: Counter) -> list[NDArray[np.bool_]]:
    return [counter.mask(tuple(int(i) for i in row if i >= 0)) for row in SLICES]


@given(rows=st.integers(1, 400), seed=st.integers(0, 50))
def test_rows_failures_and_what_is_left_after_peeling(rows: int, seed: int) -> None:
    counter = made(rows, seed)
    inside = masks(counter)
    assert counter.answer(Count(SLICES)).tolist() == [m.sum() for m in inside]
    assert counter.answer(Count(SLICES, "failed")).tolist() == [(m & counter.failed).sum() for m in inside]
    within, gone = counter.mask((0, 2)), counter.mask((1, 4)) | counter.mask((3,))
    left = within & ~gone
    peeled = {"inside": (0, 2), "without": ((1, 4), (3,))}
    assert counter.answer(Count(SLICES, **peeled)).tolist() == [(m & left).sum() for m in inside]
    assert counter.answer(Count(SLICES, "failed", **peeled)).tolist() == [
        (m & left & counter.failed).sum() for m in inside
    ]


@given(rows=st.integers(1, 400), seed=st.integers(0, 50), tail=st.sampled_from([0.1, 1.0, 5.0]))
def test_sums_of_losses_are_those_of_their_steps(rows: int, seed: int, tail: float) -> None:
    loss = np.random.default_rng(seed).lognormal(0, tail, rows)
    counter = made(rows, seed, loss=loss)
    assert counter.loss is not None
    assert np.abs(counter.loss - loss).max() <= loss.max() / 65_535 / 2 * 1.001
    sums = [counter.loss[m].sum() for m in masks(counter)]
    assert counter.answer(Count(SLICES, "loss")) == pytest.approx(sums)
    assert counter.population().total == pytest.approx(counter.loss.sum())
    assert counter.answer(Spread())[0] == pytest.approx((counter.loss**2).sum())
    left = counter.loss[~counter.mask((1,))]
    assert counter.answer(Spread(((1,),)))[0] == pytest.approx((left**2).sum())


def test_losses_of_zero_sum_to_zero() -> None:
    counter = made(loss=np.zeros(1_000))
    assert counter.answer(Count(SLICES, "loss")).tolist() == [0] * len(SLICES)


@pytest.mark.parametrize("grouped", [False, True])
def test_the_sample_is_uniform_seeded_and_of_whole_groups(grouped: bool) -> None:
    groups = np.repeat(np.arange(500), 20) if grouped else None
    counter = made(10_000, groups=groups, sample_rows=2_000, seed=3)
    assert counter.sample is not None
    assert counter.sample.tolist() == made(10_000, groups=groups, sample_rows=2_000, seed=3).sample.tolist()  # type: ignore[union-attr]
    assert 1_700 <= len(counter.sample) <= 2_000
    if groups is not None:
        assert set(np.bincount(groups[counter.sample], minlength=500)) == {0, 20}
    rows = counter.answer(Count(SLICES, sampled=True))
    assert rows.tolist() == [m[counter.sample].sum() for m in masks(counter)]
    assert counter.population().sampled_rows == len(counter.sample)


def test_up_to_the_sample_s_size_everything_is_sampled() -> None:
    counter = made(1_000, sample_rows=1_000)
    assert counter.sample is None
    assert counter.population().sampled_rows == counter.population().rows == 1_000


@pytest.mark.parametrize("of", ["failed", "loss"])
@pytest.mark.parametrize("grouped", [False, True])
def test_dealt_outcomes_are_counted_exactly(of: str, grouped: bool) -> None:
    from errata.engine.local.deal import dealt

    groups = np.repeat(np.arange(100), 10) if grouped else None
    loss = np.random.default_rng(1).random(1_000) if of == "loss" else None
    counter = made(1_000, loss=loss, groups=groups)
    answer = counter.answer(Permute(SLICES, 5, 9, of))  # type: ignore[arg-type]
    outcome = counter.failed.astype(float) if counter.loss is None else counter.loss
    expected = [[deal[m].sum() for m in masks(counter)] for deal in dealt(outcome, groups, 5, 9)]
    assert answer == pytest.approx(np.array(expected), rel=1e-5)
    # Some of the slices at a time are dealt the same outcomes.
    assert counter.answer(Permute(SLICES[3:5], 5, 9, of)) == pytest.approx(answer[:, 3:5])  # type: ignore[arg-type]


def test_past_a_size_numba_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = [made(20_000).answer(request).tolist() for request in (Count(SLICES), Permute(SLICES, 9, 1))]
    monkeypatch.setattr(engine, "worth_kernels", lambda words: True)
    assert [made(20_000).answer(request).tolist() for request in (Count(SLICES), Permute(SLICES, 9, 1))] == counts


def test_rows_are_left_out_only_inside_a_slice() -> None:
    with pytest.raises(ValueError, match="inside a slice"):
        made().answer(Count(SLICES, without=((0,),)))
