"""Tallies and draws over a DataFrame: each partition counts its own rows by the local pass, the driver adds them up.

Counts are held by label, so it does not matter which partition saw which category, nor how Spark cut the rows. Whether
a row is drawn depends on its number alone where rows have numbers (``@row``), so that the sample is the one that is
drawn without Spark; else on its partition and its place in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.draw import Draw, Drawn, limit_for, priorities, priorities_at
from errata.analysis.tally import Counts, Tally
from errata.engine.local.answers import Answered, Asked
from errata.engine.local.tally import tally as local_tally
from errata.engine.spark.partitions import each

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

Prepare = Callable[["pa.RecordBatch"], "pa.RecordBatch"]
"""A batch as Spark hands it on → with the columns that are asked about. It is pickled and sent to the workers."""
ROW = "@row"
Sample = tuple["pa.Table", NDArray[np.uint64], NDArray[np.int64], int]


def tally(frame: DataFrame, prepare: Prepare, tallies: Sequence[Tally]) -> list[Counts]:
    """The counts of every tally over all rows, in the order asked. Raises what the local tally raises."""
    answered = answers(frame, prepare, tallies, 0)
    return [one for one in answered if isinstance(one, Counts)]


def answers(frame: DataFrame, prepare: Prepare, requests: Sequence[Asked], rows: int) -> list[Answered]:
    """The answer to every request over all rows, in the order asked. ``rows`` is how many there are, or about.

    Raises what the local pass raises.
    """
    distinct = list(dict.fromkeys(requests))
    tallies = [one for one in distinct if isinstance(one, Tally)]
    draws = [one for one in distinct if isinstance(one, Draw)]
    limits = [int(limit_for(one.rows, rows)) for one in draws]
    parts = each(frame, Pass(prepare, tuple(tallies), tuple(draws), tuple(limits)))
    found: dict[Asked, Answered] = {}
    for at, one in enumerate(tallies):
        found[one] = Counts.total_of([Counts.nothing(one), *(part[0][at] for part in parts)])
    for at, draw in enumerate(draws):
        samples = [part[1][at] for part in parts if part[1][at] is not None]
        if sum(len(sample[1]) for sample in samples) < draw.rows and limits[at] < 2**64 - 1:
            # Once in a billion times, or where there are fewer rows than was said.
            samples = [part[1][0] for part in each(frame, Pass(prepare, (), (draw,), (2**64 - 1,))) if part[1][0]]
        found[draw] = _drawn(draw, samples)
    return [found[one] for one in requests]


def _drawn(draw: Draw, samples: Sequence[Sample]) -> Drawn:
    import pyarrow as pa

    if not samples:
        raise ValueError("a sample of no row has no columns")
    table = pa.concat_tables([one[0] for one in samples], promote_options="permissive")
    found, rows = (np.concatenate([one[at] for one in samples]) for at in (1, 2))
    parts = np.concatenate([np.full(len(one[1]), one[3]) for one in samples])
    order = np.lexsort((rows, parts))
    whole = Drawn(draw, table.take(pa.array(order)), found[order]).cut()
    return Drawn(draw, whole.table.unify_dictionaries(), whole.priorities)


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a partition: the counts of every tally, and the rows below the limit of every draw."""

    prepare: Prepare
    tallies: tuple[Tally, ...]
    draws: tuple[Draw, ...] = ()
    limits: tuple[int, ...] = ()

    def __call__(self, batches: Iterable[pa.RecordBatch], part: int) -> tuple[list[Counts], list[Sample | None]]:
        """Counts, and of each draw its table, priorities, row numbers and the number of the part."""
        samples = [_Sample(one, np.uint64(limit)) for one, limit in zip(self.draws, self.limits, strict=True)]
        counts = local_tally(self._prepared(batches, part, samples), self.tallies)
        return counts, [one.found() for one in samples]

    def _prepared(
        self, batches: Iterable[pa.RecordBatch], part: int, samples: Sequence[_Sample]
    ) -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in batches:
            ready = self.prepare(batch)
            for one in samples:
                one.add(ready, batch, part, start)
            start += batch.num_rows
            yield ready


class _Sample:
    def __init__(self, draw: Draw, limit: np.uint64) -> None:
        self.draw, self.limit = draw, limit
        self.kept: list[pa.RecordBatch] = []
        self.priorities: list[NDArray[np.uint64]] = []
        self.rows: list[NDArray[np.int64]] = []
        self.part = 0

    def add(self, ready: pa.RecordBatch, batch: pa.RecordBatch, part: int, start: int) -> None:
        import pyarrow as pa

        if ROW in batch.schema.names:
            rows = numbers_of(batch)
            found = priorities_at(self.draw.seed, 0, rows.astype(np.uint64))
        else:
            rows = np.arange(start, start + batch.num_rows)
            found = priorities(self.draw.seed, part, start, batch.num_rows)
            self.part = part
        low = np.flatnonzero(found <= self.limit)
        self.kept.append(ready.select(list(self.draw.columns)).take(pa.array(low)))
        self.priorities.append(found[low])
        self.rows.append(rows[low])

    def found(self) -> Sample | None:
        import pyarrow as pa

        if not self.kept:
            return None
        table = pa.Table.from_batches(self.kept).unify_dictionaries()
        return table, np.concatenate(self.priorities), np.concatenate(self.rows), self.part


def numbers_of(batch: pa.RecordBatch) -> NDArray[Any]:
    """The number of each row. Raises ValueError where a file was not there when the rows were counted."""
    column = batch.column(ROW)
    if column.null_count:
        raise ValueError("the files have changed since they were opened")
    found: NDArray[Any] = column.to_numpy()
    return found
