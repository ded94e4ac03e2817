"""The gap between training rows and held-out rows: its interval, where it is largest, and what mix explains of it.

The gap is holdout − train. Of error rates its interval is Newcombe's (1998, method 10) and p is of the score test with
the pooled rate; of losses both are Welch's. With groups, rows are divided by the design effect between folds of whole
groups. In a slice the gap is held against that of all other rows: the difference of two differences of independent
rates, normal, with half a failure and half a pass added to each of the four; p is adjusted over the slices (Benjamini
and Hochberg 1995). What mix explains is Kitagawa's (``attribution``), by one factor, with Bonferroni's bound over the
factors, for the one that explains most is told.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from errata.analysis.attribution import split
from errata.analysis.distances import false_discovery
from errata.analysis.folds import FOLD, FOLDS, Floats, Known, Moments, between, difference_of, mean_of
from errata.analysis.intervals import Z95, newcombe, wilson
from errata.analysis.residuals import CODES, Searched
from errata.analysis.tally import FAILED, LOSS, Axis, Counts, Label, Tally
from errata.nouns.holdout import EASIER, NO_EVIDENCE, WORSE, GapSlice, Holdout, MixPart, SideRate
from errata.nouns.report import Estimate

SIDE, SQUARED_LOSS = "@side", "@loss squared"
TRAIN, HOLDOUT = "train", "holdout"
SIDES = (TRAIN, HOLDOUT)
FALSE_DISCOVERY_RATE = 0.05
LEAST_ROWS = 20
"""A slice is tried where it has so many rows on both sides, and leaves as many."""

Asking = Generator[list[Tally], list[Counts], Holdout | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``column`` tells the sides apart (``@side`` says which is which); ``values`` by side, as people write them."""

    column: str
    values: dict[str, tuple[str, ...]]
    guessed: bool
    metric: str
    factors: Sequence[Searched]
    grouped: bool


def holdout(asked: Asked) -> Asking:
    """Ask for the counts by side; return the gap, or why there is none to tell."""
    outcome = (Axis(FAILED),) if asked.metric == "error" else ()
    sums = (LOSS, SQUARED_LOSS) if asked.metric == "loss" else ()
    if asked.metric == "loss":
        outcome = (Axis(LOSS, edges=(0.0,)),)  # only whether it is known
    fold = (Axis(FOLD),) if asked.grouped else ()
    whole = Tally((Axis(SIDE), *outcome, *fold), sums)
    parts = Tally((Axis(asked.column), Axis(SIDE), *outcome), sums)
    by_factor = [Tally((one.axis, Axis(SIDE), *outcome, *fold), sums) for one in asked.factors]
    answers = yield [whole, parts, *by_factor]
    cells = _cells(answers[0], [SIDES], asked)
    sides = dict(zip(SIDES, (Moments(cells[at]) for at in range(2)), strict=True))
    for name, side in sides.items():
        if side.rows < 2:
            return f"{'no row' if side.rows < 1 else 'one row'} of {name} has a known outcome"
    gap, p = _gap(sides[HOLDOUT], sides[TRAIN], asked.metric)
    slices, tried = _slices(asked, answers[2:], sides)
    return Holdout(
        column=asked.column,
        metric=asked.metric,
        guessed=asked.guessed,
        train=_side(TRAIN, asked.values[TRAIN], sides[TRAIN], answers[0], asked.metric),
        holdout=_side(HOLDOUT, asked.values[HOLDOUT], sides[HOLDOUT], answers[0], asked.metric),
        parts=_parts(answers[1], asked),
        gap=gap,
        p=p,
        verdict=_verdict(gap),
        mix=_mix(asked, answers[2:], sides) if asked.metric == "error" else None,
        slices=slices,
        tried=tried,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
    )


