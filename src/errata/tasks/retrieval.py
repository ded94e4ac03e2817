"""Retrieval: what is relevant against what was retrieved, ranked; a row failed when nothing relevant is in the first k.

With R relevant items and binary gains, at rank i = 1 … k (Manning, Raghavan and Schütze 2008, ch. 8):

    recall@k = |relevant in the first k| / R          reciprocal rank = 1 / rank of the first relevant one, 0 beyond k
    nDCG@k = Σ [item i is relevant] / log2(i + 1)  over the same sum of min(R, k) relevant ones first

(Järvelin and Kekäläinen 2002). The loss is 1 − nDCG@k. An item that is retrieved again has no second gain, and its rank
is not given to the next one. A row without anything relevant has no outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from errata.nouns.outcome import UNKNOWN, Kinds
from errata.tasks.lists import in_one_code, lists_of, per_row
from errata.tasks.rule import Told, coded

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_K = 10
KINDS = ("retrieval-miss", "nothing-retrieved", "below-k", "incomplete", "not-first")
FAILING = (True, True, True, False, False)
"""The last two are worse than they could be, and no failures."""
MEASURES = ("recall", "reciprocal_rank", "ndcg")
OWN = Kinds(KINDS, FAILING)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Ranked lists against lists of what is relevant."""

    truth: str
    prediction: str
    k: int = DEFAULT_K
    separator: str | None = None
    notes: tuple[str, ...] = ()
    task: str = "retrieval"
    kinds: Kinds = OWN
    measured: tuple[str, ...] = MEASURES
    decides: tuple[str, ...] = ()
    judges: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Truth (relevant) and prediction (retrieved)."""
        return self.truth, self.prediction

    def tell(self, batch: pa.RecordBatch) -> Told:
        """How well each row's list serves."""
        rows = batch.num_rows
        a, b = (lists_of(batch.column(name), self.separator, name) for name in self.columns)
        relevant_codes, found_codes, items = in_one_code(a, b, (self.truth, self.prediction))
        relevant = np.unique(a.row * items + relevant_codes)
        keys = b.row * items + found_codes
        first = np.zeros(len(keys), bool)
        first[np.unique(keys, return_index=True)[1]] = True
        hit = first & np.isin(keys, relevant)
        rank = b.place + 1
        n_relevant = per_row(relevant // items, rows)
        inside = hit & (rank <= self.k)
        n_inside = per_row(b.row[inside], rows)
        gain = np.bincount(b.row[inside], 1 / np.log2(rank[inside] + 1), minlength=rows)
        ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(1, self.k + 1) + 1))])
        best = np.full(rows, np.inf)
        np.minimum.at(best, b.row[inside], rank[inside].astype(np.float64))
        known = a.known & b.known & (n_relevant > 0)
        most = np.minimum(n_relevant, self.k)
        measures = {
            "recall": n_inside / np.maximum(n_relevant, 1),
            "reciprocal_rank": 1 / best,
            "ndcg": gain / np.maximum(ideal[most], 1e-300),
        }
        measures = {name: np.where(known, values, np.nan) for name, values in measures.items()}
        miss = n_inside == 0
        kinds = coded(
            [
                (miss, known),
                (per_row(b.row, rows) == 0, known),
                (miss & (per_row(b.row[hit], rows) > 0), known),
                (~miss & (n_inside < most), known),
                (~miss & (best > 1), known),
            ],
            rows,
        )
        failed = np.where(known, miss, UNKNOWN).astype(np.int8)
        return Told(failed, np.where(known, np.maximum(0.0, 1 - measures["ndcg"]), np.nan), kinds, measures)
