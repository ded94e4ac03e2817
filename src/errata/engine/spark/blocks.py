"""Rows as codes, in blocks: what the slice search counts, made once and kept in Spark's cache.

A block is one row of a DataFrame: the codes of about 131,072 rows (a byte a factor), what failed, and, where asked for,
losses and groups. A search goes over the rows many times; over blocks that costs Spark next to nothing, for it looks at
no row.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.requests import Item
from errata.core.columns import floats
from errata.engine.local.counter import Rows
from errata.engine.spark.partitions import OURS, larger, packed_error
from errata.engine.spark.tally import ROW, Prepare, numbers_of
from errata.nouns.source import BATCH_ROWS

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = "part long, rows long, codes binary, failed binary, loss binary, groups binary, numbers binary, fault binary"
Selection = tuple[tuple[int, ...], bool, tuple[tuple[int, ...], ...]]
"""Rows in a slice (or, where false, outside it) that are in none of some other slices."""


@dataclass(frozen=True, slots=True)
class Coded:
    """The columns of a prepared batch that a search looks at: the ``codes`` of factors (uint8), whether a row
    ``failed`` (rows of which that is missing are left out), the ``loss`` (if given, rows without one are left out
    instead), the ``group``."""

    prepare: Prepare
    codes: tuple[str, ...]
    failed: str | None
    loss: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Block:
    """Some rows. ``codes`` are uint8 of shape (factors, rows); ``numbers`` are the rows' own within ``part``, which is
    0 for all where rows are numbered whatever the partitions are."""

    part: int
    codes: NDArray[np.uint8]
    failed: NDArray[np.bool_]
    loss: NDArray[np.float64] | None
    groups: NDArray[np.uint64] | None
    numbers: NDArray[np.int64]

    def rows_of(self, items: Sequence[Item]) -> Rows:
        """Its rows, to be counted."""
        return Rows(list(self.codes), items)

    def at(self, rows: NDArray[Any]) -> Block:
        """Some of its rows, by number or mask."""
        return Block(
            self.part,
            np.ascontiguousarray(self.codes[:, rows]),
            self.failed[rows],
            None if self.loss is None else self.loss[rows],
            None if self.groups is None else self.groups[rows],
            self.numbers[rows],
        )

    def mask(self, slice_: Iterable[int], items: Sequence[Item]) -> NDArray[np.bool_]:
        """Which rows a slice holds."""
        mask = np.ones(len(self.failed), bool)
        for number in slice_:
            factor, low, high = items[number]
            codes = self.codes[factor]
            mask &= (codes == low) if low == high else (codes >= low) & (codes <= high)
        return mask

    def selected(self, selection: Selection, items: Sequence[Item]) -> NDArray[np.bool_]:
        """Which rows a selection holds."""
        slice_, inside, without = selection
        mask = self.mask(slice_, items)
        mask = mask if inside else ~mask
        for gone in without:
            mask &= ~self.mask(gone, items)
        return mask


@dataclass(frozen=True, slots=True)
class Coding:
    """The blocks of a partition, for ``mapInArrow``. A mistake in the rows is put down as a block's fault."""

    coded: Coded

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One batch of one row for each block."""
        import pickle

        from pyspark import TaskContext

        context = TaskContext.get()
        part = context.partitionId() if context is not None else 0
        start = 0
        try:
            for batch in larger(batches, BATCH_ROWS):
                yield _written(block_of(batch, self.coded, part, start))
                start += batch.num_rows
        except OURS as error:
            yield _row({"fault": pickle.dumps(packed_error(error))})


def block_of(batch: pa.RecordBatch, coded: Coded, part: int, start: int) -> Block:
    """The block of a batch, the first row of which is number ``start`` of its partition."""
    import pyarrow.compute as pc

    ready = coded.prepare(batch)
    rows = batch.num_rows
    if ROW in batch.schema.names:
        part, numbers = 0, numbers_of(batch).astype(np.int64)
    else:
        numbers = np.arange(start, start + rows)
    failed, known = np.zeros(rows, bool), np.ones(rows, bool)
    if coded.failed is not None:
        column = ready.column(coded.failed)
        failed = np.asarray(pc.fill_null(column, False)).astype(bool)
        known = np.asarray(column.is_valid()).astype(bool)
    loss = None if coded.loss is None else floats(ready.column(coded.loss))
    if loss is not None:
        known = ~np.isnan(loss)
    codes = [np.asarray(ready.column(name)).astype(np.uint8, copy=False) for name in coded.codes]
    groups = None if coded.group is None else group_hashes(ready.column(coded.group), part, numbers)
    whole = Block(part, np.array(codes, np.uint8).reshape(len(codes), rows), failed, loss, groups, numbers)
    return whole if known.all() else whole.at(known)


def group_hashes(column: pa.Array, part: int, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A number for each row that is the same for all rows of a group; a row whose group is missing has its own."""
    from errata.core.columns import dictionary

    values, index = dictionary(column)
    of_value = np.array([_hash(repr(value)) for value in values] + [0], np.uint64)
    missing = (index < 0) | np.isin(index, [at for at, value in enumerate(values) if value != value])
    found = of_value[index]
    found[missing] = [_hash(f"@{part} {number}") for number in numbers[missing].tolist()]
    return found


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _written(block: Block) -> pa.RecordBatch:
    rows = len(block.failed)
    steps = np.diff(block.numbers, prepend=0)
    return _row(
        {
            "part": block.part,
            "rows": rows,
            "codes": block.codes.tobytes(),
            "failed": np.packbits(block.failed).tobytes(),
            "loss": None if block.loss is None else block.loss.tobytes(),
            "groups": None if block.groups is None else block.groups.tobytes(),
            "numbers": zlib.compress(steps.astype(np.int64).tobytes(), 1),
        }
    )


def _row(values: dict[str, Any]) -> pa.RecordBatch:
    import pyarrow as pa

    kinds = [
        (name, pa.int64() if kind == "long" else pa.binary()) for name, kind in map(str.split, COLUMNS.split(", "))
    ]
    return pa.RecordBatch.from_arrays([pa.array([values.get(n)], k) for n, k in kinds], schema=pa.schema(kinds))


def read_blocks(batches: Iterable[pa.RecordBatch], factors: int) -> Iterator[Block]:
    """The blocks in batches of the DataFrame that Coding makes. Raises the fault of a block."""
    import pickle

    from errata.engine.spark.partitions import error_of

    for batch in batches:
        for row in range(batch.num_rows):
            one = {name: batch.column(at)[row] for at, name in enumerate(batch.schema.names)}
            if one["fault"].is_valid:
                raise error_of(pickle.loads(one["fault"].as_py()))
            rows = one["rows"].as_py()
            loss, groups = (_buffer(one[name]) for name in ("loss", "groups"))
            steps = np.frombuffer(zlib.decompress(_buffer(one["numbers"]) or b""), np.int64)
            yield Block(
                one["part"].as_py(),
                np.frombuffer(_buffer(one["codes"]) or b"", np.uint8).reshape(factors, rows),
                np.unpackbits(np.frombuffer(_buffer(one["failed"]) or b"", np.uint8), count=rows).astype(bool),
                None if loss is None else np.frombuffer(loss, np.float64),
                None if groups is None else np.frombuffer(groups, np.uint64),
                np.cumsum(steps),
            )


def _buffer(value: Any) -> Any:
    return value.as_buffer() if value.is_valid else None
