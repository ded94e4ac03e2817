"""Tallies and draws of one source in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.draw import Draw, Drawn, priorities
from errata.analysis.tally import Counts, Tally
from errata.engine.local.tally import tally

if TYPE_CHECKING:
    import pyarrow as pa

Asked = Tally | Draw
Answered = Counts | Drawn


def columns_of(requests: Iterable[Asked]) -> list[str]:
    """The columns that these requests are about, each once."""
    return list(dict.fromkeys(name for one in requests for name in one.columns))


def answers(
    batches: Iterable[pa.RecordBatch],
    requests: Sequence[Asked],
    progress: Callable[[int], None] | None = None,
    *,
    part: int = 0,
) -> list[Answered]:
    """The answer to every request over all batches, in the order asked. ``part`` is the number of the part that the
    batches are, so that two parts do not draw alike. Raises what ``tally`` raises."""
    samples = {one: _Sample(one, part) for one in requests if isinstance(one, Draw)}
    tallies = [one for one in requests if isinstance(one, Tally)]
    counts = dict(zip(tallies, tally(_watched(batches, list(samples.values())), tallies, progress), strict=True))
    return [counts[one] if isinstance(one, Tally) else samples[one].drawn() for one in requests]


def _watched(batches: Iterable[pa.RecordBatch], samples: Sequence[_Sample]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for one in samples:
            one.add(batch)
        yield batch


def together_of(parts: Sequence[Answered]) -> Answered:
    """The answer to one request over all parts (at least one), from those over each."""
    first, *others = parts
    if isinstance(first, Counts):
        return Counts.total_of([one for one in parts if isinstance(one, Counts)])
    for one in others:
        assert isinstance(one, Drawn)
        first = first + one
    return first


class _Sample:
    """The rows of the lowest priorities so far, and a few that will turn out to be too many."""

    def __init__(self, draw: Draw, part: int) -> None:
        self.draw, self.part = draw, part
        self.row = 0
        self.kept: list[pa.RecordBatch] = []
        self.priorities: list[NDArray[np.uint64]] = []
        self.pending = 0
        self.limit: np.uint64 | None = None
        self.schema: pa.Schema | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        import pyarrow as pa

        mine = batch.select(list(self.draw.columns))
        self.schema = self.schema or mine.schema
        found = priorities(self.draw.seed, self.part, self.row, batch.num_rows)
        self.row += batch.num_rows
        if self.limit is not None:
            low = np.flatnonzero(found < self.limit)
            mine, found = mine.take(pa.array(low)), found[low]
        self.kept.append(mine)
        self.priorities.append(found)
        self.pending += len(found)
        if self.pending > 2 * self.draw.rows + 1024:
            self._cut()

    def _cut(self) -> None:
        whole = self._together().cut()
        self.kept, self.priorities = whole.table.to_batches(), [whole.priorities]
        self.pending = len(whole.priorities)
        if self.pending == self.draw.rows:
            self.limit = whole.priorities.max(initial=0)

    def _together(self) -> Drawn:
        import pyarrow as pa

        if self.schema is None:
            raise ValueError("a sample of no batch has no columns")
        table = pa.Table.from_batches(self.kept, self.kept[0].schema) if self.kept else self.schema.empty_table()
        return Drawn(self.draw, table.unify_dictionaries(), np.concatenate([*self.priorities, np.zeros(0, np.uint64)]))

    def drawn(self) -> Drawn:
        return self._together().cut()
