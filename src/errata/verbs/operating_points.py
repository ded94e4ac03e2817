"""``analyze --only operating-points``: where to set the threshold, and what each choice costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.analysis.intervals import wilson
from errata.analysis.operating_points import (
    PRECISIONS,
    RECALLS,
    Thresholds,
    abstention,
    cheapest,
    precision_at,
    recall_at,
    score_edges,
)
from errata.analysis.tally import CONFIDENCE, FAILED, RIGHT, Axis, Counts, Tally
from errata.core.columns import floats
from errata.core.errors import UsageError
from errata.nouns.operating_points import BinRates, ClassPoints, OperatingPoints
from errata.nouns.outcome import UNKNOWN
from errata.nouns.slice import Slice
from errata.tasks.classification import label_text, positive_label
from errata.tasks.reserved import IsClass, Reserved
from errata.verbs.audits import Asking, Audit
from errata.verbs.class_scores import MOST_CLASSES, ClassScore, class_columns, class_scores, why_none
from errata.verbs.subject import Subject
from errata.verbs.view import axis_of, labels_of

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.factors.encode import Factor

IS, SAYS = "@is positive", "@says positive"
Edges = tuple[float, ...]


def _missing(subject: Subject) -> str | None:
    return None if subject.is_classification else "it needs classes, with --truth and --prediction"


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    columns = class_columns(subject)
    positive = _positive(subject)
    if isinstance(positive, int):
        assert subject.roles.truth is not None and subject.roles.prediction is not None
        columns[IS] = IsClass(subject.roles.truth, subject.labels[positive])
        columns[SAYS] = IsClass(subject.roles.prediction, subject.labels[positive])
    return columns


def _run(subject: Subject) -> Asking:
    classes = class_scores(subject)
    costs = subject.options.costs or {"fp": 1.0, "fn": 1.0}
    edges = _edges(subject, classes, costs["fp"] / (costs["fp"] + costs["fn"]))
    confidence = _confidence_edges(subject)
    positive = _positive(subject)
    by_class = [Tally((Axis(one.score, edges=cut), Axis(one.true))) for one, cut in zip(classes, edges, strict=True)]
    by_confidence = [] if confidence is None else [Tally((Axis(CONFIDENCE, edges=confidence), Axis(FAILED)))]
    factors = subject.factors if isinstance(positive, int) else ()
    by_factor = [Tally((axis_of(factor), Axis(IS), Axis(SAYS))) for factor in factors]
    said = _of_said(subject, classes, confidence)
    answers = yield [*said, *by_class, *by_confidence, *by_factor]
    of_said, answers = answers[: len(said)], answers[len(said) :]
    of_classes = [
        found
        for one, cut, counts in zip(classes, edges, answers[: len(classes)], strict=True)
        if (found := _of_class(subject, one, Thresholds.of(counts, cut), costs)) is not None
    ]
    notes = []
    if said:
        notes.append("a class is said by the confidence in it where it is predicted: there are no scores by class")
        assert confidence is not None
        by_said, pairs = of_said
        of_classes = _said_points(subject, by_said, pairs, confidence, costs)
    notes += [
        f"every row is {one.label}: nothing can be taken for it" for one in of_classes if one.positives == one.rows
    ]
    notes += [] if of_classes else [f"no thresholds by class: {why_none(subject)}"]
    if isinstance(positive, str):
        notes.append(f"no FPR and FNR by factor: {positive}")
    abstaining = None
    if confidence is None:
        notes.append("no abstention curve: no scores")
    else:
        abstaining = abstention(answers[len(classes)], confidence, _failure_effect(subject))
    rates = [
        one
        for factor, counts in zip(factors, answers[len(answers) - len(factors) :], strict=True)
        for one in _rates(subject, factor, counts)
    ]
    return OperatingPoints(
        classes=tuple(of_classes),
        positive=label_text(subject.labels[positive]) if isinstance(positive, int) else None,
        rates=tuple(rates),
        abstention=abstaining,
        notes=tuple(notes),
    )


def _of_said(subject: Subject, classes: tuple[ClassScore, ...], confidence: Edges | None) -> list[Tally]:
    """What thresholds on the confidence in each predicted class need, where the classes have no scores of their own."""
    if classes or confidence is None or not 2 < len(subject.labels) <= MOST_CLASSES:
        return []
    truth, prediction = subject.roles.truth, subject.roles.prediction
    assert truth is not None and prediction is not None
    by_said = Tally((Axis(prediction), Axis(CONFIDENCE, edges=confidence), Axis(RIGHT)))
    return [by_said, Tally((Axis(truth), Axis(prediction)))]


def _said_points(
    subject: Subject, by_said: Counts, pairs: Counts, confidence: Edges, costs: Mapping[str, float]
) -> list[ClassPoints]:
    """The operating points of each class by the confidence with which it is said."""
    rows, _ = pairs.dense([subject.labels, subject.labels])
    found = []
    for number, label in enumerate(subject.labels):
        one = ClassScore(number, label_text(label), None)
        at = Thresholds.of_said(by_said.within(label), confidence, int(rows[number].sum()), int(rows.sum()))
        if (points := _of_class(subject, one, at, costs)) is not None:
            found.append(points)
    return found


def _positive(subject: Subject) -> int | str:
    """The number of the positive class, or why there is none."""
    try:
        return positive_label(subject)
    except UsageError:
        return "which class is positive? --positive CLASS"


def _failure_effect(subject: Subject) -> float:
    """The design effect for failing, among rows whose confidence is known."""
    if subject.roles.group is None:
        return 1.0
    assert subject.confidence is not None
    failed = subject.outcomes.failed
    return subject.effect((failed == 1).astype(np.float64), (failed != UNKNOWN) & ~np.isnan(subject.confidence))


def _confidence_edges(subject: Subject) -> Edges | None:
    """Edges of the confidence; None where no row at which it glanced has one."""
    if not subject.has_confidence:
        return None
    return subject.engine.edges(CONFIDENCE, lambda: _edges_of_confidence(subject)) or None


def _edges_of_confidence(subject: Subject) -> Edges:
    seen = subject.seen([CONFIDENCE, FAILED])
    confidence = floats(seen.column(CONFIDENCE))
    if np.isnan(confidence).all():
        return ()
    failed = seen.column(FAILED).fill_null(False).to_numpy()
    return score_edges(confidence, confidence[failed])


def _edges(subject: Subject, classes: tuple[ClassScore, ...], usual: float) -> list[Edges]:
    """Edges of each class's score from some of the rows: at quantiles of the class, and of the others."""
    if not classes:
        return []
    columns = [name for one in classes for name in (one.score, one.true)]
    looked: list[pa.Table] = []

    def of(one: ClassScore) -> Edges:
        if not looked:
            looked.append(subject.seen(columns, class_columns(subject)))
        seen = looked[0]
        score, is_it = floats(seen.column(one.score)), seen.column(one.true).fill_null(False).to_numpy()
        return score_edges(score[is_it], score[~is_it], also=(usual,))

    # By the class's name: its number is another where a class comes to the dataset.
    return [subject.engine.edges(f"@score {one.label}, {usual:.6g}", lambda one=one: of(one)) for one in classes]  # type: ignore[misc]


