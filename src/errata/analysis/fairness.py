"""Gaps between named groups in error, FPR, FNR and calibration.

Each group is held against all other rows, and the highest against the lowest; docs/fairness.md states each figure,
``gaps`` the intervals. Rows that depend on each other are counted by fold: whole clusters fall into one of many folds,
and what the folds' rates vary beyond independent rows' is the design effect.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.gaps import Side, critical, family_level, gap, rows_for
from errata.analysis.levels import Levels, slice_text
from errata.analysis.tally import CONFIDENCE, FAILED, RIGHT, Axis, Counts, Label, Tally
from errata.core.units import count, plural
from errata.nouns.fairness import (
    CALIBRATION,
    ERROR,
    FNR,
    FPR,
    GAP,
    NO_EVIDENCE,
    TOO_FEW,
    FairColumn,
    Fairness,
    GroupGap,
    LeftOutGroup,
    MetricGaps,
    Spread,
)

IS, SAYS, FOLD = "@is positive", "@says positive", "@fold of many"
FOLDS = 256
BINS = 50
"""Squares of confidences are summed from so many bins, on the safe side by at most 1/10,000."""
VALUE_BY_VALUE = 12
"""A number of more values than this is cut into ranges, if it is a factor."""
LEAST_ROWS, LEAST_JOINT = 10, 30
"""Of a group in a metric's population; of a group of two columns in all."""
MOST_GROUPS = 50

