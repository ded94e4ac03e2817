"""``analyze --only calibration``: whether a confidence of 0.8 is right 80 times in 100, and where it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.calibration import calibration
from errata.analysis.confident import FALSE_DISCOVERY_RATE, Cell, confident
from errata.analysis.figures import grouped_effect
from errata.analysis.reliability import FINE, Binned, brier_of
from errata.analysis.tally import CONFIDENCE, RIGHT, Axis, Counts, Tally
from errata.analysis.temperature import fitted, log_loss, tempered
from errata.nouns.calibration import Calibration, ClassCalibration, SliceCalibration, Temperature
from errata.nouns.slice import Slice
from errata.tasks.scores import by_label, in_unit_interval, score_columns
from errata.verbs.audits import FACTOR, Asking, Audit, Derived, Impossible, Subject
from errata.verbs.class_scores import ClassScore, class_columns, class_scores, why_none
from errata.verbs.metrics import dense_groups

if TYPE_CHECKING:
    from errata.factors.encode import Factor
    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source

SQUARED = "@squared"
DRAWN = 100_000
MOST_SCORES = 5_000_000
"""So many scores (rows × classes) are drawn at most to fit a temperature."""
LEAST_DRAWN = 20
UNIT = (0.0, 1.0, FINE)


def _missing(source: Source, outcomes: Outcomes) -> str | None:
    if outcomes.truth is None or outcomes.prediction is None:
        return "it needs classes, with --truth and --prediction"
    if outcomes.roles.score is None and not score_columns(source, outcomes.roles.scores):
        return "no scores: --score COLUMN, or --scores 'p_*'"
    return None


def _derived(subject: Subject) -> Mapping[str, Derived]:
    import pyarrow as pa

    confidence, right = subject.confidence, _right(subject)
    if confidence is None:
        return {}
    squared = Derived(lambda _, rows: pa.array((confidence[rows] - right[rows]) ** 2))
    return class_columns(subject) | {SQUARED: squared}


def _run(subject: Subject) -> Asking:
    confidence = subject.confidence
    if confidence is None:
        raise Impossible("no scores")
    known = np.flatnonzero(~np.isnan(confidence) & _judged(subject))
    if not len(known):
        raise Impossible("no row has both a confidence and a truth")
    classes = class_scores(subject)
    by_class = [Tally((Axis(one.score, equal=UNIT), Axis(one.true)), (one.score, one.squared)) for one in classes]
    by_factor = [
        Tally((Axis(FACTOR + factor.name), Axis(RIGHT), Axis(CONFIDENCE, equal=(0.0, 1.0, 1))), (CONFIDENCE,))
        for factor in subject.factors
    ]
    whole = Tally((Axis(CONFIDENCE, equal=UNIT), Axis(RIGHT)), (CONFIDENCE, SQUARED))
    answers = yield [whole, *by_class, *by_factor]
    fine = Binned.of(answers[0])
    wide, massed = fine.equal_width(), fine.equal_mass()
    of_classes = [
        found
        for one, counts in zip(classes, answers[1 : 1 + len(classes)], strict=True)
        if (found := _of_class(one, counts)) is not None
    ]
    slices, tried = _slices(subject, known, answers[1 + len(classes) :], fine)
    temperature, notes = _temperature(subject, known)
    if not of_classes:
        notes = (f"no calibration by class: {why_none(subject.source, subject.outcomes)}", *notes)
    right = _right(subject)
    effect = _effect_in_bin(subject, known) if subject.groups is not None else None
    return Calibration(
        rows=int(fine.total),
        confidence=float(fine.score.sum() / fine.total),
        accuracy=float(fine.true.sum() / fine.total),
        ece=calibration(
            np.minimum(confidence[known], 1.0),
            right[known],
            dense_groups(subject.groups, known),
            seed=subject.options.seed,
        )[0],
        ece_adaptive=massed.ece(),
        mce=wide.mce(),
        ece_classwise=sum(one.ece for one in of_classes) / len(of_classes) if of_classes else None,
        brier=brier_of(wide),
        reliability=wide.curve(effect),
        adaptive=massed.curve(effect),
        classes=tuple(of_classes),
        slices=tuple(slices),
        tried=tried,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        temperature=temperature,
        notes=notes,
    )


def _judged(subject: Subject) -> NDArray[np.bool_]:
    truth, prediction = subject.outcomes.truth, subject.outcomes.prediction
    assert truth is not None and prediction is not None
    return np.asarray((truth >= 0) & (prediction >= 0))


def _right(subject: Subject) -> NDArray[np.bool_]:
    truth, prediction = subject.outcomes.truth, subject.outcomes.prediction
    assert truth is not None and prediction is not None
    return np.asarray(truth == prediction)


def _of_class(one: ClassScore, counts: Counts) -> ClassCalibration | None:
    fine = Binned.of(counts)
    if not fine.total:
        return None
    wide = fine.equal_width()
    return ClassCalibration(
        label=one.label,
        rows=int(fine.total),
        positives=int(fine.true.sum()),
        ece=wide.ece(),
        ece_adaptive=fine.equal_mass().ece(),
        mce=wide.mce(),
        brier=brier_of(wide),
    )


def _effect_in_bin(subject: Subject, known: NDArray[np.int64]) -> Callable[[float, float], float]:
    confidence, right = subject.confidence, _right(subject)[known].astype(np.float64)
    assert confidence is not None
    groups = dense_groups(subject.groups, known)
    at = np.minimum((confidence[known] * FINE).astype(np.int64), FINE - 1)

    def effect(low: float, high: float) -> float:
        return grouped_effect(right, groups, (at >= round(low * FINE)) & (at < round(high * FINE)))

    return effect


def _slices(
    subject: Subject, known: NDArray[np.int64], answers: list[Counts], fine: Binned
) -> tuple[list[SliceCalibration], int]:
    cells = []
    for factor, counts in zip(subject.factors, answers, strict=True):
        rows, sums = counts.dense([tuple(range(256)), (False, True), (0, 1)])
        by_code, right = rows.sum(axis=(1, 2)), rows[:, 1].sum(axis=1)
        confidence = sums[..., 0].sum(axis=(1, 2))
        for choice in factor.choices:
            codes = slice(choice.low, choice.high + 1)
            inside = int(by_code[codes].sum())
            if inside < subject.min_rows or inside == fine.total:
                continue
            effect = _effect_in(subject, known, factor, choice.low, choice.high)
            text = Slice.of(choice.condition).text
            cells.append(Cell(text, inside, float(confidence[codes].sum()), int(right[codes].sum()), effect))
    found = confident(cells, int(fine.total), float(fine.score.sum()), int(fine.true.sum()))
    return found, len(cells)


def _effect_in(subject: Subject, known: NDArray[np.int64], factor: Factor, low: int, high: int) -> float:
    if subject.groups is None:
        return 1.0
    assert subject.confidence is not None
    inside = known[(factor.codes[known] >= low) & (factor.codes[known] <= high)]
    gap = subject.confidence[inside] - _right(subject)[inside]
    return grouped_effect(gap, subject.groups[inside], np.ones(len(inside), bool))


def _temperature(subject: Subject, known: NDArray[np.int64]) -> tuple[Temperature | None, tuple[str, ...]]:
    """Fitted on one half of a draw, judged on the other; groups are never split."""
    columns = by_label(subject.source, subject.outcomes)
    most = min(DRAWN, MOST_SCORES // max(len(columns or ()), 2))
    generator = np.random.default_rng([subject.options.seed, 5])
    drawn = known if len(known) <= most else np.sort(generator.choice(known, most, replace=False))
    if subject.groups is None:
        first = np.zeros(len(drawn), bool)
        first[generator.permutation(len(drawn))[: len(drawn) // 2]] = True
    else:
        first = (generator.random(int(subject.groups.max()) + 1) < 0.5)[subject.groups[drawn]]
    scores, truth, said = _drawn_scores(subject, drawn, columns)
    whole = ~np.isnan(scores).any(axis=1)
    scores, truth, said, first = scores[whole], truth[whole], said[whole], first[whole]
    right = truth == said
    if min(first.sum(), (~first).sum()) < LEAST_DRAWN:
        return None, (f"no temperature: fewer than {2 * LEAST_DRAWN} rows with scores, or one group",)
    if right[first].all() or not right[first].any():
        return None, ("no temperature: every prediction is right, or every one is wrong",)
    notes: tuple[str, ...] = ()
    if columns is None:
        notes = ("the temperature is of the confidence against its complement: there are no scores by class",)
    temperature = fitted(scores[first], truth[first])
    before, after = scores[~first], tempered(scores[~first], temperature)
    judged, at = right[~first], np.arange(len(before))
    rest = truth[~first]
    return Temperature(
        temperature=temperature,
        method="scores" if columns is not None else "confidence",
        rows=int(first.sum()),
        held_out=len(before),
        ece_before=_ece(before[at, said[~first]], judged),
        ece_after=_ece(after[at, said[~first]], judged),
        nll_before=log_loss(before, rest),
        nll_after=log_loss(after, rest),
    ), notes


def _ece(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    value = calibration(np.clip(confidence, 0.0, 1.0), right)[0].value
    assert value is not None
    return value


def _drawn_scores(
    subject: Subject, drawn: NDArray[np.int64], columns: list[str] | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Scores, the true class and the predicted class of the drawn rows, as positions in the scores."""
    assert subject.outcomes.truth is not None and subject.outcomes.prediction is not None
    if columns is not None:
        scores = np.column_stack([in_unit_interval(subject.source, name)[drawn] for name in columns])
        return (
            scores,
            subject.outcomes.truth[drawn].astype(np.int64),
            subject.outcomes.prediction[drawn].astype(np.int64),
        )
    assert subject.confidence is not None
    confidence = np.minimum(subject.confidence[drawn], 1.0)
    right = _right(subject)[drawn]
    return np.column_stack([confidence, 1 - confidence]), (~right).astype(np.int64), np.zeros(len(drawn), np.int64)


AUDIT = Audit("calibration", _missing, _run, _derived)
