"""P(class) of each class as reserved columns of an audit's pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats
from errata.tasks.classification import label_text
from errata.tasks.scores import by_label, score_columns
from errata.verbs.audits import Derived

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source
    from errata.verbs.audits import Subject

MOST_CLASSES = 100
"""Beyond this many classes none is looked at one by one."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """A class (its number among the labels) and its reserved columns: the score, whether truth is the class, and
    (score − truth)²."""

    number: int
    label: str
    column: str | None

    @property
    def score(self) -> str:
        """Its score, float64."""
        return f"@score {self.number}"

    @property
    def true(self) -> str:
        """Whether it is the truth, missing where truth is."""
        return f"@is {self.number}"

    @property
    def squared(self) -> str:
        """(score − true)²."""
        return f"@squared {self.number}"


def class_scores(subject: Subject) -> tuple[ClassScore, ...]:
    """The classes with a score; of two classes the confidence in the prediction is one. Empty beyond MOST_CLASSES."""
    outcomes = subject.outcomes
    if outcomes.truth is None or len(outcomes.labels) > MOST_CLASSES:
        return ()
    names = [label_text(label) for label in outcomes.labels]
    columns = by_label(subject.source, outcomes)
    if columns is not None:
        return tuple(ClassScore(at, name, columns[at]) for at, name in enumerate(names))
    if subject.confidence is not None and len(names) == 2:
        return tuple(ClassScore(at, name, None) for at, name in enumerate(names))
    return ()


def why_none(source: Source, outcomes: Outcomes) -> str:
    """Why there are no scores by class."""
    if len(outcomes.labels) > MOST_CLASSES:
        return f"more than {MOST_CLASSES} classes"
    if not score_columns(source, outcomes.roles.scores):
        return "no score for each class: --scores 'p_*'"
    return "fewer than two classes"


def class_columns(subject: Subject) -> dict[str, Derived]:
    """Score, truth and squared difference of each class of ``class_scores``."""
    columns: dict[str, Derived] = {}
    for one in class_scores(subject):
        columns |= _columns_of(subject, one)
    return columns


def _columns_of(subject: Subject, one: ClassScore) -> dict[str, Derived]:
    needs = () if one.column is None else (one.column,)
    return {
        one.score: Derived(lambda batch, rows: _array(_score(subject, one, batch, rows)), needs),
        one.true: Derived(lambda _, rows: _is(subject, one, rows)),
        one.squared: Derived(lambda batch, rows: _squared(subject, one, batch, rows), needs),
    }


def _array(values: NDArray[np.float64]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values)


def _score(subject: Subject, one: ClassScore, batch: pa.RecordBatch, rows: slice) -> NDArray[np.float64]:
    import pyarrow as pa

    if one.column is not None:
        return floats(pa.chunked_array([batch.column(one.column)]))
    assert subject.confidence is not None and subject.outcomes.prediction is not None
    said, confidence = subject.outcomes.prediction[rows], subject.confidence[rows]
    return np.where(said < 0, np.nan, np.where(said == one.number, confidence, 1 - confidence))


def _is(subject: Subject, one: ClassScore, rows: slice) -> pa.Array:
    import pyarrow as pa

    assert subject.outcomes.truth is not None
    truth = subject.outcomes.truth[rows]
    return pa.array(truth == one.number, mask=truth < 0)


def _squared(subject: Subject, one: ClassScore, batch: pa.RecordBatch, rows: slice) -> pa.Array:
    assert subject.outcomes.truth is not None
    return _array((_score(subject, one, batch, rows) - (subject.outcomes.truth[rows] == one.number)) ** 2)