def _cells(counts: Counts, labels: list[tuple[Label, ...]], asked: Asked) -> Floats:
    """Power sums of the failures or losses at these labels: (…, folds, 5)."""
    error = asked.metric == "error"
    outcome: tuple[Label, ...] = (False, True) if error else (0, 1)
    folds: list[tuple[Label, ...]] = [tuple(range(FOLDS))] if asked.grouped else []
    rows, sums = counts.dense([*labels, outcome, *folds])
    if not asked.grouped:
        rows, sums = rows[..., None], sums[..., None, :]
    known = rows.sum(axis=-2).astype(np.float64)
    if error:
        failed = rows[..., 1, :].astype(np.float64)
        return np.stack([known, failed, failed, failed, failed], axis=-1)
    summed = sums.sum(axis=-3)
    return np.stack([known, summed[..., 0], summed[..., 1], 0 * known, 0 * known], axis=-1)


def effect_of(moments: Moments) -> float:
    """The design effect of the mean, with Student's t for the folds; 1 without groups."""
    if len(moments.by_fold) == 1 or moments.rows < 2:
        return 1.0
    from scipy.special import stdtrit

    variance, folds = between(moments.away())
    alone = moments.central()[0] / moments.rows
    few = (float(stdtrit(max(folds - 1, 1), 0.975)) / Z95) ** 2
    return min(max(1.0, variance / alone if alone > 0 else 1.0) * few, moments.rows)


def _rate(moments: Moments, metric: str) -> Estimate:
    if metric == "error":
        effect = effect_of(moments)
        return Estimate(moments.mean, *wilson(moments.total[1] / effect, moments.rows / effect))
    return _estimate(mean_of(moments))


def _estimate(known: Known) -> Estimate:
    half = known.half()
    finite = math.isfinite(half)
    return Estimate(known.value, known.value - half if finite else None, known.value + half if finite else None)


def _gap(held: Moments, train: Moments, metric: str) -> tuple[Estimate, float]:
    if metric == "loss":
        known = difference_of(held, train)
        return _estimate(known), known.p()
    from scipy.special import ndtr

    (n, k), (m, o) = ((one.rows / effect_of(one), one.total[1] / effect_of(one)) for one in (held, train))
    pooled = (k + o) / (n + m)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    gap = held.mean - train.mean
    p = float(2 * ndtr(-abs(gap) / error)) if error > 0 else 1.0
    return Estimate(gap, *(float(end) for end in newcombe(k, n, o, m))), p


def _verdict(gap: Estimate) -> str:
    if gap.low is not None and gap.low > 0:
        return WORSE
    return EASIER if gap.high is not None and gap.high < 0 else NO_EVIDENCE


def _side(name: str, values: tuple[str, ...], moments: Moments, counts: Counts, metric: str) -> SideRate:
    at = counts.labels[0].index(name)
    rows = int(counts.rows[counts.cells[:, 0] == at].sum())
    failed = round(float(moments.total[1])) if metric == "error" else None
    return SideRate(name, values, rows, round(moments.rows), failed, _rate(moments, metric))


def _parts(counts: Counts, asked: Asked) -> tuple[SideRate, ...]:
    """Each value that holdout pools, if there are several; rows of each taken as independent."""
    if counts.too_many is not None or len(asked.values[HOLDOUT]) < 2:
        return ()
    found = []
    alone = Asked(
        column=asked.column, values=asked.values, guessed=asked.guessed, metric=asked.metric, factors=(), grouped=False
    )
    cells = _cells(counts, [counts.labels[0], (HOLDOUT,)], alone)[:, 0]
    for at, label in enumerate(counts.labels[0]):
        moments = Moments(cells[at])
        if moments.rows:
            mine = counts.cells[:, 0] == at
            failed = round(float(moments.total[1])) if asked.metric == "error" else None
            rows, known = int(counts.rows[mine].sum()), round(moments.rows)
            found.append(SideRate(HOLDOUT, (written(label),), rows, known, failed, _rate(moments, asked.metric)))
    return tuple(found)


