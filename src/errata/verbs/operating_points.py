"""``analyze --only operating-points``: where to set the threshold, and what each choice costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect
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
from errata.analysis.tally import CONFIDENCE, FAILED, Axis, Counts, Tally
from errata.core.columns import dictionary, floats
from errata.core.errors import UsageError
from errata.nouns.operating_points import BinRates, ClassPoints, OperatingPoints
from errata.nouns.outcome import UNKNOWN
from errata.nouns.slice import Slice
from errata.tasks.classification import label_text, positive_label
from errata.verbs.audits import FACTOR, Asking, Audit, Derived, Subject
from errata.verbs.class_scores import ClassScore, class_columns, class_scores, why_none

if TYPE_CHECKING:
    from errata.factors.encode import Factor
    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source

GLANCE = 1 << 17
IS, SAYS = "@is positive", "@says positive"
Edges = tuple[float, ...]


def _missing(source: Source, outcomes: Outcomes) -> str | None:
    if outcomes.truth is None or outcomes.prediction is None:
        return "it needs classes, with --truth and --prediction"
    return None


def _derived(subject: Subject) -> Mapping[str, Derived]:
    columns = class_columns(subject)
    positive = _positive(subject)
    if isinstance(positive, int):
        assert subject.outcomes.truth is not None and subject.outcomes.prediction is not None
        columns[IS] = _flag(subject.outcomes.truth, positive)
        columns[SAYS] = _flag(subject.outcomes.prediction, positive)
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
    by_factor = [Tally((Axis(FACTOR + factor.name), Axis(IS), Axis(SAYS))) for factor in factors]
    answers = yield [*by_class, *by_confidence, *by_factor]
    of_classes = [
        found
        for one, cut, counts in zip(classes, edges, answers[: len(classes)], strict=True)
        if (found := _of_class(subject, one, Thresholds.of(counts, cut), costs)) is not None
    ]
    notes = [] if of_classes else [f"no thresholds by class: {why_none(subject.source, subject.outcomes)}"]
    if isinstance(positive, str):
        notes.append(f"no FPR and FNR by factor: {positive}")
    abstaining = None
    if confidence is None:
        notes.append("no abstention curve: no scores")
    else:
        known = (subject.outcomes.failed != UNKNOWN) & ~np.isnan(_confidence(subject))
        effect = grouped_effect((subject.outcomes.failed == 1).astype(np.float64), subject.groups, known)
        abstaining = abstention(answers[len(classes)], confidence, effect)
    rates = [
        one
        for factor, counts in zip(factors, answers[len(answers) - len(factors) :], strict=True)
        for one in _rates(subject, factor, counts)
    ]
    return OperatingPoints(
        classes=tuple(of_classes),
        positive=label_text(subject.outcomes.labels[positive]) if isinstance(positive, int) else None,
        rates=tuple(rates),
        abstention=abstaining,
        notes=tuple(notes),
    )


def _positive(subject: Subject) -> int | str:
    """The number of the positive class, or why there is none."""
    try:
        return positive_label(subject.outcomes)
    except UsageError:
        return "which class is positive? --positive CLASS"


def _flag(labels: NDArray[np.int32], number: int) -> Derived:
    import pyarrow as pa

    return Derived(lambda _, rows: pa.array(labels[rows] == number, mask=labels[rows] < 0))


def _confidence(subject: Subject) -> NDArray[np.float64]:
    assert subject.confidence is not None
    return subject.confidence


def _confidence_edges(subject: Subject) -> Edges | None:
    if subject.confidence is None or np.isnan(subject.confidence).all():
        return None
    step = max(1, len(subject.confidence) // GLANCE)
    seen, failed = subject.confidence[::step], subject.outcomes.failed[::step] == 1
    return score_edges(seen, seen[failed])


def _edges(subject: Subject, classes: tuple[ClassScore, ...], usual: float) -> list[Edges]:
    """Edges of each class's score from some of the rows: at quantiles of the class, and of the others."""
    truth = subject.outcomes.roles.truth
    assert truth is not None and subject.outcomes.truth is not None and subject.outcomes.prediction is not None
    columns = [one.column for one in classes if one.column is not None]
    if not columns:
        step = max(1, subject.source.rows // GLANCE)
        said, is_class = subject.outcomes.prediction[::step], subject.outcomes.truth[::step]
        scores = [
            np.where(said == one.number, _confidence(subject)[::step], 1 - _confidence(subject)[::step])
            for one in classes
        ]
    else:
        seen = subject.source.glance([truth, *columns], GLANCE)
        values, codes = dictionary(seen.column(truth))
        place: dict[Any, int] = {label: at for at, label in enumerate(subject.outcomes.labels)}
        is_class = np.array([*(place.get(value, -1) for value in values), -1], np.int32)[codes]
        scores = [floats(seen.column(name)) for name in columns]
    return [
        score_edges(score[is_class == one.number], score[is_class != one.number], also=(usual,))
        for one, score in zip(classes, scores, strict=True)
    ]


def _of_class(subject: Subject, one: ClassScore, found: Thresholds, costs: Mapping[str, float]) -> ClassPoints | None:
    if not found.positives:
        return None
    truth, prediction = subject.outcomes.truth, subject.outcomes.prediction
    assert truth is not None and prediction is not None
    # Dependence at any threshold is taken for that of the predictions.
    is_it, says_it = truth == one.number, prediction == one.number
    of_truth = grouped_effect(says_it.astype(np.float64), subject.groups, is_it)
    of_said = grouped_effect(is_it.astype(np.float64), subject.groups, says_it & (truth >= 0))
    wrong = (is_it != says_it).astype(np.float64)
    return ClassPoints(
        label=one.label,
        rows=int(found.rows),
        positives=int(found.positives),
        recall_at_precision=tuple(recall_at(found, target, of_truth) for target in PRECISIONS),
        precision_at_recall=tuple(precision_at(found, target, of_said) for target in RECALLS),
        cost=cheapest(found, costs["fp"], costs["fn"], grouped_effect(wrong, subject.groups, truth >= 0)),
    )


def _rates(subject: Subject, factor: Factor, counts: Counts) -> list[BinRates]:
    rows, _ = counts.dense([tuple(range(256)), (False, True), (False, True)])
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
            effect = _effect(subject, factor.codes == choice.low, positive, is_it)
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


def _effect(subject: Subject, inside: NDArray[np.bool_], positive: int | str, is_it: bool) -> float:
    """The design effect of the false positives, or negatives, among these rows."""
    if subject.groups is None:
        return 1.0
    truth, prediction = subject.outcomes.truth, subject.outcomes.prediction
    assert truth is not None and prediction is not None
    about = inside & (truth >= 0) & (prediction >= 0) & ((truth == positive) == is_it)
    return grouped_effect((prediction == positive).astype(np.float64), subject.groups, about)


AUDIT = Audit("operating-points", _missing, _run, _derived)
