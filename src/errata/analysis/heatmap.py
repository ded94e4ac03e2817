"""The failure rate over two factors, and where it is more than either factor by itself explains.

The standard is the additive logit model, in which odds of failing are a factor for the one value times a factor for the
other. It is fitted by iterative proportional fitting, as the log-linear model without three-way interaction (Bishop,
Fienberg and Holland 1975), which holds where cells are empty too. docs/heatmap.md states each formula.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis import distances
from errata.analysis.intervals import wilson
from errata.analysis.levels import Levels, slice_text
from errata.analysis.tally import FAILED, Axis, Counts, Label, Tally
from errata.core.units import count, plural
from errata.nouns.heatmap import HeatAxis, HeatCell, Heatmap

MOST_LEVELS = 30
FEW_ROWS = 20
FALSE_DISCOVERY_RATE = 0.05
MOST_LEVERAGE = 0.9
"""A cell that the fit follows further than this says nothing about itself."""
_STEPS, _CLOSE = 2_000, 1e-9

Asking = Generator[list[Tally], list[Counts], "Heatmap | str"]
Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """The additive model of a table: expected failures, its deviance and the degrees of freedom that are left.

    ``leverage``: of each cell, the share of its variance that the fit takes up, from 0 to 1; 1 where there is no row.
    """

    failed: Float
    deviance: float
    freedom: int
    leverage: Float


def heatmap(levels: Sequence[Levels], *, given: bool, effect: float = 1.0) -> Asking:
    """Ask for the failures over two factors: the two that are ``given``, else those of ``levels`` that say most.

    ``effect``: the design effect of rows that depend on each other. Returns the heatmap, or why there is none.
    """
    evidence: list[float | None] = [None, None]
    chosen = list(levels)
    left_out: list[dict[str, str]] = []
    if not given:
        answers = yield [Tally((one.axis, Axis(FAILED))) for one in levels]
        weighed = []
        for one, counts in zip(levels, answers, strict=True):
            if counts.too_many is not None:
                left_out.append({"column": one.name, "reason": f"more than {count(one.axis.most)} distinct values"})
                continue
            rows, failed, _ = _table(counts, 1)
            if len(rows) > MOST_LEVELS:
                reason = (
                    f"{count(len(rows))} values, more than a heatmap shows; --heatmap {one.name},… shows the largest"
                )
                left_out.append({"column": one.name, "reason": reason})
            elif len(rows) > 1:
                weighed.append((_evidence(rows, failed, effect), one))
        if len(weighed) < 2:
            return "fewer than two factors have values to tell apart"
        weighed.sort(key=lambda one: (-one[0], one[1].name))
        evidence = [z for z, _ in weighed[:2]]
        chosen = [one for _, one in weighed[:2]]
    (counts,) = yield [Tally((chosen[0].axis, chosen[1].axis, Axis(FAILED)))]
    if counts.too_many is not None:
        return f"{counts.too_many} has more than {count(chosen[0].axis.most)} distinct values"
    rows, failed, labels = _table(counts, 2)
    notes: list[str] = []
    for axis, one in enumerate(chosen):
        rows, failed, labels, note = _largest(rows, failed, labels, axis, one.name)
        notes += [note] if note else []
    if min(rows.shape) < 2:
        one = chosen[0] if rows.shape[0] < 2 else chosen[1]
        return f"{one.name} has one value only among the rows of known outcome" if rows.size else "no row"
    return _concluded(chosen, evidence, labels, rows, failed, effect, left_out, notes)


def _table(counts: Counts, axes: int) -> tuple[Float, Float, list[list[Label]]]:
    """Rows of known outcome and failures over the labels that have any, and those labels."""
    labels: list[list[Label]] = [list(counts.labels[at]) for at in range(axes)]
    by_outcome = counts.dense([*labels, [False, True]])[0].astype(np.float64)
    rows, failed = by_outcome.sum(axis=-1), by_outcome[..., 1]
    for axis in range(axes):
        held = rows.sum(axis=tuple(at for at in range(axes) if at != axis)) > 0
        rows, failed = np.compress(held, rows, axis), np.compress(held, failed, axis)
        labels[axis] = [label for label, keep in zip(labels[axis], held.tolist(), strict=True) if keep]
    return rows, failed, labels


def _largest(
    rows: Float, failed: Float, labels: list[list[Label]], axis: int, name: str
) -> tuple[Float, Float, list[list[Label]], str | None]:
    """No more values of a factor than can be shown: those with most rows, in their order."""
    if rows.shape[axis] <= MOST_LEVELS:
        return rows, failed, labels, None
    of = rows.sum(axis=1 - axis)
    kept = np.sort(np.argsort(-of, kind="stable")[:MOST_LEVELS])
    note = (
        f"the {MOST_LEVELS} most frequent of {plural(len(of), 'value')} of {name} are shown, with "
        f"{count(of[kept].sum())} of {count(of.sum())} rows"
    )
    labels = [[one[at] for at in kept.tolist()] if at_axis == axis else one for at_axis, one in enumerate(labels)]
    return np.take(rows, kept, axis), np.take(failed, kept, axis), labels, note


def _evidence(rows: Float, failed: Float, effect: float) -> float:
    """How much one factor says about failures: the deviance of its rates from one rate, as a normal deviate."""
    whole = float(failed.sum() / rows.sum())
    deviance = _deviance(rows, failed, rows * whole) / effect
    freedom = len(rows) - 1
    # Wilson and Hilferty (1931): factors of few and of many values stand on one scale.
    return (math.cbrt(deviance / freedom) - (1 - 2 / (9 * freedom))) / math.sqrt(2 / (9 * freedom))


def _deviance(rows: Float, failed: Float, expected: Float) -> float:
    """Twice the logarithm of the likelihood ratio, of binomial counts."""
    return 2 * (_information(failed, expected) + _information(rows - failed, rows - expected))


def _information(seen: Float, expected: Float) -> float:
    there = (seen > 0) & (expected > 0)
    return float((seen[there] * np.log(seen[there] / expected[there])).sum())


def additive(rows: Float, failed: Float) -> Fit:
    """The additive logit model of failures over two factors, both of at least one value that has rows."""
    both = np.stack([failed, rows - failed])
    fitted = np.stack([rows, rows]) / 2
    for _ in range(_STEPS):
        before = fitted.copy()
        for axis in (2, 1, 0):
            of = both.sum(axis=axis, keepdims=True)
            now = fitted.sum(axis=axis, keepdims=True)
            fitted = fitted * np.divide(of, now, out=np.zeros_like(of), where=now > 0)
        if float(np.abs(fitted - before).max(initial=0.0)) <= _CLOSE * max(1.0, float(rows.max())):
            break
    expected = np.clip(fitted[0], 0.0, rows)
    occupied = rows > 0
    design = np.concatenate(
        [np.eye(rows.shape[0])[np.nonzero(occupied)[0]], np.eye(rows.shape[1])[np.nonzero(occupied)[1]]], axis=1
    )
    freedom = int(occupied.sum()) - int(np.linalg.matrix_rank(design))
    weight = np.sqrt(expected * (1 - expected / np.maximum(rows, 1e-12)))[occupied]
    basis, sizes, _ = np.linalg.svd(design * weight[:, None], full_matrices=False)
    leverage = np.ones(rows.shape)
    leverage[occupied] = (basis[:, sizes > 1e-9 * max(float(sizes.max(initial=0.0)), 1e-300)] ** 2).sum(axis=1)
    return Fit(expected, max(0.0, _deviance(rows, failed, expected)), freedom, leverage)


def _tail(rows: float, failed: float, expected: float, leverage: float, effect: float) -> float:
    """Two-sided: twice the smaller exact binomial tail at the expected rate, as a deviate over √(1 − leverage).

    The fit follows the cell as far as its leverage goes: what is left over varies by so much less (Pregibon 1981).
    """
    from scipy.special import betainc, betaincc, ndtr, ndtri

    if leverage > MOST_LEVERAGE:
        return 1.0
    n, k, rate = rows / effect, failed / effect, min(max(expected / rows, 0.0), 1.0)
    above = 1.0 if k <= 0 else float(betainc(k, n - k + 1, rate))
    below = 1.0 if k >= n else float(betaincc(k + 1, n - k, rate))
    tail = min(above, below)
    return 1.0 if tail >= 0.5 else 2 * float(ndtr(float(ndtri(max(tail, 1e-300))) / math.sqrt(1 - leverage)))


def _values(levels: Levels, labels: list[Label]) -> tuple[str, ...]:
    """The labels as they stand beside an axis, each another."""
    found = [levels.short(label) for label in labels]
    return tuple(
        f"{text} (null)" if label is None and found.count(text) > 1 else text
        for label, text in zip(labels, found, strict=True)
    )


def _concluded(
    chosen: Sequence[Levels],
    evidence: Sequence[float | None],
    labels: list[list[Label]],
    rows: Float,
    failed: Float,
    effect: float,
    left_out: list[dict[str, str]],
    notes: list[str],
) -> Heatmap:
    fit = additive(rows, failed)
    occupied = [(a, b) for a in range(rows.shape[0]) for b in range(rows.shape[1]) if rows[a, b] > 0]
    p = distances.false_discovery(
        [
            _tail(float(rows[at]), float(failed[at]), float(fit.failed[at]), float(fit.leverage[at]), effect)
            for at in occupied
        ]
    )
    cells = []
    for (a, b), adjusted in zip(occupied, p, strict=True):
        n, k, expected = float(rows[a, b]), float(failed[a, b]), float(fit.failed[a, b])
        cells.append(
            HeatCell(
                a=a,
                b=b,
                slice=slice_text((chosen[0], chosen[1]), (labels[0][a], labels[1][b])),
                rows=round(n),
                failed=round(k),
                rate=k / n,
                low=wilson(k / effect, n / effect)[0],
                high=wilson(k / effect, n / effect)[1],
                expected=expected / n,
                excess=k - expected,
                p_adjusted=adjusted,
                beyond=adjusted <= FALSE_DISCOVERY_RATE,
                few=n < FEW_ROWS,
            )
        )
    axes = [HeatAxis(one.name, _values(one, own), z) for one, own, z in zip(chosen, labels, evidence, strict=True)]
    deviance = fit.deviance / effect
    return Heatmap(
        a=axes[0],
        b=axes[1],
        cells=tuple(cells),
        rows=round(float(rows.sum())),
        failed=round(float(failed.sum())),
        rate=float(failed.sum() / rows.sum()),
        deviance=deviance,
        freedom=fit.freedom,
        p=distances.chi_square_p(deviance, fit.freedom + 1),
        few_rows=FEW_ROWS,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        left_out=tuple(left_out),
        notes=tuple(notes),
    )
