"""``analyze --only calibration``: whether a confidence of 0.8 is right 80 times in 100, and where it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.calibration import calibration, ece_of_bins
from errata.analysis.confident import FALSE_DISCOVERY_RATE, Cell, confident
from errata.analysis.draw import Draw
from errata.analysis.figures import grouped_effect
from errata.analysis.reliability import FINE, Binned, brier_of
from errata.analysis.tally import CONFIDENCE, RIGHT, Axis, Counts, Tally
from errata.analysis.temperature import fitted, log_loss, tempered
from errata.core.columns import dictionary, floats
from errata.nouns.calibration import Calibration, ClassCalibration, SliceCalibration, Temperature
from errata.nouns.report import Estimate
from errata.nouns.slice import Slice
from errata.tasks.pairing import group_numbers
from errata.tasks.reserved import Reserved, Squared
from errata.tasks.scores import in_unit_interval
from errata.verbs.audits import Asking, Audit, Impossible
from errata.verbs.class_scores import ClassScore, class_columns, class_scores, why_none
from errata.verbs.metrics import dense_groups
from errata.verbs.subject import Subject
from errata.verbs.view import axis_of, labels_of

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.factors.encode import Factor

SQUARED = "@squared"
DRAWN = 100_000
MOST_SCORES = 5_000_000
"""So many scores (rows × classes) are drawn at most to fit a temperature."""
LEAST_DRAWN = 20
UNIT = (0.0, 1.0, FINE)


def _missing(subject: Subject) -> str | None:
    if not subject.is_classification:
        return "it needs classes, with --truth and --prediction"
    return None if subject.has_confidence else "no scores: --score COLUMN, or --scores 'p_*'"


def _derived(subject: Subject) -> Mapping[str, Reserved]:
    return class_columns(subject) | {SQUARED: Squared(CONFIDENCE, RIGHT)}


def _run(subject: Subject) -> Asking:
    classes = class_scores(subject)
    by_class = [Tally((Axis(one.score, equal=UNIT), Axis(one.true)), (one.score, one.squared)) for one in classes]
    by_factor = [
        Tally((axis_of(factor), Axis(RIGHT), Axis(CONFIDENCE, equal=(0.0, 1.0, 1))), (CONFIDENCE,))
        for factor in subject.factors
    ]
    whole = Tally((Axis(CONFIDENCE, equal=UNIT), Axis(RIGHT)), (CONFIDENCE, SQUARED))
    *answers, drawn = yield [whole, *by_class, *by_factor, _draw(subject)]
    _check_range(subject, answers[0])
    fine = Binned.of(answers[0])
    if not fine.total:
        raise Impossible("no row has both a confidence and a truth")
    wide, massed = fine.equal_width(), fine.equal_mass()
    of_classes = [
        found
        for one, counts in zip(classes, answers[1 : 1 + len(classes)], strict=True)
        if (found := _of_class(one, counts)) is not None
    ]
    slices, tried = _slices(subject, answers[1 + len(classes) :], fine)
    temperature, notes = _temperature(subject, drawn.table)
    if not of_classes:
        notes = (f"no calibration by class: {why_none(subject)}", *notes)
    effect = _effect_in_bin(subject) if subject.roles.group is not None else None
    return Calibration(
        rows=int(fine.total),
        confidence=float(fine.score.sum() / fine.total),
        accuracy=float(fine.true.sum() / fine.total),
        ece=_ece_of(subject, fine),
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


def _check_range(subject: Subject, counts: Counts) -> None:
    """Raise ValueFault for a confidence outside [0, 1], which was counted beyond the bins."""
    if {-1, FINE} & set(counts.labels[0]):
        columns = [subject.roles.score] if subject.roles.score else subject.score_columns or []
        for name in columns:
            in_unit_interval(subject.source, name)


def _ece_of(subject: Subject, fine: Binned) -> Estimate:
    if subject.roles.group is None:
        rows, true, score, squared = fine.by_width()
        return ece_of_bins(rows, true, score, squared, subject.options.seed)
    confidence, right, groups = _rows_of(subject)
    return calibration(np.minimum(confidence, 1.0), right, groups, seed=subject.options.seed)[0]


def _rows_of(subject: Subject) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Confidence, whether right, and the group, of each row that has the first two: of rows that depend on others."""
    known = _known(subject)
    assert subject.confidence is not None
    groups = dense_groups(subject.groups, known)
    assert groups is not None
    return subject.confidence[known], _right(subject)[known], groups


def _known(subject: Subject) -> NDArray[np.int64]:
    truth, prediction = subject.outcomes.truth, subject.outcomes.prediction
    assert truth is not None and prediction is not None and subject.confidence is not None
    return np.flatnonzero(~np.isnan(subject.confidence) & (truth >= 0) & (prediction >= 0))


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


def _effect_in_bin(subject: Subject) -> Callable[[float, float], float]:
    confidence, right, groups = _rows_of(subject)
    at = np.minimum((confidence * FINE).astype(np.int64), FINE - 1)

    def effect(low: float, high: float) -> float:
        return grouped_effect(right.astype(np.float64), groups, (at >= round(low * FINE)) & (at < round(high * FINE)))

    return effect


