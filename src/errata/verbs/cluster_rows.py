"""The rows of a source for clusters: batch by batch with their outcome, group and half, and a few of each drawn.

Half of the rows (of the groups, where there are such) make the clusters; the other half counts them. Which half a row
is in is a hash of its group, or of its number.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.draw import priorities
from errata.analysis.tally import FAILED
from errata.core.columns import dictionary
from errata.factors.space import Raw, Space, Vectors
from errata.nouns.outcome import UNKNOWN
from errata.nouns.source import BATCH_ROWS
from errata.verbs.cluster_space import dimensions
from errata.verbs.subject import Subject

if TYPE_CHECKING:
    import pyarrow as pa

MOST_LEARNING = 4000
MOST_PASSED = 2000
MOST_SEEN = 1000
_NUMBERS = 1 << 22
"""A batch is of about so many numbers, whatever a row has of them."""
_DRAWN_NUMBERS = 1 << 25


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A batch: its first row's number, and one value a row. ``failed`` is −1 where unknown."""

    batch: pa.RecordBatch
    start: int
    failed: NDArray[np.int8]
    learns: NDArray[np.bool_]
    priority: NDArray[np.uint64]
    group: NDArray[np.int64] | None


@dataclass(eq=False)
class Pool:
    """The rows of the lowest priority, at most ``most``; ``more`` says that there were more."""

    most: int
    raw: Raw = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    groups: NDArray[np.int64] | None = None
    ids: list[str | None] = field(default_factory=list)
    priority: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    more: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def wanted(self, priority: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of these could be among the lowest."""
        if len(self) < self.most:
            return np.ones(len(priority), bool)
        low: NDArray[np.bool_] = priority < self.priority.max()
        return low

    def add(self, raw: Raw, rows: NDArray[np.int64], groups: Any, ids: list[str | None], priority: Any) -> None:
        """Take these in, and let go of what is too many."""
        if not len(rows):
            return
        self.raw = np.concatenate([self.raw, raw]) if len(self) else raw
        self.groups = groups if self.groups is None or groups is None else np.concatenate([self.groups, groups])
        self.rows = np.concatenate([self.rows, rows])
        self.priority = np.concatenate([self.priority, priority])
        self.ids = [*self.ids, *ids]
        if len(self.rows) > self.most:
            self.more = True
            self._keep(np.sort(np.argpartition(self.priority, self.most - 1)[: self.most]))

    def some(self, most: int) -> Pool:
        """A draw of these."""
        made = Pool(most, self.raw, self.rows, self.groups, self.ids, self.priority, self.more)
        if len(made) > most:
            made._keep(np.sort(np.argpartition(made.priority, most - 1)[:most]))
        return made

    def one_of_each_group(self) -> NDArray[np.int64]:
        """Places of one row a group: that of the lowest priority; all without groups."""
        if self.groups is None:
            return np.arange(len(self))
        order = np.argsort(self.priority, kind="stable")
        return np.sort(order[np.unique(self.groups[order], return_index=True)[1]])

    def _keep(self, kept: NDArray[np.int64]) -> None:
        self.raw, self.rows, self.priority = self.raw[kept], self.rows[kept], self.priority[kept]
        self.groups = None if self.groups is None else self.groups[kept]
        self.ids = [self.ids[at] for at in kept]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Failed rows of the half that makes the clusters, and some rows of either half that failed and that passed."""

    learning: Pool
    failed: Pool
    passed: Pool


class Rows:
    """The rows of a subject in a space."""

    def __init__(self, subject: Subject, space: Space) -> None:
        self.subject, self.space = subject, space
        self._groups: dict[Any, int] = {}
        self._learns: list[bool] = []
        self._fresh = 0
        self.dimensions = dimensions(subject.source, space)
        self.batch_rows = int(np.clip(_NUMBERS // self.dimensions, 256, BATCH_ROWS))

    def parts(self, more: tuple[str, ...] = ()) -> Iterator[Part]:
        """Every batch, with the columns of the space and these."""
        subject = self.subject
        roles = subject.roles
        named = [name for name in (roles.group, roles.id) if name is not None]
        columns = list(dict.fromkeys([*self.space.columns, FAILED, *named, *more]))
        start, self._fresh = 0, 0
        for batch in subject.source.batches(subject.view.read(columns, subject.source.schema.names), self.batch_rows):
            batch = subject.view.of(batch, columns)
            failed = batch.column(FAILED).cast("int8").fill_null(UNKNOWN).to_numpy(zero_copy_only=False)
            priority = priorities(subject.options.seed, 0, start, batch.num_rows)
            learns, group = (priority & np.uint64(1)).astype(bool), None
            if roles.group is not None:
                group, learns = self._grouped(batch.column(roles.group), learns)
            yield Part(batch, start, failed, learns, priority, group)
            start += batch.num_rows

    def _grouped(self, column: pa.Array, alone: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        values, index = dictionary(column)
        codes = np.empty(len(values) + 1, np.int64)
        for at, value in enumerate(values):
            code = codes[at] = self._groups.setdefault(value, len(self._groups))
            if code == len(self._learns):
                self._learns.append(zlib.crc32(f"{self.subject.options.seed} {value!r}".encode()) & 1 == 1)
        codes[-1] = -1
        found = codes[index]
        missing = np.flatnonzero(found < 0)
        learns = np.array([*self._learns, False])[found]
        learns[missing] = alone[missing]
        # A row without a group is a group of its own.
        found[missing] = -1 - self._fresh - np.arange(len(missing))
        self._fresh += len(missing)
        return found, learns

    def ids(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> list[str | None]:
        """The ids of these rows of a batch, as text."""
        import pyarrow as pa

        name = self.subject.roles.id
        if name is None:
            return [None] * len(rows)
        return [None if one is None else str(one) for one in batch.column(name).take(pa.array(rows)).to_pylist()]

    def learning(self) -> Iterator[Raw]:
        """The failed rows of the half that makes the clusters, batch by batch."""
        for part in self.parts():
            raw, _ = self.space.read(part.batch, np.flatnonzero((part.failed == 1) & part.learns))
            if len(raw):
                yield raw


def drawn(rows: Rows) -> Drawn:
    """One pass that draws. Raises NoSpace for embeddings of several lengths."""
    most = int(np.clip(_DRAWN_NUMBERS // rows.dimensions, 200, MOST_LEARNING))
    found = Drawn(Pool(most), Pool(min(most, MOST_SEEN)), Pool(min(most, MOST_PASSED)))
    for part in rows.parts():
        if isinstance(rows.space, Vectors):
            rows.space.look(part.batch, part.start)
        failed = part.failed == 1
        for pool, about in (
            (found.learning, failed & part.learns),
            (found.failed, failed),
            (found.passed, part.failed == 0),
        ):
            at = np.flatnonzero(about & pool.wanted(part.priority))
            pool.more |= len(at) < int(about.sum())
            raw, ok = rows.space.read(part.batch, at)
            kept = at[ok]
            groups = None if part.group is None else part.group[kept]
            pool.add(raw, part.start + kept, groups, rows.ids(part.batch, kept), part.priority[kept])
    return found
