"""The same bitmaps and counts by numba, for inputs where NumPy's passes over memory cost more than waking it up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from errata.analysis.requests import Item, Slices
from errata.engine.local.bitmaps import pack

BLOCK_ROWS = 32_768
"""Rows to a block: the bitmaps of a block's items stay in the second-level cache."""


def _population_count(typing_context, word):  # type: ignore[no-untyped-def]
    """The processor's population count, which LLVM vectorises."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        function = builder.module.declare_intrinsic("llvm.ctpop", [ir.IntType(64)])
        return builder.call(function, [arguments[0]])

    return types.uint64(types.uint64), generate


_ctpop: Any = intrinsic(_population_count)


@njit(cache=True, nogil=True)
def set_atoms(column, atoms, start, stop, bitmaps):  # type: ignore[no-untyped-def]
    """Set the bit of the atom of every row ``start`` … ``stop``; ``atoms[code]`` is its bitmap (−1: none)."""
    for row in range(start, stop):
        atom = atoms[column[row]]
        if atom >= 0:
            at = row - start
            bitmaps[atom, at >> 6] |= np.uint64(1) << np.uint64(at & 63)


@njit(cache=True, nogil=True)
def add_counts(bitmaps, slices, counts):  # type: ignore[no-untyped-def]
    """Add to ``counts`` the bits that each slice's items have in common; equal prefixes are combined once."""
    words = bitmaps.shape[1]
    depth = slices.shape[1]
    common = np.empty(words, np.uint64)
    previous = np.full(depth, -2, np.int64)
    for s in range(slices.shape[0]):
        length = depth
        while length > 0 and slices[s, length - 1] < 0:
            length -= 1
        if length == 0:
            continue
        total = np.uint64(0)
        last = bitmaps[slices[s, length - 1]]
        if length == 1:
            for w in range(words):
                total += _ctpop(last[w])
        else:
            same = previous[depth - 1] == length
            for d in range(length - 1):
                same = same and previous[d] == slices[s, d]
            if not same:
                common[:] = bitmaps[slices[s, 0]]
                for d in range(1, length - 1):
                    other = bitmaps[slices[s, d]]
                    for w in range(words):
                        common[w] &= other[w]
                for d in range(length - 1):
                    previous[d] = slices[s, d]
                previous[depth - 1] = length
            for w in range(words):
                total += _ctpop(common[w] & last[w])
        counts[s] += np.int64(total)