def _slices(subject: Subject, answers: list[Counts], fine: Binned) -> tuple[list[SliceCalibration], int]:
    cells = []
    for factor, counts in zip(subject.factors, answers, strict=True):
        rows, sums = counts.dense([labels_of(factor), (False, True), (0, 1)])
        by_code, right = rows.sum(axis=(1, 2)), rows[:, 1].sum(axis=1)
        confidence = sums[..., 0].sum(axis=(1, 2))
        for choice in factor.choices:
            codes = slice(choice.low, choice.high + 1)
            inside = int(by_code[codes].sum())
            if inside < subject.min_rows or inside == fine.total:
                continue
            effect = _effect_in(subject, factor, choice.low, choice.high)
            text = Slice.of(choice.condition).text
            cells.append(Cell(text, inside, float(confidence[codes].sum()), int(right[codes].sum()), effect))
    found = confident(cells, int(fine.total), float(fine.score.sum()), int(fine.true.sum()))
    return found, len(cells)


def _effect_in(subject: Subject, factor: Factor, low: int, high: int) -> float:
    if subject.roles.group is None:
        return 1.0
    assert subject.confidence is not None
    known, codes = _known(subject), subject.codes(factor)
    inside = known[(codes[known] >= low) & (codes[known] <= high)]
    gap = subject.confidence[inside] - _right(subject)[inside]
    assert subject.groups is not None
    return grouped_effect(gap, subject.groups[inside], np.ones(len(inside), bool))


def _draw(subject: Subject) -> Draw:
    """What a temperature is fitted on."""
    roles = subject.roles
    assert roles.truth is not None and roles.prediction is not None
    scores = subject.score_columns or ()
    groups = () if roles.group is None else (roles.group,)
    columns = dict.fromkeys([roles.truth, roles.prediction, CONFIDENCE, *scores, *groups])
    return Draw(tuple(columns), min(DRAWN, MOST_SCORES // max(len(scores), 2)), subject.options.seed)


def _temperature(subject: Subject, drawn: pa.Table) -> tuple[Temperature | None, tuple[str, ...]]:
    """Fitted on one half of a draw, judged on the other; groups are never split."""
    scores, truth, said = _drawn_scores(subject, drawn)
    known = np.flatnonzero((truth >= 0) & (said >= 0) & ~np.isnan(floats(drawn.column(CONFIDENCE))))
    generator = np.random.default_rng([subject.options.seed, 5])
    if subject.roles.group is None:
        first = np.zeros(len(known), bool)
        first[generator.permutation(len(known))[: len(known) // 2]] = True
    else:
        groups = group_numbers(drawn.column(subject.roles.group))
        first = (generator.random(int(groups.max(initial=0)) + 1) < 0.5)[groups[known]]
    scores, truth, said = scores[known], truth[known], said[known]
    whole = ~np.isnan(scores).any(axis=1)
    scores, truth, said, first = scores[whole], truth[whole], said[whole], first[whole]
    right = truth == said
    if min(first.sum(), (~first).sum()) < LEAST_DRAWN:
        return None, (f"no temperature: fewer than {2 * LEAST_DRAWN} rows with scores, or one group",)
    if right[first].all() or not right[first].any():
        return None, ("no temperature: every prediction is right, or every one is wrong",)
    notes: tuple[str, ...] = ()
    if subject.score_columns is None:
        notes = ("the temperature is of the confidence against its complement: there are no scores by class",)
    temperature = fitted(scores[first], truth[first])
    before, after = scores[~first], tempered(scores[~first], temperature)
    judged, at = right[~first], np.arange(len(before))
    rest = truth[~first]
    return Temperature(
        temperature=temperature,
        method="scores" if subject.score_columns is not None else "confidence",
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
    subject: Subject, drawn: pa.Table
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Scores, the true class and the predicted class of the drawn rows, as positions in the scores; −1 if missing."""
    assert subject.roles.truth is not None and subject.roles.prediction is not None
    truth, said = (_positions(drawn.column(name), subject) for name in (subject.roles.truth, subject.roles.prediction))
    if subject.score_columns is not None:
        return np.column_stack([floats(drawn.column(name)) for name in subject.score_columns]), truth, said
    confidence = np.minimum(floats(drawn.column(CONFIDENCE)), 1.0)
    gone = (truth < 0) | (said < 0)
    wrong = np.where(gone, -1, truth != said)
    return np.column_stack([confidence, 1 - confidence]), wrong, np.where(gone, -1, 0)


def _positions(column: pa.ChunkedArray, subject: Subject) -> NDArray[np.int64]:
    values, index = dictionary(column)
    place: dict[Any, int] = {label: at for at, label in enumerate(subject.labels)}
    positions = np.array([*(place.get(value, -1) for value in values), -1], np.int64)
    return positions[index]


AUDIT = Audit("calibration", _missing, _run, _derived)