Asking = Generator[list[Tally], list[Counts], Fairness]
Float = NDArray[np.float64]
Key = tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``sets`` of one or two columns. Which metrics can be told: ``judged`` says the error, ``classes`` FPR and FNR of
    ``positive``, ``confident`` calibration. ``folded``: rows depend on each other, and ``@fold`` says how."""

    sets: Sequence[tuple[Levels, ...]]
    judged: bool
    classes: bool
    confident: bool
    folded: bool
    positive: str | None
    precision: float
    min_rows: int
    seed: int


def fairness(asked: Asked) -> Asking:
    """Ask for the counts of every set of columns; return the gaps of those that can be compared."""
    fold = (Axis(FOLD),) if asked.folded else ()
    sure = Axis(CONFIDENCE, edges=(0.5,)) if asked.folded else Axis(CONFIDENCE, equal=(0.0, 1.0, BINS))
    tallies: list[Tally] = []
    for levels in asked.sets:
        axes = (*(one.axis for one in levels), *fold)
        tallies.append(Tally((*axes, Axis(FAILED))))
        if asked.classes:
            tallies.append(Tally((*axes, Axis(IS), Axis(SAYS))))
        if asked.confident:
            tallies.append(Tally((*axes, sure, Axis(RIGHT)), (CONFIDENCE,)))
    answers = iter((yield tallies))
    going: list[_Set] = []
    left_out: list[dict[str, str]] = []
    for levels in asked.sets:
        of_set = [next(answers) for _ in range(1 + asked.classes + asked.confident)]
        found = _read(asked, levels, of_set)
        if isinstance(found, str):
            left_out.append({"column": " × ".join(one.name for one in levels), "reason": found})
        else:
            going.append(found)
    families = sum(len(one.populations) for one in going)
    columns = tuple(_column(one, family_level(families), asked) for one in going)
    gaps = sum(
        len(metric.groups) + len(metric.groups) * (len(metric.groups) - 1) // 2
        for column in columns
        for metric in column.metrics
    )
    return Fairness(
        columns=columns,
        positive=asked.positive,
        precision=asked.precision,
        gaps=gaps,
        left_out=tuple(left_out),
    )


@dataclass(frozen=True, slots=True)
class _Population:
    """The rows of one metric by group and fold: how many, how many bad (of calibration, right), and sums of confidence.

    ``scatter``: without folds, Σ (confidence − right − mean)² by group, of calibration.
    """

    metric: str
    keys: list[Key]
    rows: Float
    bad: Float
    sure: Float | None = None
    scatter: Float | None = None


@dataclass(frozen=True, slots=True)
class _Set:
    levels: tuple[Levels, ...]
    kept: list[tuple[Key, str]]
    left_out: list[LeftOutGroup]
    populations: list[_Population]


def _read(asked: Asked, levels: tuple[Levels, ...], answers: Sequence[Counts]) -> _Set | str:
    """The populations of a set of columns, and which groups of it are compared; or why none is."""
    for counts in answers:
        if counts.too_many is not None:
            most = next(axis.most for axis in counts.tally.by if axis.column == counts.too_many)
            cut = "; as one of --factors it would be cut into ranges" if most == VALUE_BY_VALUE else ""
            return f"{counts.too_many} has more than {count(most)} distinct values{cut}"
    populations: list[_Population] = []
    if asked.judged:
        populations.append(_population(ERROR, answers[0], levels, asked.folded))
    if asked.classes:
        populations += [_population(metric, answers[1], levels, asked.folded) for metric in (FPR, FNR)]
    if asked.confident:
        populations.append(_population(CALIBRATION, answers[-1], levels, asked.folded))
    whole = _all_rows(answers[0], levels)
    if len(whole) < 2:
        return "one value only: nothing to compare it with" if whole else "no row"
    least = max(LEAST_JOINT, asked.min_rows) if len(levels) > 1 else LEAST_ROWS
    kept: list[tuple[Key, str]] = []
    left_out: list[LeftOutGroup] = []
    for key, rows in sorted(whole.items(), key=lambda item: -item[1]):
        text = slice_text(levels, key)
        if text is None:
            left_out.append(LeftOutGroup(" and ".join(map(repr, key))[:80], rows, "no slice can name it"))
        elif rows < least:
            left_out.append(LeftOutGroup(text, rows, f"{plural(rows, 'row')}, and {least} are the least"))
        elif len(kept) == MOST_GROUPS:
            left_out.append(LeftOutGroup(text, rows, f"only the {MOST_GROUPS} largest groups are compared"))
        else:
            kept.append((key, text))
    if not kept:
        return f"none of {plural(len(whole), 'group')} has {least} rows"
    # A population in which fewer than two groups have rows compares nothing.
    told = [one for one in populations if any(_enough(one, key) for key, _ in kept) and len(one.keys) > 1]
    if not told:
        return "no row has both a group and what is compared"
    return _Set(levels, kept, left_out, told)


def _all_rows(counts: Counts, levels: tuple[Levels, ...]) -> dict[Key, int]:
    keys, index = _grouped(counts, levels, np.ones(len(counts.rows), bool))
    return dict(zip(keys, np.bincount(index, counts.rows, len(keys)).astype(int).tolist(), strict=True))


def _grouped(
    counts: Counts, levels: tuple[Levels, ...], kept: NDArray[np.bool_]
) -> tuple[list[Key], NDArray[np.int64]]:
    width = len(levels)
    distinct, index = np.unique(counts.cells[kept][:, :width], axis=0, return_inverse=True)
    keys = [tuple(counts.labels[at][code] for at, code in enumerate(one)) for one in distinct.tolist()]
    return keys, index.reshape(-1).astype(np.int64)


def _labels(counts: Counts, axis: int) -> list[Label]:
    """The label of each cell on an axis."""
    names = counts.labels[axis]
    return [names[code] for code in counts.cells[:, axis].tolist()]


def _is(counts: Counts, axis: int, value: Label) -> NDArray[np.bool_]:
    names = np.array([label is value for label in counts.labels[axis]] or [False], bool)
    return names[counts.cells[:, axis]]


def _population(metric: str, counts: Counts, levels: tuple[Levels, ...], folded: bool) -> _Population:
    last = len(counts.tally.by) - 1
    if metric == ERROR:
        kept, bad = ~_is(counts, last, None), _is(counts, last, True)
    elif metric == CALIBRATION:
        kept, bad = ~_is(counts, last - 1, None) & ~_is(counts, last, None), _is(counts, last, True)
    else:
        kept = _is(counts, last - 1, metric == FNR) & ~_is(counts, last, None)
        bad = _is(counts, last, metric == FPR)
    keys, index = _grouped(counts, levels, kept)
    bad = bad[kept]
    fold, folds = np.zeros(len(index), np.int64), 1
    if folded:
        fold, folds = counts.cells[kept][:, len(levels)], len(counts.labels[len(levels)])
    where, cells = index * folds + fold, len(keys) * folds

    def summed(values: Float) -> Float:
        return np.bincount(where, values, cells).reshape(len(keys), folds).astype(np.float64)

    rows = counts.rows[kept].astype(np.float64)
    of_rows, of_bad = summed(rows), summed(rows * bad)
    if metric != CALIBRATION:
        return _Population(metric, keys, of_rows, of_bad)
    sums = counts.sums[kept][:, 0]
    sure = summed(sums)
    if folded:
        return _Population(metric, keys, of_rows, of_bad, sure)
    # Within a bin [a, b] the sum of squares is at most (a + b) · sum − a · b · rows.
    bins = np.array([0 if one is None else one for one in _labels(counts, last - 1)], np.float64)[kept]
    low = np.clip(bins, 0, BINS - 1) / BINS
    squares = (2 * low + 1 / BINS) * sums - low * (low + 1 / BINS) * rows
    apart = summed(squares - 2 * sums * bad + rows * bad)[:, 0]
    n = of_rows[:, 0]
    mean = (sure[:, 0] - of_bad[:, 0]) / np.maximum(n, 1)
    return _Population(metric, keys, of_rows, of_bad, sure, np.maximum(apart - n * mean**2, 0.0))


def _enough(population: _Population, key: Key) -> bool:
    return key in population.keys and _rows(population, key) >= LEAST_ROWS


def _rows(population: _Population, key: Key) -> int:
    return int(population.rows[population.keys.index(key)].sum()) if key in population.keys else 0


def _between(rows: Float, bad: Float, sure: Float | None) -> tuple[float, float]:
    """Of one group by fold: how much the sum varies between folds, and how much of independent rows it would."""
    n, k = rows.sum(), bad.sum()
    held = rows > 0
    many = int(held.sum())
    if many < 2:
        return 0.0, 0.0
    apart = bad if sure is None else sure - bad
    scatter = many / (many - 1) * float(((apart - apart.sum() / n * rows)[held] ** 2).sum())
    return scatter, float(k * (n - k) / n)


def _pooled(population: _Population, folded: bool) -> float:
    """The design effect of all groups together."""
    if folded:
        both = [
            _between(population.rows[at], population.bad[at], None if population.sure is None else population.sure[at])
            for at in range(len(population.keys))
        ]
        whole = sum(one for _, one in both)
        return max(1.0, sum(one for one, _ in both) / whole) if whole > 0 else 1.0
    if population.scatter is None:
        return 1.0
    n, k = population.rows[:, 0], population.bad[:, 0]
    whole = float((k * (n - k) / np.maximum(n, 1)).sum())
    return max(1.0, float(population.scatter.sum()) / whole) if whole > 0 else 1.0


def _side(population: _Population, at: NDArray[np.bool_], pooled: float, folded: bool) -> Side:
    """What is known of the groups at ``at`` together."""
    rows, bad = population.rows[at].sum(axis=0), population.bad[at].sum(axis=0)
    sure = None if population.sure is None else population.sure[at].sum(axis=0)
    n, k = float(rows.sum()), float(bad.sum())
    confidence = None if sure is None else float(sure.sum()) / n
    effect, clusters = pooled, None
    if folded:
        clusters = int((rows > 0).sum())
        scatter, alone = _between(rows, bad, sure)
        effect = max(effect, scatter / alone) if alone > 0 else effect
    elif population.scatter is not None and 0 < k < n:
        effect = max(effect, float(population.scatter[at].sum()) / (k * (n - k) / n))
    return Side(n, k, min(effect, n), clusters, confidence)


def _column(one: _Set, level: float, asked: Asked) -> FairColumn:
    left_out = list(one.left_out)
    metrics = []
    for number, population in enumerate(one.populations):
        compared = []
        for key, text in one.kept:
            if _enough(population, key):
                compared.append((key, text))
            else:
                rows = _rows(population, key)
                why = f"{plural(rows, 'row')}, and {LEAST_ROWS} are the least"
                left_out.append(LeftOutGroup(text, rows, why, population.metric))
        metrics.append(_metric(population, compared, level, asked, number))
    return FairColumn(tuple(levels.name for levels in one.levels), tuple(metrics), tuple(left_out))


def _metric(
    population: _Population, compared: list[tuple[Key, str]], level: float, asked: Asked, number: int
) -> MetricGaps:
    pooled = _pooled(population, asked.folded)
    place = {key: at for at, key in enumerate(population.keys)}
    single = np.eye(len(place), dtype=bool)
    inside = [single[place[key]] for key, _ in compared]
    sides = [_side(population, at, pooled, asked.folded) for at in inside]
    other = ~np.logical_or.reduce(inside)
    others = _side(population, other, pooled, asked.folded) if population.rows[other].sum() > 0 else None
    z = critical(sides, others, level, asked.seed + number)
    groups = []
    for (_, text), at, side in zip(compared, inside, sides, strict=True):
        rest = _side(population, ~at, pooled, asked.folded)
        groups.append(_gap(population.metric, text, side, rest, z, asked.precision))
    groups.sort(key=lambda found: (found.verdict != GAP, not found.worse, -abs(found.gap)))
    spread = None
    if len(sides) > 1:
        order = sorted(range(len(sides)), key=lambda at: sides[at].value)
        low, high = order[0], order[-1]
        spread = Spread(
            compared[high][1],
            compared[low][1],
            *_verdict(sides[high], sides[low], z, asked.precision, min(sides[high].rows, sides[low].rows)),
        )
    return MetricGaps(population.metric, tuple(groups), spread, z)


def _verdict(
    one: Side, other: Side, z: float, precision: float, size: float
) -> tuple[float, float, float, str, int | None]:
    """The gap, its limits, what they say, and of ``size`` rows how many more it takes to say it."""
    value, low, high = gap(one, other, z)
    if low > 0 or high < 0:
        return value, low, high, GAP, None
    if (high - low) / 2 <= precision:
        return value, low, high, NO_EVIDENCE, None
    more = math.ceil((rows_for(one, other, z, precision) - 1) * size)
    return value, low, high, TOO_FEW, more


def _gap(metric: str, text: str, side: Side, rest: Side, z: float, precision: float) -> GroupGap:
    value, low, high, verdict, more = _verdict(side, rest, z, precision, side.rows)
    calibration = metric == CALIBRATION
    return GroupGap(
        slice=text,
        rows=round(side.rows),
        bad=round(side.rows - side.bad if calibration else side.bad),
        value=side.value,
        low=side.pointwise()[0],
        high=side.pointwise()[1],
        rest=rest.value,
        gap=value,
        gap_low=low,
        gap_high=high,
        verdict=verdict,
        worse=abs(side.value) > abs(rest.value) if calibration else value > 0,
        more=more,
    )
