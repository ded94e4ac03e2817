"""The slice search on Spark: rows are counted where they are, on the driver only a sample of them.

Each request is one job over the blocks (errata.engine.spark.blocks): the slices are broadcast, each partition returns
one vector, the driver adds the vectors up. The seeded uniform sample of rows (whole groups where rows are grouped) is
fetched once; what is asked of it (sampled counts, clusters, permutations) is answered here by the local counter. Where
everything fits the sample, it is the local counter that answers everything.

Which rows are sampled depends on the seed and on each row's own number (or group) where rows have numbers, whatever the
partitions; else on its partition and its place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from errata.analysis.dependence import uneven_sizes
from errata.analysis.draw import limit_for, priorities_at
from errata.analysis.requests import Answer, Clusters, Count, Item, Permute, Population, Request, Slices, Spread
from errata.analysis.sums import Sums
from errata.engine.local.counter import (
    LOSS_SAMPLE_ROWS,
    SAMPLE_ROWS,
    Counter,
    conclude,
    level_sums,
    levels_of,
    step_of,
)
from errata.engine.spark.blocks import COLUMNS, Block, Coded, Coding, Selection, read_blocks
from errata.engine.spark.partitions import each, failure
from errata.engine.spark.session import quietly

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

Result = TypeVar("Result")
EVERYTHING: Selection = ((), True, ())
SUMMED = "selection long, g long, n long, s double, q double, m double, f long"
SEED = 1
"""Beside the user's seed: a Draw of the same seed takes other rows."""


