"""Bitmaps of conditions: bit r of an item's row of words says whether row r meets the condition.

Two makers with the same result: NumPy for small inputs, numba past a size, because numba costs more than a second to
wake up. ``tests/engine/local/test_bitmaps.py`` holds them to the same bits and counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from errata.analysis.requests import Item, Slices

Words = NDArray[np.uint64]
"""Shape (items, words): 64 rows to a word, lowest bit first."""


def pack(mask: NDArray[np.bool_]) -> Words:
    """A mask of rows as words; the last word is padded with zeros."""
    packed = np.packbits(mask, bitorder="little", axis=-1)
    missing = -packed.shape[-1] % 8
    if missing:
        packed = np.concatenate([packed, np.zeros((*packed.shape[:-1], missing), np.uint8)], axis=-1)
    return np.ascontiguousarray(packed).view(np.uint64)


def of_items(codes: Sequence[NDArray[np.uint8]], items: Sequence[Item]) -> Words:
    """The bitmap of every item over the rows of ``codes`` (one array a factor), by NumPy."""
    rows = len(codes[0]) if codes else 0
    bitmaps = np.empty((len(items), -(-rows // 64)), np.uint64)
    for number, item in enumerate(items):
        column = codes[item.factor]
        if item.low == item.high:
            mask = column == item.low
        elif item.low == 0:
            mask = column <= item.high
        else:
            mask = (column >= item.low) & (column <= item.high)
        bitmaps[number] = pack(mask)
    return bitmaps


def count(bitmaps: Words, slices: Slices) -> NDArray[np.int64]:
    """How many bits each slice's items have in common, by NumPy.

    Slices that share all but their last item stand next to each other (the search makes them so): their common part is
    combined once.
    """
    result = np.zeros(len(slices), np.int64)
    depths = (slices >= 0).sum(axis=1)
    for depth in np.unique(depths):
        chosen = np.flatnonzero(depths == depth)
        table = slices[chosen, :depth]
        if depth <= 1:
            last = table[:, 0] if depth else np.zeros(0, np.int32)
            result[chosen] = _popcount(bitmaps[last]) if depth else 0
            continue
        starts = np.flatnonzero(np.r_[True, (table[1:, :-1] != table[:-1, :-1]).any(axis=1)])
        for start, stop in zip(starts, np.r_[starts[1:], len(table)], strict=True):
            common = bitmaps[table[start, 0]]
            for item in table[start, 1:-1]:
                common = common & bitmaps[item]
            result[chosen[start:stop]] = _popcount(bitmaps[table[start:stop, -1]] & common)
    return result


def _popcount(words: Words) -> NDArray[np.int64]:
    # A bit count fits a byte; summing bytes as int64 would copy eight times as much, so sum in 16 bits first.
    bits = np.bitwise_count(words)
    whole = bits.shape[1] // 512 * 512
    folded = bits[:, :whole].reshape(len(bits), -1, 512).sum(axis=2, dtype=np.uint16).sum(axis=1, dtype=np.int64)
    return np.asarray(folded + bits[:, whole:].sum(axis=1, dtype=np.int64))


def of_slices(bitmaps: Words, slices: Slices) -> Words:
    """The bitmap of every slice."""
    result = bitmaps[slices[:, 0]].copy()
    for column in slices[:, 1:].T:
        has = column >= 0
        result[has] &= bitmaps[column[has]]
    return result


def common_bits(masks: Words, slices: Words) -> NDArray[np.int64]:
    """How many bits each mask has in common with each slice's bitmap: shape (masks, slices)."""
    return np.stack([_popcount(slices & mask) for mask in masks])


def squares(slices: Words, groups: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each slice's bitmap, over rows in the order of their ``groups``: the sum of its groups' squared rows, and of
    its groups' rows times their ``sizes``. Shape (2, slices)."""
    result = np.zeros((2, len(slices)))
    bits = np.unpackbits(slices.view(np.uint8), axis=1, bitorder="little", count=len(groups))
    slice_of, row = np.divmod(np.flatnonzero(bits), len(groups)) if len(groups) else (np.zeros(0, np.int64),) * 2
    if len(row):
        group = groups[row]
        starts = np.flatnonzero(np.r_[True, (slice_of[1:] != slice_of[:-1]) | (group[1:] != group[:-1])])
        runs = np.diff(np.r_[starts, len(row)])
        result[0] = np.bincount(slice_of[starts], weights=runs.astype(np.float64) ** 2, minlength=len(slices))
        result[1] = np.bincount(slice_of, weights=sizes[row], minlength=len(slices))
    return result
