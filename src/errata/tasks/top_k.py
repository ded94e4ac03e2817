"""Top-k classification: a row failed when its true class is not among the first k that were predicted.

What was predicted is a ranked list of classes, best first, or a score for each class in columns of their own. Of equal
scores the true class is taken to be the last: a model that scores all alike has predicted nothing. The loss is
1 − 1 / rank of the true class, 1 where it is not ranked at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import dictionary, floats
from errata.nouns.outcome import UNKNOWN, Kinds
from errata.tasks.classification import class_text
from errata.tasks.lists import in_one_code, lists_of
from errata.tasks.rule import Told, coded

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_K = 5
KINDS = ("below-k", "not-ranked", "not-first")
FAILING = (True, True, False)
"""What is not first and yet among the first k is no failure."""
MEASURES = ("rank", "reciprocal_rank")
OWN = Kinds(KINDS, FAILING)


@dataclass(frozen=True, slots=True)
class TopK:
    """A class against ranked classes (``prediction``) or against scores (``scores``: class → column)."""

    truth: str
    prediction: str | None = None
    scores: tuple[tuple[str, str], ...] = ()
    k: int = DEFAULT_K
    separator: str | None = None
    notes: tuple[str, ...] = ()
    task: str = "top-k"
    kinds: Kinds = OWN
    measured: tuple[str, ...] = MEASURES
    decides: tuple[str, ...] = ()
    judges: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Truth, and the ranked list or the scores."""
        said = (self.prediction,) if self.prediction is not None else tuple(column for _, column in self.scores)
        return (self.truth, *said)

    def tell(self, batch: pa.RecordBatch) -> Told:
        """The rank of each row's true class."""
        rank, known = self._by_list(batch) if self.prediction is not None else self._by_score(batch)
        ranked = np.isfinite(rank)
        first = np.where(known, 1 / rank, np.nan)
        kinds = coded(
            [(ranked & (rank > self.k), known), (~ranked, known), (ranked & (rank > 1) & (rank <= self.k), known)],
            len(rank),
        )
        failed = np.where(known, rank > self.k, UNKNOWN).astype(np.int8)
        measures = {"rank": np.where(known & ranked, rank, np.nan), "reciprocal_rank": first}
        return Told(failed, 1 - first, kinds, measures)

    def _by_list(self, batch: pa.RecordBatch) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        assert self.prediction is not None
        a = lists_of(batch.column(self.truth), None, self.truth)
        b = lists_of(batch.column(self.prediction), self.separator, self.prediction)
        true, said, _ = in_one_code(a, b, (self.truth, self.prediction))
        code = np.full(batch.num_rows, -1, np.int64)
        code[a.row] = true
        hit = said == code[b.row]
        rank = np.full(batch.num_rows, np.inf)
        np.minimum.at(rank, b.row[hit], (b.place[hit] + 1).astype(np.float64))
        return rank, a.known & b.known

    def _by_score(self, batch: pa.RecordBatch) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        values, codes = dictionary(batch.column(self.truth))
        table = np.column_stack([floats(batch.column(column)) for _, column in self.scores])
        place = {name: at for at, (name, _) in enumerate(self.scores)}
        true = np.array([place.get(class_text(value), -1) for value in values] + [-1], np.int64)[codes]
        mine = table[np.arange(len(true)), true]
        rank = np.where(true >= 0, (table >= mine[:, None]).sum(axis=1), np.inf).astype(np.float64)
        there = np.array([value == value for value in values] + [False])[codes]
        return rank, there & ~np.isnan(table).any(axis=1)
