"""Multilabel classification: each row has a set of labels; it failed when the predicted set is not the true one.

The loss is the Jaccard distance 1 − |A ∩ B| / |A ∪ B| (Jaccard 1912), 0 where both sets are empty. Beside it stand the
number of labels that differ, |A ∪ B| − |A ∩ B| (``label_errors``; over the number of labels it is the Hamming loss),
and the row's F1, 2 |A ∩ B| / (|A| + |B|), 1 where both are empty (Tsoumakas and Katakis 2007). A label that a list
holds twice counts once.
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

KINDS = ("missing-label", "extra-label", "missing-and-extra")
MEASURES = ("jaccard_distance", "label_errors", "label_f1")
OWN = Kinds(KINDS, (True, True, True))


@dataclass(frozen=True, slots=True)
class Multilabel:
    """Sets of labels against sets of labels."""

    truth: str
    prediction: str
    separator: str | None = None
    notes: tuple[str, ...] = ()
    task: str = "multilabel"
    kinds: Kinds = OWN
    measured: tuple[str, ...] = MEASURES
    decides: tuple[str, ...] = ()
    judges: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """Truth and prediction."""
        return self.truth, self.prediction

    def tell(self, batch: pa.RecordBatch) -> Told:
        """What differs in each row."""
        rows = batch.num_rows
        a, b = (lists_of(batch.column(name), self.separator, name) for name in self.columns)
        true_codes, said_codes, labels = in_one_code(a, b, (self.truth, self.prediction))
        true, said = np.unique(a.row * labels + true_codes), np.unique(b.row * labels + said_codes)
        both = np.intersect1d(true, said, assume_unique=True)
        n_true, n_said, n_both = (per_row(one // labels, rows) for one in (true, said, both))
        known = a.known & b.known
        missing, extra = n_true > n_both, n_said > n_both
        union = n_true + n_said - n_both
        measures = {
            "jaccard_distance": np.where(union > 0, 1 - n_both / np.maximum(union, 1), 0.0),
            "label_errors": (union - n_both).astype(np.float64),
            "label_f1": np.where(union > 0, 2 * n_both / np.maximum(n_true + n_said, 1), 1.0),
        }
        measures = {name: np.where(known, values, np.nan) for name, values in measures.items()}
        failed = np.where(known, missing | extra, UNKNOWN).astype(np.int8)
        kinds = coded([(missing, known), (extra, known), (missing & extra, known)], rows)
        return Told(failed, measures["jaccard_distance"], kinds, measures)
