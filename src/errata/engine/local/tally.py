"""Many tallies in one pass over batches of rows. Memory is that of a batch and of what is counted.

Each axis is coded once a batch, whatever the number of tallies that ask for it. Where the bins of a tally's axes make a
small table, its cells are counted by position; else the cells that occur are kept and put together now and then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.tally import Axis, Counts, Tally
from errata.engine.local.coders import Coder, Codes, coder, numbers

if TYPE_CHECKING:
    import pyarrow as pa

DENSE = 1 << 20
"""Up to so many cells a table is counted by position."""
PENDING = 1 << 20
"""So many cells of batches are kept before equal ones are put together."""


def tally(
    batches: Iterable[pa.RecordBatch], tallies: Sequence[Tally], progress: Callable[[int], None] | None = None
) -> list[Counts]:
    """The counts of every tally over all batches, in the order asked. ``progress`` is told the rows so far.

    Raises KeyError for a column that the batches have not, TypeError for one of a type that the axis cannot count.
    """
    coders: dict[Axis, Coder] = {axis: coder(axis) for one in tallies for axis in one.by}
    tables = [_Table(one, [coders[axis] for axis in one.by]) for one in tallies]
    rows = 0
    flats = _Flats()
    for batch in batches:
        if batch.num_rows == 0:
            continue
        wanted = {table.tally.by[at]: None for table in tables if not table.given_up for at in range(len(table.coders))}
        codes = {axis: coders[axis].codes(_column(batch, axis.column)) for axis in wanted}
        sums: dict[str, NDArray[np.float64]] = {}
        flats.begin(batch.num_rows)
        for table in tables:
            if table.given_up:
                continue
            for name in table.tally.sums:
                if name not in sums:
                    sums[name] = _addends(_column(batch, name))
            table.add([codes[axis] for axis in table.tally.by], [sums[name] for name in table.tally.sums], flats)
        rows += batch.num_rows
        if progress is not None:
            progress(rows)
    return [table.counts() for table in tables]


class _Table:
    """The cells of one tally."""

    def __init__(self, tally: Tally, coders: list[Coder]) -> None:
        self.tally = tally
        self.coders = coders
        self.shape: tuple[int, ...] = ()
        self.rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self.sums = [np.zeros(0) for _ in tally.sums]
        self.dense = True
        self.parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
        self.pending = 0

    @property
    def given_up(self) -> bool:
        return any(one.too_many for one in self.coders)

    def add(self, codes: list[Codes], sums: list[NDArray[np.float64]], flats: _Flats) -> None:
        if self.given_up:
            self.parts, self.rows = [], np.zeros(0, np.int64)
            return
        self._fit()
        if not self.dense:
            self._add_sparse(codes, sums, flats.rows)
            return
        flat = flats.of(codes, self.tally.by, self.shape)
        self.rows += np.bincount(flat, minlength=len(self.rows))
        for at, addends in enumerate(sums):
            self.sums[at] += np.bincount(flat, addends, minlength=len(self.rows))

    def _fit(self) -> None:
        """Room for the labels that came; axes by value grow by doubling, so that a table is seldom moved."""
        if not self.dense:
            return
        needed = [len(one.labels) for one in self.coders]
        if self.shape and all(n <= have for n, have in zip(needed, self.shape, strict=True)):
            return
        have = self.shape or (0,) * len(needed)
        shape = tuple(
            h if n <= h else (1 << (n - 1).bit_length() if one.axis.by_value or one.axis.seconds else n)
            for n, h, one in zip(needed, have, self.coders, strict=True)
        )
        if math.prod(shape) > DENSE:
            self._to_sparse()
            return
        self.rows = self._moved(self.rows, shape)
        self.sums = [self._moved(one, shape) for one in self.sums]
        self.shape = shape

    def _moved(self, cells: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        new = np.zeros(shape, cells.dtype)
        if cells.size:
            new[tuple(slice(n) for n in self.shape)] = cells.reshape(self.shape)
        return new.reshape(-1)

    def _to_sparse(self) -> None:
        self.parts = [self._cells()] if self.shape else []
        self.dense, self.rows, self.sums = False, np.zeros(0, np.int64), []

    def _cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """What the dense table holds: cells, rows, sums."""
        at = np.flatnonzero(self.rows)
        cells = np.stack(np.unravel_index(at, self.shape), axis=1) if self.shape else np.zeros((len(at), 0), np.int64)
        sums = np.stack([one[at] for one in self.sums], axis=1) if self.sums else np.zeros((len(at), 0))
        return cells.astype(np.int64), self.rows[at], sums

    def _add_sparse(self, codes: list[Codes], sums: list[NDArray[np.float64]], rows: int) -> None:
        shape = tuple(len(one.labels) for one in self.coders)
        if math.prod(shape) < 1 << 62:
            where, index = np.unique(_flat(codes, shape, rows), return_inverse=True)
            cells = np.stack(np.unravel_index(where, shape), axis=1).astype(np.int64)
        else:
            cells, index = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
        index = index.reshape(-1)
        added = [np.bincount(index, addends, minlength=len(cells)) for addends in sums]
        self.parts.append(
            (
                cells,
                np.bincount(index, minlength=len(cells)).astype(np.int64),
                np.stack(added, axis=1) if added else np.zeros((len(cells), 0)),
            )
        )
        self.pending += len(cells)
        if self.pending > max(PENDING, 2 * len(self.parts[0][1])):
            self.parts = [_put_together(self.parts)]
            self.pending = 0

    def counts(self) -> Counts:
        if self.given_up:
            return Counts.given_up(self.tally, next(one.axis.column for one in self.coders if one.too_many))
        if not self.shape and self.dense and not len(self.rows):
            return Counts.nothing(self.tally)
        cells, rows, sums = self._cells() if self.dense else _put_together(self.parts)
        return Counts.of(self.tally, [one.labels for one in self.coders], cells, rows, sums)


class _Flats:
    """One number a row for its cell in a table; of tables whose last axes are alike that of these is made once."""

    def __init__(self) -> None:
        self.rows = 0
        self._made: dict[tuple[tuple[Axis, ...], tuple[int, ...]], Codes] = {}

    def begin(self, rows: int) -> None:
        """Another batch."""
        self.rows = rows
        self._made.clear()

    def of(self, codes: list[Codes], axes: tuple[Axis, ...], shape: tuple[int, ...]) -> Codes:
        """The number of each row's cell. Not to be written to."""
        if not codes:
            return np.zeros(self.rows, np.int64)
        if len(codes) == 1:
            return codes[0]
        rest = axes[1:], shape[1:]
        known = self._made.get(rest)
        if known is None:
            known = self._made[rest] = self.of(codes[1:], *rest)
        flat = codes[0] * math.prod(shape[1:])
        flat += known
        return flat


def _flat(codes: list[Codes], shape: tuple[int, ...], rows: int) -> Codes:
    if not codes:
        return np.zeros(rows, np.int64)
    flat = codes[0]
    for one, size in zip(codes[1:], shape[1:], strict=True):
        flat = flat * size
        flat += one
    return flat


def _put_together(
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    cells, rows, sums = (np.concatenate([part[at] for part in parts]) for at in range(3))
    where, index = np.unique(cells, axis=0, return_inverse=True)
    total = np.zeros(len(where), np.int64)
    np.add.at(total, index.reshape(-1), rows)
    summed = np.zeros((len(where), sums.shape[1]))
    np.add.at(summed, index.reshape(-1), sums)
    return where, total, summed


def _addends(column: pa.Array) -> NDArray[np.float64]:
    """The values as float64, 0 where missing or infinite."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values, missing = numbers(column)
    addends = values.astype(np.float64, copy=False)
    wrong = ~np.isfinite(addends)
    if missing is not None:
        wrong |= missing
    return np.where(wrong, 0.0, addends) if wrong.any() else addends


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    return batch.column(batch.schema.get_field_index(name)) if name in batch.schema.names else _no_column(name)


def _no_column(name: str) -> pa.Array:
    raise KeyError(name)