def _of_class(subject: Subject, one: ClassScore, found: Thresholds, costs: Mapping[str, float]) -> ClassPoints | None:
    if not found.positives:
        return None
    of_truth, of_said, of_wrong = _class_effects(subject, one)
    return ClassPoints(
        label=one.label,
        rows=int(found.rows),
        positives=int(found.positives),
        recall_at_precision=tuple(recall_at(found, target, of_truth) for target in PRECISIONS),
        precision_at_recall=tuple(precision_at(found, target, of_said) for target in RECALLS),
        cost=cheapest(found, costs["fp"], costs["fn"], of_wrong),
    )


def _class_effects(subject: Subject, one: ClassScore) -> tuple[float, float, float]:
    """The design effects for recall, precision and being wrong about a class: at any threshold those of predictions."""
    if subject.roles.group is None:
        return 1.0, 1.0, 1.0
    truth, prediction = subject.outcomes.truth, subject.outcomes.prediction
    assert truth is not None and prediction is not None
    is_it, says_it = truth == one.number, prediction == one.number
    return (
        subject.effect(says_it.astype(np.float64), is_it),
        subject.effect(is_it.astype(np.float64), says_it & (truth >= 0)),
        subject.effect((is_it != says_it).astype(np.float64), truth >= 0),
    )


def _rates(subject: Subject, factor: Factor, counts: Counts) -> list[BinRates]:
    rows, _ = counts.dense([labels_of(factor), (False, True), (False, True)])
    positive = _positive(subject)
    found = []
    for choice in factor.choices:
        if choice.low != choice.high:
            continue
        cell = rows[choice.low]
        if not cell.any():
            continue
        rates: dict[str, Any] = {}
        for name, is_it, wrong in (("fpr", False, True), ("fnr", True, False)):
            about, bad = int(cell[int(is_it)].sum()), int(cell[int(is_it), int(wrong)])
            effect = _effect(subject, factor, choice.low, positive, is_it)
            low, high = wilson(bad / effect, about / effect)
            rates |= {name: bad / about if about else None}
            rates |= {f"{name}_low": low if about else None, f"{name}_high": high if about else None}
        found.append(
            BinRates(
                column=factor.name,
                slice=Slice.of(choice.condition).text,
                negatives=int(cell[0].sum()),
                false_positives=int(cell[0, 1]),
                positives=int(cell[1].sum()),
                false_negatives=int(cell[1, 0]),
                **rates,
            )
        )
    return found


def _effect(subject: Subject, factor: Factor, code: int, positive: int | str, is_it: bool) -> float:
    """The design effect of the false positives, or negatives, among the rows of one code."""
    if subject.roles.group is None:
        return 1.0
    truth, prediction = subject.outcomes.truth, subject.outcomes.prediction
    assert truth is not None and prediction is not None
    about = (subject.codes(factor) == code) & (truth >= 0) & (prediction >= 0) & ((truth == positive) == is_it)
    return subject.effect((prediction == positive).astype(np.float64), about)


AUDIT = Audit("operating-points", _missing, _run, _derived)