def written(label: Label) -> str:
    """A value as text: ``true``, ``3``, ``test``."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def _slices(asked: Asked, answers: Sequence[Counts], sides: dict[str, Moments]) -> tuple[tuple[GapSlice, ...], int]:
    tested: list[tuple[str, dict[str, Moments], Known, float]] = []
    for factor, counts in zip(asked.factors, answers, strict=True):
        if counts.too_many is not None:
            continue
        cells = _cells(counts, [tuple(range(CODES)), SIDES], asked)
        for text, first, last in factor.choices:
            inside = {name: Moments(cells[first : last + 1, at].sum(axis=0)) for at, name in enumerate(SIDES)}
            rest = {name: Moments(sides[name].by_fold - inside[name].by_fold) for name in SIDES}
            if min(one.rows for one in (*inside.values(), *rest.values())) < LEAST_ROWS:
                continue
            beyond, rest_gap = _beyond(inside, rest, asked.metric)
            tested.append((text, inside, beyond, rest_gap))
    adjusted = false_discovery([known.p() for _, _, known, _ in tested])
    found = []
    for (text, inside, known, rest_gap), q in zip(tested, adjusted, strict=True):
        # Where it is smaller says the same of all other rows.
        if q > FALSE_DISCOVERY_RATE or known.value <= 0:
            continue
        gap, _ = _gap(inside[HOLDOUT], inside[TRAIN], asked.metric)
        found.append(
            GapSlice(
                text,
                round(inside[TRAIN].rows),
                round(inside[HOLDOUT].rows),
                _rate(inside[TRAIN], asked.metric),
                _rate(inside[HOLDOUT], asked.metric),
                gap,
                rest_gap,
                _estimate(known),
                known.p(),
                q,
            )
        )
    return tuple(sorted(found, key=lambda one: (-(one.beyond.value or 0.0), one.slice))), len(tested)


def _beyond(inside: dict[str, Moments], rest: dict[str, Moments], metric: str) -> tuple[Known, float]:
    """The gap inside less that of the rest, and the latter."""
    gap, other = inside[HOLDOUT].mean - inside[TRAIN].mean, rest[HOLDOUT].mean - rest[TRAIN].mean
    four = (inside[HOLDOUT], inside[TRAIN], rest[HOLDOUT], rest[TRAIN])
    variance = sum(_variance(one, metric) for one in four)
    if len(four[0].by_fold) == 1:
        freedom = min(one.rows for one in four) - 1 if metric == "loss" else 1e9
        return Known(gap - other, math.sqrt(variance), freedom), other
    away = four[0].away() - four[1].away() - four[2].away() + four[3].away()
    grouped, folds = between(away)
    return Known(gap - other, math.sqrt(max(variance, grouped)), folds - 1), other


def _variance(one: Moments, metric: str) -> float:
    if metric == "loss":
        return one.central()[0] / (one.rows - 1)
    rate = (one.total[1] + 0.5) / (one.rows + 1)
    return float(rate * (1 - rate) / one.rows)


def _mix(asked: Asked, answers: Sequence[Counts], sides: dict[str, Moments]) -> MixPart | None:
    """The factor by which other kinds of rows explain most of the gap, if that is beyond chance."""
    from scipy.special import ndtri

    effects = [effect_of(sides[name]) for name in SIDES]
    found = []
    for factor, counts in zip(asked.factors, answers, strict=True):
        if counts.too_many is not None:
            continue
        cells = _cells(counts, [tuple(range(CODES)), SIDES], asked).sum(axis=2)
        arguments = [cells[:, at, which] for at in range(2) for which in range(2)]
        found.append((factor.name, split(*arguments, *effects)))
    if not found:
        return None
    wider = float(-ndtri(0.025 / len(found))) / Z95
    name, one = max(found, key=lambda pair: (abs(pair[1].mix), pair[0]))
    half = (one.mix_high - one.mix) * wider
    if abs(one.mix) <= half:
        return None
    return MixPart(name, Estimate(one.mix, one.mix - half, one.mix + half), one.rate)