def stream(
    codes: Sequence[NDArray[np.uint8]], items: Sequence[Item], slices: Slices, alive: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """The rows of every slice, a block of rows at a time; only ``alive`` rows count where it is given."""
    layout = _Layout(items, slices)
    rows = len(codes[0])
    counts = np.zeros(len(slices), np.int64)
    bitmaps = np.empty((layout.height, BLOCK_ROWS // 64), np.uint64)
    for start in range(0, rows, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, rows)
        layout.fill(codes, start, stop, bitmaps, alive)
        add_counts(bitmaps, layout.slices, counts)
    return counts


@njit(cache=True, nogil=True)
def set_planes(levels, start, stop, planes):  # type: ignore[no-untyped-def]
    """The bits of the levels of rows ``start`` … ``stop``: bit b of them is ``planes[b]``, 64 rows to a word."""
    bits = planes.shape[0]
    for word in range(planes.shape[1]):
        first = start + word * 64
        last = min(first + 64, stop)
        for bit in range(bits):
            packed = np.uint64(0)
            for row in range(first, last):
                packed |= np.uint64((levels[row] >> bit) & 1) << np.uint64(row - first)
            planes[bit, word] = packed


@njit(cache=True, nogil=True)
def add_sums(bitmaps, slices, planes, words, sums):  # type: ignore[no-untyped-def]
    """Add to ``sums`` the levels of the rows that each slice's items have in common, over the first ``words``."""
    depth = slices.shape[1]
    bits = planes.shape[0]
    common = np.empty(words, np.uint64)
    inside = np.empty(words, np.uint64)
    previous = np.full(depth, -2, np.int64)
    for s in range(slices.shape[0]):
        length = depth
        while length > 0 and slices[s, length - 1] < 0:
            length -= 1
        if length == 0:
            continue
        last = bitmaps[slices[s, length - 1]]
        if length == 1:
            inside[:] = last[:words]
        else:
            same = previous[depth - 1] == length
            for d in range(length - 1):
                same = same and previous[d] == slices[s, d]
            if not same:
                common[:] = bitmaps[slices[s, 0]][:words]
                for d in range(1, length - 1):
                    other = bitmaps[slices[s, d]]
                    for w in range(words):
                        common[w] &= other[w]
                for d in range(length - 1):
                    previous[d] = slices[s, d]
                previous[depth - 1] = length
            for w in range(words):
                inside[w] = common[w] & last[w]
        for bit in range(bits):
            plane = planes[bit]
            total = np.uint64(0)
            for w in range(words):
                total += _ctpop(inside[w] & plane[w])
            sums[s] += np.int64(total) << bit


def stream_sums(
    codes: Sequence[NDArray[np.uint8]],
    items: Sequence[Item],
    slices: Slices,
    levels: NDArray[np.uint16],
    bits: int,
    progress: Callable[[int], None],
) -> NDArray[np.int64]:
    """The sum of the levels (whole numbers of ``bits`` bits) of every slice's rows, a block of rows at a time.

    ``progress`` is told how many rows are done.
    """
    layout = _Layout(items, slices)
    rows = len(levels)
    sums = np.zeros(len(slices), np.int64)
    bitmaps = np.empty((layout.height, BLOCK_ROWS // 64), np.uint64)
    planes = np.zeros((bits, BLOCK_ROWS // 64), np.uint64)
    for start in range(0, rows, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, rows)
        layout.fill(codes, start, stop, bitmaps)
        words = -(-(stop - start) // 64)
        set_planes(levels, start, stop, planes[:, :words])
        add_sums(bitmaps, layout.slices, planes, words, sums)
        progress(stop)
    return sums


@njit(cache=True, nogil=True)
def sum_rows(slices, columns):  # type: ignore[no-untyped-def]
    """The sum of the rows of ``columns`` whose bits each slice's bitmap has: shape (slices, columns)."""
    width = columns.shape[1]
    result = np.zeros((slices.shape[0], width), np.float64)
    some = np.zeros(width, np.float32)
    one = np.uint64(1)
    for s in range(slices.shape[0]):
        held = 0
        for w in range(slices.shape[1]):
            word = slices[s, w]
            while word:
                lowest = word & (~word + one)
                row = columns[w * 64 + np.int64(_ctpop(lowest - one))]
                for c in range(width):
                    some[c] += row[c]
                held += 1
                word ^= lowest
            if held > 256:
                # Few numbers are added in single precision, their sums in double.
                for c in range(width):
                    result[s, c] += some[c]
                some[:] = 0
                held = 0
        for c in range(width):
            result[s, c] += some[c]
        some[:] = 0
    return result


class _Layout:
    """Which bitmap holds what: first one per code in use, then one per range of codes."""

    def __init__(self, items: Sequence[Item], slices: Slices) -> None:
        used = np.unique(slices[slices >= 0])
        self.atoms: dict[int, NDArray[np.int32]] = {}
        atom_of: dict[tuple[int, int], int] = {}
        for number in used:
            factor, low, high = items[number]
            table = self.atoms.setdefault(factor, np.full(256, -1, np.int32))
            for code in range(low, high + 1):
                if (factor, code) not in atom_of:
                    atom_of[factor, code] = len(atom_of)
                    table[code] = atom_of[factor, code]
        self.singles = len(atom_of)
        self.ranges: list[tuple[int, list[int]]] = []
        place = np.full(int(used.max(initial=-1)) + 2, -1, np.int32)
        height = self.singles
        for number in used:
            factor, low, high = items[number]
            if low == high:
                place[number] = atom_of[factor, low]
            else:
                place[number] = height
                self.ranges.append((height, [atom_of[factor, code] for code in range(low, high + 1)]))
                height += 1
        self.height = height
        # Item −1 (no item) finds the last entry of ``place``, which is −1 again.
        self.slices = place[slices]

    def fill(
        self,
        codes: Sequence[NDArray[np.uint8]],
        start: int,
        stop: int,
        bitmaps: NDArray[np.uint64],
        alive: NDArray[np.bool_] | None = None,
    ) -> None:
        """Make the bitmaps of rows ``start`` … ``stop``; only ``alive`` rows have bits where it is given."""
        bitmaps[:] = 0
        for factor, table in self.atoms.items():
            set_atoms(codes[factor], table, start, stop, bitmaps)
        if alive is not None:
            words = pack(alive[start:stop])
            bitmaps[: self.singles, : len(words)] &= words
        for at, parts in self.ranges:
            np.bitwise_or.reduce(bitmaps[parts], axis=0, out=bitmaps[at])


@njit(cache=True, nogil=True)
def common_bits(masks, slices):  # type: ignore[no-untyped-def]
    """How many bits each mask has in common with each slice's bitmap: shape (masks, slices)."""
    result = np.empty((len(masks), len(slices)), np.int64)
    for m in range(len(masks)):
        mask = masks[m]
        for s in range(len(slices)):
            row = slices[s]
            total = np.uint64(0)
            for w in range(len(mask)):
                total += _ctpop(mask[w] & row[w])
            result[m, s] = np.int64(total)
    return result


@njit(cache=True, nogil=True)
def squares(slices, groups, sizes):  # type: ignore[no-untyped-def]
    """For each slice's bitmap, over rows in the order of their groups: the sum of its groups' squared rows, and of its
    groups' rows times their sizes. Shape (2, slices)."""
    result = np.zeros((2, len(slices)), np.float64)
    one = np.uint64(1)
    for s in range(len(slices)):
        group, run = np.int64(-1), np.int64(0)
        total, weighted = np.float64(0), np.float64(0)
        for w in range(slices.shape[1]):
            word = slices[s, w]
            while word:
                lowest = word & (~word + one)
                row = w * 64 + np.int64(_ctpop(lowest - one))
                if groups[row] != group:
                    total += np.float64(run) * run
                    group, run = groups[row], np.int64(0)
                run += 1
                weighted += sizes[row]
                word ^= lowest
        result[0, s] = total + np.float64(run) * run
        result[1, s] = weighted
    return result
