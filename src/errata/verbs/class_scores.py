"""P(class) of each class as reserved columns of an audit's pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from errata.analysis.tally import CONFIDENCE
from errata.tasks.classification import label_text
from errata.tasks.reserved import IsClass, Number, OfTwo, Reserved, Squared
from errata.tasks.scores import score_columns

if TYPE_CHECKING:
    from errata.verbs.subject import Subject

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
    def said(self) -> str:
        """Whether it is the prediction, missing where that is."""
        return f"@says {self.number}"

    @property
    def squared(self) -> str:
        """(score − true)²."""
        return f"@squared {self.number}"


def class_scores(subject: Subject) -> tuple[ClassScore, ...]:
    """The classes with a score; of two classes the confidence in the prediction is one. Empty beyond MOST_CLASSES."""
    if not subject.is_classification or len(subject.labels) > MOST_CLASSES:
        return ()
    names = [label_text(label) for label in subject.labels]
    columns = subject.score_columns
    if columns is not None:
        return tuple(ClassScore(at, name, columns[at]) for at, name in enumerate(names))
    if subject.has_confidence and len(names) == 2:
        return tuple(ClassScore(at, name, None) for at, name in enumerate(names))
    return ()


def why_none(subject: Subject) -> str:
    """Why there are no scores by class."""
    if len(subject.labels) > MOST_CLASSES:
        return f"more than {MOST_CLASSES} classes"
    if not score_columns(subject.source, subject.roles.scores):
        return "no score for each class: --scores 'p_*'"
    return "fewer than two classes"


def class_columns(subject: Subject) -> dict[str, Reserved]:
    """Score, truth and squared difference of each class of ``class_scores``."""
    columns: dict[str, Reserved] = {}
    truth, prediction = subject.roles.truth, subject.roles.prediction
    for one in class_scores(subject):
        assert truth is not None and prediction is not None
        label = subject.labels[one.number]
        columns[one.true] = IsClass(truth, label)
        if one.column is not None:
            columns[one.score] = Number(one.column)
        else:
            columns[one.said] = IsClass(prediction, label)
            columns[one.score] = OfTwo(one.said, CONFIDENCE)
        columns[one.squared] = Squared(one.score, one.true)
    return columns
