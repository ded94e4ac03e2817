"""The slice search finds what an exhaustive search with the same rules finds, and counts it exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from errata.analysis.budget import most_slices
from errata.analysis.requests import Item
from errata.analysis.slices import Found, search, strongest
from errata.engine.local import counter as engine
from errata.engine.local.counter import Counter
from tests.analysis.exhaustive import counted, peeled


class Rows:
    """Codes with planted slices: two factors of values, one of ranges, some more that say nothing."""

    def __init__(self, rows: int, seed: int, noise: int = 2, planted: bool = True) -> None:
        rng = np.random.default_rng(seed)
        self.codes = [rng.choice(k, rows, p=rng.dirichlet(np.full(k, 3.0))).astype(np.uint8) for k in (3, 4, 5)]
        self.codes += [rng.integers(0, 2 + k, rows).astype(np.uint8) for k in range(noise)]
        values = [Item(f, v, v) for f in range(len(self.codes)) if f != 2 for v in range(int(self.codes[f].max()) + 1)]
        ranges = [Item(2, 0, v) for v in range(4)] + [Item(2, v, 4) for v in range(1, 5)]
        self.items = sorted([*values, *ranges], key=lambda item: item.factor)
        rate = np.full(rows, 0.08)
        if planted:
            rate[(self.codes[0] == 1) & (self.codes[2] >= 3)] = 0.3
            rate[self.codes[1] == 2] += 0.12
        self.failed = rng.random(rows) < rate

    def counter(self, **options: object) -> Counter:
        return Counter(self.codes, self.items, self.failed, **options)  # type: ignore[arg-type]

    def search(self, depth: int, min_rows: int, top: int = 20, **options: object) -> Found:
        counter = self.counter(**options)
        return counter.run(search(counter.population(), depth=depth, min_rows=min_rows, top=top))


def as_plain(found: Found) -> list[tuple[tuple[int, ...], tuple[int, float], tuple[int, float]]]:
    return [
        (
            one.items,
            (one.everywhere.rows, one.everywhere.failed),
            (one.after_peeling.rows, one.after_peeling.failed),
        )
        for one in found.listed
    ]


def test_50_000_rows_of_eight_factors_to_three_conditions() -> None:
    rows = Rows(50_000, seed=4, noise=5)
    found = rows.search(3, 500)
    expected, tried = peeled(rows.codes, rows.items, rows.failed, depth=3, min_rows=500, threshold=found.null.threshold)
    assert as_plain(found) == [(one.items, one.everywhere, one.after_peeling) for one in expected]
    assert found.tried == tried
    assert len(found.listed) >= 2


@given(
    rows=st.integers(1, 600),
    seed=st.integers(0, 10_000),
    depth=st.integers(1, 4),
    min_rows=st.integers(1, 60),
    planted=st.booleans(),
)
@settings(max_examples=25)
def test_small_files_of_every_shape(rows: int, seed: int, depth: int, min_rows: int, planted: bool) -> None:
    made = Rows(rows, seed, noise=1, planted=planted)
    found = made.search(depth, min_rows)
    expected, tried = peeled(
        made.codes, made.items, made.failed, depth=depth, min_rows=min_rows, threshold=found.null.threshold
    )
    assert as_plain(found) == [(one.items, one.everywhere, one.after_peeling) for one in expected]
    assert found.tried == (tried if 0 < made.failed.sum() < rows else 0)


def test_the_top_is_that_of_counting_every_slice() -> None:
    rows = Rows(20_000, seed=2)
    expected, _ = peeled(rows.codes, rows.items, rows.failed, depth=3, min_rows=200, threshold=-np.inf, top=1)
    for sample_rows in (20_000, 5_000):
        counter = rows.counter(sample_rows=sample_rows)
        found = counter.run(strongest(counter.population(), min_rows=200, top=10))
        assert len(found.listed) == 10
        assert found.listed[0].items == expected[0].items
        deviates = [one.deviate for one in found.listed]
        assert deviates == sorted(deviates, reverse=True)
        exact = counted(rows.codes, rows.items, rows.failed, [one.items for one in found.listed])
        assert [(one.everywhere.rows, one.everywhere.failed) for one in found.listed] == exact


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("of", ["failed", "loss"])
def test_a_sample_lists_what_all_rows_list_with_exact_counts(of: str, grouped: bool) -> None:
    rows = Rows(40_000, seed=8)
    groups = np.arange(40_000) // 2 if grouped else None
    loss = np.random.default_rng(0).exponential(1.0, 40_000) * (1 + 3 * rows.failed) if of == "loss" else None
    whole = rows.search(2, 400, loss=loss, groups=groups, sample_rows=40_000)
    sampled = rows.search(2, 400, loss=loss, groups=groups, sample_rows=8_000)
    assert {one.items: one.everywhere for one in sampled.listed} == {one.items: one.everywhere for one in whole.listed}
    assert len(whole.listed) >= 2
    if not grouped:  # a design effect is estimated on the sample, so that order may differ
        assert [one.items for one in sampled.listed] == [one.items for one in whole.listed]
        assert [one.after_peeling for one in sampled.listed] == [one.after_peeling for one in whole.listed]


def test_numba_lists_what_numpy_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows(20_000, seed=5)
    by_numpy = rows.search(3, 200)
    monkeypatch.setattr(engine, "worth_kernels", lambda words: True)
    by_numba = rows.search(3, 200)
    assert as_plain(by_numba) == as_plain(by_numpy)
    assert by_numba.null.threshold == by_numpy.null.threshold


def test_what_is_listed_second_stands_without_the_first() -> None:
    rows = Rows(50_000, seed=4, noise=5)
    found = rows.search(3, 500)
    gone = np.zeros(50_000, bool)
    for one in found.listed:
        inside = rows.counter().mask(one.items)
        assert one.after_peeling.rows == int((inside & ~gone).sum())
        assert one.after_peeling.all_rows == int((~gone).sum())
        assert one.after_peeling.all_failed == int((rows.failed & ~gone).sum())
        assert one.p_adjusted <= 0.05
        gone |= inside


def test_a_list_cut_short_says_that_more_beats_chance() -> None:
    rows = Rows(50_000, seed=4, noise=5)
    whole = rows.search(3, 500)
    assert len(whole.listed) > 1
    assert not whole.more
    assert rows.search(3, 500, top=1).more
    assert not rows.search(3, 500, top=len(whole.listed)).more


@pytest.mark.parametrize("failed", [np.zeros(500, bool), np.ones(500, bool)])
def test_where_all_rows_are_alike_nothing_is_searched(failed: NDArray[np.bool_]) -> None:
    rows = Rows(500, seed=1)
    rows.failed = failed
    found = rows.search(3, 5)
    assert (found.listed, found.tried) == ((), 0)


def test_no_factors_no_slices() -> None:
    counter = Counter([], [], np.array([True, False] * 50))
    found = counter.run(search(counter.population()))
    assert (found.listed, found.tried) == ((), 0)


def test_a_perfect_slice_and_its_copy_are_listed_once_by_the_shorter_text() -> None:
    codes = [np.repeat([0, 1], [900, 100]).astype(np.uint8)] * 2
    items = [Item(0, 0, 0), Item(0, 1, 1), Item(1, 0, 0), Item(1, 1, 1)]
    counter = Counter(codes, items, codes[0] == 1)
    found = counter.run(search(counter.population(), depth=2, min_rows=5))
    assert [one.items for one in found.listed] == [(1,)]


def test_too_many_slices_stop_the_search_at_fewer_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows(5_000, seed=4, noise=5)
    whole = rows.search(3, 50)
    assert (whole.depth, whole.deeper) == (3, None)
    with monkeypatch.context() as patched:
        patched.setattr("errata.analysis.slices.most_slices", lambda _: whole.tried - 1)
        short = rows.search(3, 50)
        assert (short.depth, short.deeper) == (2, whole.tried)
        patched.setattr("errata.analysis.slices.most_slices", lambda _: whole.tried)
        assert rows.search(3, 50) == whole
    monkeypatch.setattr("errata.analysis.budget.MOST_SLICES", 1_000)
    stopped = rows.search(3, 50)
    assert stopped.depth == 2
    assert stopped.deeper is not None and stopped.deeper > 1_000
    assert stopped.tried == rows.search(2, 50).tried
    monkeypatch.setattr("errata.analysis.budget.MOST_SLICES", 10)
    assert rows.search(3, 50).depth == 1


def test_dealing_leaves_room_for_fewer_slices_than_counting() -> None:
    rows = Rows(50_000, seed=0)
    assert most_slices(rows.counter().population()) == 2_000_000
    assert 100_000 < most_slices(rows.counter(loss=np.ones(50_000)).population()) < 500_000
