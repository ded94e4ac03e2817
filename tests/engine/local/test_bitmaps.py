"""Both makers of bitmaps, NumPy's and numba's, give the same bits and the same counts as looking at every row."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from errata.analysis.requests import Item, Slices
from errata.engine.local import bitmaps, kernels

ITEMS = (Item(0, 0, 0), Item(0, 1, 1), Item(0, 255, 255), Item(1, 0, 2), Item(1, 2, 3), Item(1, 1, 1), Item(2, 3, 3))
SLICES = np.array(
    [
        *([0, -1, -1], [2, -1, -1], [3, -1, -1], [0, 3, -1], [0, 4, -1], [1, 3, -1], [3, 6, -1]),
        *([0, 3, 6], [0, 4, 6], [1, 5, 6], [2, 4, 6]),
    ],
    np.int32,
)


@st.composite
def codes(draw: st.DrawFn) -> list[NDArray[np.uint8]]:
    rows = draw(st.integers(0, 200) | st.sampled_from([64, 128, 4_096, 32_768, 32_769, 70_000]))
    rng = np.random.default_rng(draw(st.integers(0, 1_000)))
    return [
        rng.choice(np.array([0, 1, 254, 255], np.uint8), rows),
        rng.integers(0, 4, rows).astype(np.uint8),
        rng.integers(0, 6, rows).astype(np.uint8),
    ]


def looked_at(columns: list[NDArray[np.uint8]], slices: Slices) -> list[NDArray[np.bool_]]:
    masks = []
    for row in slices:
        mask = np.ones(len(columns[0]), bool)
        for number in row[row >= 0]:
            factor, low, high = ITEMS[number]
            mask &= (columns[factor] >= low) & (columns[factor] <= high)
        masks.append(mask)
    return masks


@given(columns=codes())
@settings(max_examples=30)
def test_counts_are_those_of_looking_at_every_row(columns: list[NDArray[np.uint8]]) -> None:
    expected = [int(mask.sum()) for mask in looked_at(columns, SLICES)]
    packed = bitmaps.of_items(columns, ITEMS)
    assert bitmaps.count(packed, SLICES).tolist() == expected
    assert kernels.stream(columns, ITEMS, SLICES).tolist() == expected
    alive = np.random.default_rng(len(columns[0])).random(len(columns[0])) < 0.5
    some = [int((mask & alive).sum()) for mask in looked_at(columns, SLICES)]
    assert bitmaps.count(packed & bitmaps.pack(alive), SLICES).tolist() == some
    assert kernels.stream(columns, ITEMS, SLICES, alive).tolist() == some


@given(columns=codes(), bits=st.sampled_from([1, 5, 16]))
@settings(max_examples=30)
def test_sums_of_levels_are_those_of_looking_at_every_row(columns: list[NDArray[np.uint8]], bits: int) -> None:
    rows = len(columns[0])
    levels = np.random.default_rng(rows).integers(0, 1 << bits, rows).astype(np.uint16)
    done: list[int] = []
    expected = [int(levels[mask].sum(dtype=np.int64)) for mask in looked_at(columns, SLICES)]
    assert kernels.stream_sums(columns, ITEMS, SLICES, levels, bits, done.append).tolist() == expected
    assert done[-1:] == [rows][: rows > 0]


@given(columns=codes())
@settings(max_examples=20)
def test_bitmaps_have_a_bit_for_each_row_and_no_more(columns: list[NDArray[np.uint8]]) -> None:
    packed = bitmaps.of_slices(bitmaps.of_items(columns, ITEMS), SLICES)
    bits = np.unpackbits(packed.view(np.uint8), axis=1, bitorder="little").astype(bool)
    assert np.array_equal(bits[:, : len(columns[0])], looked_at(columns, SLICES))
    assert not bits[:, len(columns[0]) :].any()


@given(columns=codes(), most=st.integers(1, 300))
@settings(max_examples=20)
def test_squares_are_those_of_counting_each_group(columns: list[NDArray[np.uint8]], most: int) -> None:
    rows = len(columns[0])
    groups = np.sort(np.random.default_rng(most).integers(0, most, rows))
    sizes = np.bincount(groups, minlength=most)[groups]
    of_slices = bitmaps.of_slices(bitmaps.of_items(columns, ITEMS), SLICES)
    inside = [np.bincount(groups[mask], minlength=most) for mask in looked_at(columns, SLICES)]
    every = np.bincount(groups, minlength=most)
    expected = [[int((one**2).sum()) for one in inside], [int((one * every).sum()) for one in inside]]
    assert bitmaps.squares(of_slices, groups, sizes).tolist() == expected
    assert kernels.squares(of_slices, groups, sizes).tolist() == expected


@given(columns=codes(), width=st.sampled_from([1, 3, 199]))
@settings(max_examples=20)
def test_rows_are_summed_as_if_looked_at_one_by_one(columns: list[NDArray[np.uint8]], width: int) -> None:
    rows = len(columns[0])
    values = np.random.default_rng(rows).gamma(1, 1, (rows, width)).astype(np.float32)
    expected = np.array([values[mask].sum(axis=0, dtype=np.float64) for mask in looked_at(columns, SLICES)])
    of_slices = bitmaps.of_slices(bitmaps.of_items(columns, ITEMS), SLICES)
    assert np.allclose(kernels.sum_rows(of_slices, values), expected, rtol=1e-5)


@given(columns=codes(), masks=st.integers(1, 5))
@settings(max_examples=20)
def test_bits_in_common_are_the_same_by_numpy_and_numba(columns: list[NDArray[np.uint8]], masks: int) -> None:
    rng = np.random.default_rng(masks)
    drawn = rng.random((masks, len(columns[0]))) < 0.3
    packed = np.stack([bitmaps.pack(mask) for mask in drawn])
    of_slices = bitmaps.of_slices(bitmaps.of_items(columns, ITEMS), SLICES)
    expected = [[int((mask & inside).sum()) for inside in looked_at(columns, SLICES)] for mask in drawn]
    assert bitmaps.common_bits(packed, of_slices).tolist() == expected
    assert kernels.common_bits(packed, of_slices).tolist() == expected
