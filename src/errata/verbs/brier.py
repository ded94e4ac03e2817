"""The Brier score of rows that are not here, as a tally."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.intervals import mean_interval
from errata.analysis.tally import Axis, Counts, Tally
from errata.core.columns import dictionary, floats, value_key
from errata.core.errors import ValueFault
from errata.core.units import count
from errata.nouns.report import Estimate
from errata.tasks.reserved import Reserved, Square
from errata.tasks.scores import SUM_SLACK, score_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.verbs.subject import Subject

BRIER, SQUARED = "@brier", "@brier²"
ASKED = Tally((Axis(BRIER, edges=(0.0,)),), (BRIER, SQUARED))


@dataclass(frozen=True, slots=True)
class Brier:
    """Each row's Brier score, NaN where its truth or a score is missing. ``others`` are scores of classes that no row
    has. Raises ValueFault for scores that do not sum to 1."""

    source: str
    truth: str
    scores: tuple[tuple[Any, str], ...]
    others: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The truth and all scores."""
        return (self.truth, *(name for _, name in self.scores), *self.others)

    def of(self, batch: pa.RecordBatch) -> pa.Array:
        """Floats from 0 to 2."""
        import pyarrow as pa

        table = np.column_stack([floats(batch.column(name)) for _, name in self.scores])
        sums = table.sum(axis=1) + sum(floats(batch.column(name)) for name in self.others)
        wrong = np.flatnonzero(np.abs(sums - 1) > SUM_SLACK)
        if len(wrong):
            raise ValueFault(
                "scores-do-not-sum",
                f"scores do not sum to 1: in {count(len(wrong))} of {count(len(sums))} rows that were read together",
                where=self.source,
                expected=f"1 within {SUM_SLACK}",
                found=f"{sums[wrong[0]]:.4g}",
                next="give P(class) for every class, or --score COLUMN for the confidence in the prediction alone",
            )
        values, index = dictionary(batch.column(self.truth))
        place = {value_key(label): at for at, (label, _) in enumerate(self.scores)}
        at = np.array([*(place.get(value_key(value), -1) for value in values), -1], np.int64)[index]
        known = np.flatnonzero(at >= 0)
        table[known, at[known]] -= 1.0
        found = (table**2).sum(axis=1)
        found[at < 0] = np.nan
        return pa.array(found)

    def to_json(self) -> dict[str, Any]:
        """Truth and scores."""
        return {"brier": self.truth, "scores": [list(pair) for pair in self.scores], "others": list(self.others)}


def brier_columns(subject: Subject) -> dict[str, Reserved]:
    """The columns that ``ASKED`` counts; none where there is not a score for each class."""
    columns = subject.score_columns
    if columns is None or subject.roles.truth is None:
        return {}
    scores = tuple(zip(subject.labels, columns, strict=True))
    others = tuple(name for name in score_columns(subject.source, subject.roles.scores) if name not in columns)
    return {BRIER: Brier(subject.source.name, subject.roles.truth, scores, others), SQUARED: Square(BRIER)}


def brier_of(counts: Counts) -> Estimate | None:
    """The mean with its interval, of independent rows; None where no row has one."""
    known = int(counts.rows[[label == 1 for label in counts.labels[0]]].sum())
    if not known:
        return None
    mean, square = (float(one) / known for one in counts.sums.sum(axis=0))
    low, high = mean_interval(mean, max(0.0, square - mean * mean), known)
    return Estimate(mean, low if np.isfinite(low) else None, high if np.isfinite(high) else None)