class SparkCounter:
    """Answers the requests of a slice search over a DataFrame of Spark's.

    ``frame`` has the columns that ``coded.prepare`` needs, and ``@row`` where rows are numbered. ``items`` are
    conditions on the factors in ``coded.codes``. As of the local Counter, losses are searched in steps, and the sample
    is up to ``sample_rows`` rows (by default 200,000; 50,000 of losses). ``close`` gives the cache back.
    """

    def __init__(
        self,
        frame: DataFrame,
        coded: Coded,
        items: Sequence[Item],
        *,
        seed: int = 0,
        sample_rows: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        from pyspark import StorageLevel

        self.items = tuple(items)
        self._factors = len(coded.codes)
        self._grouped = coded.group is not None
        self._of_loss = coded.loss is not None
        self._seed = seed
        self._sample_rows = sample_rows or (LOSS_SAMPLE_ROWS if self._of_loss else SAMPLE_ROWS)
        self._say = progress or (lambda _: None)
        self._context = frame.sparkSession.sparkContext
        with quietly():
            self._blocks = frame.mapInArrow(Coding(coded), COLUMNS).persist(StorageLevel.MEMORY_AND_DISK)
        self._known: tuple[Count | None, NDArray[Any]] = None, np.zeros(0)

    def close(self) -> None:
        """Give the cache back to Spark."""
        self._blocks.unpersist()

    def __enter__(self) -> SparkCounter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _totals(self) -> dict[str, Any]:
        self._say("reading the rows on Spark")
        parts = self._each(_Totals())
        return {
            "rows": sum(one[0] for one in parts),
            "failed": sum(one[1] for one in parts),
            "most": max((one[2] for one in parts), default=0.0),
        }

    @cached_property
    def _step(self) -> float:
        return step_of(self._totals["most"]) if self._of_loss else 0.0

    @cached_property
    def whole(self) -> Sums:
        """The sums of all rows, and of their groups; losses in steps."""
        return self._summed([EVERYTHING], self._step)[0]

    def population(self) -> Population:
        """What a search must know before it asks."""
        rows, sampled = self._totals["rows"], self.sampled
        total = float(self._totals["failed"])
        if self._of_loss:
            total = float(sum(int(one[0]) for one in self._each(_Levels(self._step)))) * self._step
        own = sampled.population()
        return Population(
            items=self.items,
            rows=rows,
            total=total,
            sampled_rows=sampled.rows,
            sampled_total=own.total,
            of="loss" if self._of_loss else "failed",
            grouped=self._grouped,
            intraclass=self.whole.intraclass if self._grouped else 0.0,
            uneven=self._grouped and self._uneven(),
            group_squares=own.group_squares,
        )

    def run(self, analysis: Generator[Request, Answer, Result]) -> Result:
        """Answer what the analysis asks until it is done."""
        return conclude(analysis, self.answer)

    def answer(self, request: Request) -> Answer:
        """The answer to one request; errata.analysis.requests says its shape."""
        if isinstance(request, Permute | Clusters):
            return self.sampled.answer(request)
        if isinstance(request, Spread):
            squares = sum(int(one[1]) for one in self._each(_Levels(self._step, request.without)))
            return np.array([float(squares) * self._step**2])
        if request.sampled or not len(request.slices):
            return self.sampled.answer(Count(request.slices, request.of))
        if request.without and request.inside is None:
            raise ValueError("rows are left out only of counts inside a slice")
        if self.everything:
            return self.sampled.answer(request)
        return self._counted(request)

    @property
    def everything(self) -> bool:
        """Whether the sample is all rows."""
        return bool(self.sampled.rows == self._totals["rows"])

    def _counted(self, request: Count) -> Answer:
        before, known = self._known
        pair = before is not None and (before.inside, before.without) == (request.inside, request.without)
        if not (pair and before is not None and np.array_equal(before.slices, request.slices)):
            # Inside a slice the search asks for rows and then for what failed of the same slices: one job for both.
            both = request.inside is not None
            self._say(f"counting {len(request.slices):,} slices on Spark")
            slices = self._context.broadcast(request.slices)
            of = ("rows", "loss" if self._of_loss else "failed") if both else (request.of,)
            work = _Counting(slices, of, request.inside, request.without, self._step)
            try:
                known = np.sum([np.zeros((len(of), len(request.slices)), np.int64), *self._each(work)], axis=0)
            finally:
                slices.destroy()
            self._known = (request, known) if both else (None, np.zeros(0))
        found: NDArray[np.int64] = known[1 if request.inside is not None and request.of != "rows" else 0]
        return np.asarray(found * self._step, np.float64) if request.of == "loss" else found

    @cached_property
    def sampled(self) -> Counter:
        """The local counter over the sample."""
        rows = self._totals["rows"]
        limit = int(limit_for(self._sample_rows, rows))
        self._say("drawing a sample on Spark")
        blocks: list[Block] = []
        while True:
            blocks = [block for part in self._each(_Sampling(self._seed, limit)) for block in part]
            found = sum(len(block.failed) for block in blocks)
            enough = min(self._sample_rows, rows) if not self._grouped else min(rows, 1)
            if found >= enough or limit >= 2**64 - 1:
                break
            limit = min(2 * limit + 1, 2**64 - 1)
        whole = _joined(blocks, self._factors, self._of_loss, self._grouped)
        if not self._grouped and len(whole.failed) > self._sample_rows and self._sample_rows < rows:
            lowest = np.argpartition(_priorities(whole, self._seed), self._sample_rows - 1)[: self._sample_rows]
            whole = whole.at(np.sort(lowest))
        groups = None
        if whole.groups is not None:
            # In the order in which they first appear, as they are numbered without Spark.
            _, first, index = np.unique(whole.groups, return_index=True, return_inverse=True)
            groups = np.argsort(np.argsort(first))[index].astype(np.int64)
        counter = Counter(
            list(whole.codes),
            self.items,
            whole.failed,
            loss=whole.loss,
            step=self._step,
            groups=groups,
            seed=self._seed,
            sample_rows=max(1, len(whole.failed)),
            progress=self._say,
        )
        self.sample = whole.numbers
        return counter

    def sums(self, selections: Sequence[Selection]) -> list[Sums]:
        """The sums of the rows in each selection, and of their groups. Losses are as they are, not in steps."""
        return self._summed(selections)

    def _summed(self, selections: Sequence[Selection], step: float | None = None) -> list[Sums]:
        from pyspark.sql import functions as sql

        work = _GroupSums(self.items, self._factors, tuple(selections), step)
        with quietly():
            try:
                parts = self._blocks.mapInArrow(work, SUMMED)
                groups = parts.groupBy("selection", "g").agg(
                    *(sql.sum(name).alias(name) for name in "nsqf"), sql.max("m").alias("m")
                )
                n, s = sql.col("n").cast("double"), sql.col("s")
                found = groups.groupBy("selection").agg(
                    *(sql.sum(name).alias(name) for name in "nsqf"),
                    sql.max("m").alias("m"),
                    sql.count(sql.lit(1)).alias("groups"),
                    sql.sum(n * n).alias("sizes2"),
                    sql.sum(s * s).alias("totals2"),
                    sql.sum(n * s).alias("cross"),
                    sql.sum(s * s / n).alias("means2"),
                )
                rows = {row["selection"]: row for row in found.collect()}
            except Exception as error:
                raise failure(error) from error
        return [_sums_of(rows.get(at), self._grouped) for at in range(len(selections))]

    def _uneven(self) -> bool:
        from pyspark.sql import functions as sql

        with quietly():
            try:
                parts = self._blocks.mapInArrow(_GroupSums(self.items, self._factors, (EVERYTHING,)), SUMMED)
                sizes = parts.groupBy("g").agg(sql.sum("n").alias("n")).groupBy("n").count().collect()
            except Exception as error:
                raise failure(error) from error
        return uneven_sizes({row["n"]: row["count"] for row in sizes})

    def _each(self, work: Callable[[Iterable[Block], Sequence[Item]], Any]) -> list[Any]:
        # A block is a batch already: nothing is to be put together.
        return each(self._blocks, _OverBlocks(work, self.items, self._factors), rows=1)


def _sums_of(row: Any, grouped: bool) -> Sums:
    if row is None:
        return Sums()
    plain = Sums(int(row["n"]), float(row["s"]), float(row["q"]), float(row["m"]), int(row["f"]))
    if not grouped:
        return plain
    named = {name: float(row[name]) for name in ("sizes2", "totals2", "cross", "means2")}
    return Sums(plain.rows, plain.total, plain.squares, plain.most, plain.failed, int(row["groups"]), **named)


def _joined(blocks: Sequence[Block], factors: int, of_loss: bool, grouped: bool) -> Block:
    """The rows of all blocks in their order."""
    nothing = Block(
        0,
        np.zeros((factors, 0), np.uint8),
        np.zeros(0, bool),
        np.zeros(0) if of_loss else None,
        np.zeros(0, np.uint64) if grouped else None,
        np.zeros(0, np.int64),
    )
    every = [nothing, *blocks]
    parts = np.concatenate([np.full(len(one.failed), one.part) for one in every])
    whole = Block(
        0,
        np.concatenate([one.codes for one in every], axis=1),
        np.concatenate([one.failed for one in every]),
        np.concatenate([one.loss for one in every if one.loss is not None]) if of_loss else None,
        np.concatenate([one.groups for one in every if one.groups is not None]) if grouped else None,
        # Numbers are each partition's own where rows have none; together with it they are the row's.
        np.concatenate([one.numbers for one in every]) + (parts.astype(np.int64) << 40),
    )
    return whole.at(np.argsort(whole.numbers, kind="stable"))


def _priorities(block: Block, seed: int) -> NDArray[np.uint64]:
    rows = block.numbers if block.groups is None else block.groups
    numbers = rows.astype(np.uint64) + (
        np.uint64(block.part) << np.uint64(40) if block.groups is None else np.uint64(0)
    )
    return priorities_at(seed, SEED, numbers)


@dataclass(frozen=True, slots=True)
class _OverBlocks:
    """Work over a partition's blocks as work over its batches."""

    work: Callable[[Iterable[Block], Sequence[Item]], Any]
    items: tuple[Item, ...]
    factors: int

    def __call__(self, batches: Iterable[pa.RecordBatch], part: int) -> Any:
        return self.work(read_blocks(batches, self.factors), self.items)


@dataclass(frozen=True, slots=True)
class _Totals:
    """Rows, failed rows, the largest loss."""

    def __call__(self, blocks: Iterable[Block], items: Sequence[Item]) -> tuple[int, int, float]:
        rows = failed = 0
        most = 0.0
        for block in blocks:
            rows += len(block.failed)
            failed += int(block.failed.sum())
            most = max(most, 0.0 if block.loss is None else float(block.loss.max(initial=0.0)))
        return rows, failed, most


@dataclass(frozen=True, slots=True)
class _Levels:
    """The sum of losses in steps, and of their squares, of the rows in none of some slices."""

    step: float
    without: tuple[tuple[int, ...], ...] = ()

    def __call__(self, blocks: Iterable[Block], items: Sequence[Item]) -> tuple[int, int]:
        total = squares = 0
        for block in blocks:
            assert block.loss is not None
            kept = block.loss[block.selected(((), True, self.without), items)] if self.without else block.loss
            levels = levels_of(kept, self.step).astype(np.uint64)
            total += int(levels.sum())
            squares += int((levels * levels).sum())
        return total, squares


@dataclass(frozen=True, slots=True)
class _Counting:
    """One vector for each of ``of``: rows, failed rows, or losses in steps, of each slice."""

    slices: Any
    of: tuple[str, ...]
    inside: tuple[int, ...] | None
    without: tuple[tuple[int, ...], ...]
    step: float

    def __call__(self, blocks: Iterable[Block], items: Sequence[Item]) -> NDArray[np.int64]:
        slices: Slices = self.slices.value
        total = np.zeros((len(self.of), len(slices)), np.int64)
        for block in blocks:
            chosen = block
            if self.inside is not None:
                chosen = block.at(block.selected((self.inside, True, self.without), items))
            for at, of in enumerate(self.of):
                some = chosen.at(chosen.failed) if of == "failed" else chosen
                if not len(some.failed):
                    continue
                rows = some.rows_of(items)
                if of == "loss":
                    assert some.loss is not None
                    total[at] += level_sums(rows, slices, levels_of(some.loss, self.step)).astype(np.int64)
                else:
                    total[at] += rows.count(slices)
        return total


@dataclass(frozen=True, slots=True)
class _Sampling:
    """The rows whose priority is at most ``limit``; whole groups where there are groups."""

    seed: int
    limit: int

    def __call__(self, blocks: Iterable[Block], items: Sequence[Item]) -> list[Block]:
        found = []
        for block in blocks:
            low = _priorities(block, self.seed) <= np.uint64(self.limit)
            if low.any():
                found.append(block.at(low))
        return found


@dataclass(frozen=True, slots=True)
class _GroupSums:
    """For each selection and group in a partition: rows, the sum of values, of squares, the largest, failed rows."""

    items: tuple[Item, ...]
    factors: int
    selections: tuple[Selection, ...]
    step: float | None = None

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        names = ["selection", "g", "n", "s", "q", "m", "f"]
        for block in read_blocks(batches, self.factors):
            values = block.failed.astype(np.float64) if block.loss is None else block.loss
            if block.loss is not None and self.step is not None:
                values = np.asarray(levels_of(block.loss, self.step) * self.step, np.float64)
            groups = np.zeros(len(values), np.uint64) if block.groups is None else block.groups
            for at, selection in enumerate(self.selections):
                mask = block.selected(selection, self.items)
                if not mask.any():
                    continue
                known, index = np.unique(groups[mask], return_inverse=True)
                v = values[mask]
                most = np.zeros(len(known))
                np.maximum.at(most, index, v)
                columns = [
                    pa.array(np.full(len(known), at, np.int64)),
                    pa.array(known.view(np.int64)),
                    pa.array(np.bincount(index)),
                    pa.array(np.bincount(index, v)),
                    pa.array(np.bincount(index, v * v)),
                    pa.array(most),
                    pa.array(np.bincount(index, block.failed[mask]).astype(np.int64)),
                ]
                yield pa.RecordBatch.from_arrays(columns, names)
