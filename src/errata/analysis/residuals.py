"""Kinds of error of a regression: bias over the range of predictions, uneven spread, tails, bias by factor.

An error is prediction − truth. Everything comes from counts and power sums in one pass: by bins of the prediction, by
fine bins of the error, by factor, and over all rows; with groups each of them by folds of whole groups.
docs/residuals.md states the formulae.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.distances import false_discovery
from errata.analysis.error_tails import Bins, quantile, tails
from errata.analysis.folds import (
    FOLD,
    POWERS,
    Floats,
    Known,
    Moments,
    dense,
    difference_of,
    mean_of,
    ratio_of_spreads,
)
from errata.analysis.heteroscedasticity import MONOMIALS, Line, column_of, spread_tests
from errata.analysis.tally import Axis, Counts, Tally
from errata.nouns.report import Estimate
from errata.nouns.residuals import BiasSlice, FactorSpread, PredictionBin, Residuals, SpreadTest

ERROR, ABSOLUTE, SAID = "@error", "@absolute", "@said"
FALSE_DISCOVERY_RATE = 0.05
MOST_BINS = 10
BIN_ROWS = 30
"""A bin of the curve holds about so many rows or more."""
MOST_EDGES = 2048
CODES = 256
LEAST_ROWS = 10
LEAST_FOLDS = 8
"""Fewer folds that hold groups do not bound anything."""

Asking = Generator[list[Tally], list[Counts], Residuals | str]


@dataclass(frozen=True, slots=True)
class Scale:
    """How e and p are standardised before they are raised to powers: (x − centre) / unit."""

    error: tuple[float, float]
    said: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Searched:
    """A factor: how its codes are counted, and its slices as (text, first code, last code)."""

    name: str
    axis: Axis
    choices: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``curve``: edges of the predictions; ``errors``, ``sizes``: fine edges of errors and of their sizes."""

    scale: Scale
    curve: tuple[float, ...]
    errors: tuple[float, ...]
    sizes: tuple[float, ...]
    factors: Sequence[Searched]
    grouped: bool
    min_rows: int
    seed: int = 0


def scale_of(values: NDArray[np.float64]) -> tuple[float, float]:
    """Centre and unit of the finite values."""
    centre = float(values.mean())
    # Squares of what is very small or very large would leave what a float holds.
    most = float(np.abs(values - centre).max())
    spread = most * float(((values - centre) / most).std()) if most > 0 else 0.0
    return centre, spread if spread > 0 else 1.0


def fine_edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Every value while there are few of them, else so many of their quantiles."""
    distinct = np.unique(values)
    if len(distinct) > MOST_EDGES:
        distinct = distinct[np.linspace(0, len(distinct) - 1, MOST_EDGES).astype(np.int64)]
    return tuple(distinct.tolist())


def curve_edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Inner edges of up to ten bins of equally many predictions."""
    bins = min(MOST_BINS, len(values) // BIN_ROWS)
    if bins < 2:
        return ()
    cuts = np.unique(np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf"))
    return tuple(cut for cut in cuts.tolist() if cut > values.min())


def residuals(asked: Asked) -> Asking:
    """Ask for the sums; return the kinds of error, or why there is nothing to say."""
    fold = (Axis(FOLD),) if asked.grouped else ()
    curve = Tally((Axis(SAID, edges=asked.curve), *fold), (*POWERS, column_of((0, 1))))
    whole = Tally(fold, tuple(column_of(one) for one in MONOMIALS))
    signed = Tally((Axis(ERROR, edges=asked.errors), *fold), POWERS)
    sizes = Tally((Axis(ABSOLUTE, edges=asked.sizes), *fold), ("@known", ABSOLUTE))
    by_factor = [Tally((one.axis, *fold), POWERS) for one in asked.factors]
    answers = yield [curve, whole, signed, sizes, *by_factor]
    return _concluded(asked, answers)


def _concluded(asked: Asked, answers: list[Counts]) -> Residuals | str:
    counts = dict(zip(("curve", "whole", "signed", "sizes"), answers[:4], strict=True))
    of_all = dense(counts["whole"], [], asked.grouped)
    rows = float(of_all[:, 0].sum())
    if rows < LEAST_ROWS:
        return f"{round(rows):,} rows with both a truth and a prediction are too few (at least {LEAST_ROWS})"
    notes = []
    held = int((of_all[:, 0] > 0).sum())
    if asked.grouped and held < LEAST_FOLDS:
        notes.append(f"rows of {held} groups: so few bound little, whatever is told")
    centre, unit = asked.scale.error
    sums = {one: of_all[:, at] for at, one in enumerate(MONOMIALS)}
    moments = Moments(np.stack([sums[power, 0] for power in range(5)], axis=1))
    bias = mean_of(moments)
    line = Line(sums)
    signed = _bins(dense(counts["signed"], [tuple(range(len(asked.errors) + 1))], asked.grouped))
    sizes = _bins(dense(counts["sizes"], [tuple(range(len(asked.sizes) + 1))], asked.grouped))
    middle = quantile(_raw(signed, asked.scale.error), 0.5)
    second = moments.central()[0]
    if second == 0:
        notes.append("every row has the same error")
    curve, bias_p = _curve(asked, dense(counts["curve"], [tuple(range(len(asked.curve) + 1))], asked.grouped))
    if not asked.curve:
        notes.append("no curve: too few rows, or one prediction only")
    told = tails(signed, sizes, asked.seed)
    if told is None:
        notes.append("no tails: fewer than 50 rows, or errors that do not vary")
    elif asked.grouped and held < LEAST_FOLDS:
        notes.append("intervals of tails draw whole groups, and these are too few to be drawn from")
    slices, spreads, tried = _by_factor(asked, answers[4:], moments)
    return Residuals(
        rows=round(rows),
        bias=_estimate(bias, centre, unit),
        median=Estimate(middle.value, middle.low, middle.high),
        mean_absolute=float((sizes.total * sizes.values).sum() / sizes.total.sum()),
        root_mean_square=math.sqrt(second * unit**2 + (centre + unit * bias.value) ** 2),
        slope=_slope(line, asked.scale),
        curve=curve,
        bias_p=bias_p,
        spread_tests=tuple(spread_tests(line)),
        spread_factors=tuple(spreads),
        tails=told,
        slices=tuple(slices),
        tried=tried,
        false_discovery_rate=FALSE_DISCOVERY_RATE,
        notes=tuple(notes),
    )


def _bins(sums: Floats) -> Bins:
    return Bins.of(sums[..., 0], sums[..., 1:])


def _raw(bins: Bins, scale: tuple[float, float]) -> Bins:
    """Bins of standardised errors in the unit of the truth."""
    return Bins(bins.rows, scale[0] + scale[1] * bins.means[:, :1])


def _estimate(known: Known, centre: float, unit: float) -> Estimate:
    half = known.half() * unit
    value = centre + unit * known.value
    return Estimate(value, value - half, value + half) if math.isfinite(half) else Estimate(value, None, None)


def _slope(line: Line, scale: Scale) -> Estimate:
    """The slope of the truth over the prediction: 1 less that of the error."""
    if line.flat:
        return Estimate(None, None, None)
    known = line.slope_known()
    unit = scale.error[1] / scale.said[1]
    value, half = 1 - unit * known.value, known.half() * unit
    return Estimate(value, value - half, value + half) if math.isfinite(half) else Estimate(value, None, None)


def _curve(asked: Asked, cells: Floats) -> tuple[tuple[PredictionBin, ...], float | None]:
    """Bias and spread by bin of the prediction; the band is Šidák's (1967) over the bins."""
    (centre, unit), (said, said_unit) = asked.scale.error, asked.scale.said
    held = [at for at in range(len(cells)) if cells[at, :, 0].sum() > 0]
    if len(held) < 2:
        return (), None
    alpha = 1 - 0.95 ** (1 / len(held))
    edges = (None, *asked.curve, None)
    made, p, ratios = [], [], []
    for at in held:
        moments = Moments(cells[at, :, :5])
        known = mean_of(moments)
        others = cells[[one for one in held if one != at], :, :5]
        ratio, inside = ratio_of_spreads(cells[[at], :, :5], others)
        p.append(known.p(-centre / unit))
        ratios.append(ratio)
        made.append((at, moments, known, math.sqrt(max(inside, moments.central()[0])) * unit))
    adjusted = iter(false_discovery([one.p() for one in ratios if one.freedom >= 1]))
    found = []
    for (at, moments, known, spread), ratio in zip(made, ratios, strict=True):
        half = known.half(alpha) * unit
        value = centre + unit * known.value
        told = _ratio(ratio)
        found.append(
            PredictionBin(
                low=edges[at],
                high=edges[at + 1],
                rows=round(moments.rows),
                prediction=said + said_unit * float(cells[at, :, 5].sum()) / moments.rows,
                bias=value,
                bias_low=value - half if math.isfinite(half) else None,
                bias_high=value + half if math.isfinite(half) else None,
                spread=spread,
                ratio=told[0],
                ratio_low=told[1],
                ratio_high=told[2],
                ratio_p_adjusted=next(adjusted) if ratio.freedom >= 1 else None,
            )
        )
    return tuple(found), 1 - (1 - min(p)) ** len(p)


def _ratio(known: Known) -> tuple[float | None, float | None, float | None]:
    half = known.half()
    if known.freedom < 1 or not math.isfinite(half):
        return None, None, None
    return math.exp(known.value), math.exp(known.value - half), math.exp(min(known.value + half, 700.0))


def _by_factor(
    asked: Asked, answers: Sequence[Counts], whole: Moments
) -> tuple[list[BiasSlice], list[FactorSpread], int]:
    centre, unit = asked.scale.error
    tested: list[tuple[str, Moments, Known, Known, Moments]] = []
    spreads: list[tuple[str, SpreadTest, str, Floats, Floats]] = []
    for factor, counts in zip(asked.factors, answers, strict=True):
        if counts.too_many is not None:
            continue
        cells = dense(counts, [tuple(range(CODES))], asked.grouped)
        for text, first, last in factor.choices:
            inside = Moments(cells[first : last + 1].sum(axis=0))
            rest = Moments(whole.by_fold - inside.by_fold)
            if inside.rows < asked.min_rows or rest.rows < asked.min_rows:
                continue
            tested.append((text, inside, mean_of(inside), difference_of(inside, rest), rest))
        spread = _spread_of(factor, cells, asked)
        if spread is not None:
            spreads.append(spread)
    adjusted = false_discovery([difference.p() for _, _, _, difference, _ in tested])
    slices = []
    for (text, inside, known, difference, rest), q in zip(tested, adjusted, strict=True):
        if q > FALSE_DISCOVERY_RATE:
            continue
        value, half, away = centre + unit * known.value, unit * known.half(), unit * difference.half()
        slices.append(
            BiasSlice(
                text,
                round(inside.rows),
                value,
                value - half,
                value + half,
                centre + unit * rest.mean,
                unit * difference.value,
                unit * difference.value - away,
                unit * difference.value + away,
                difference.p(),
                q,
            )
        )
    # Of a slice and all other rows, which say the same, the one that is biased more is told.
    slices.sort(key=lambda one: (-abs(one.bias), one.slice))
    told: dict[tuple[int, float], BiasSlice] = {}
    for one in slices:
        told.setdefault((min(one.rows, round(whole.rows) - one.rows), float(f"{abs(one.difference):.9g}")), one)
    slices = sorted(told.values(), key=lambda one: (-abs(one.difference) * one.rows, one.slice))
    return slices, _told_spreads(spreads, unit), len(tested)


def _spread_of(factor: Searched, cells: Floats, asked: Asked) -> tuple[str, SpreadTest, str, Floats, Floats] | None:
    """Koenker's test of squared errors over the factor's codes, each around its own mean; and the widest slice."""
    held = [at for at in range(CODES) if cells[at, :, 0].sum() >= 2]
    if len(held) < 2:
        return None
    each = [Moments(cells[at]) for at in held]
    n = np.array([one.rows for one in each])
    second = np.array([one.central()[0] for one in each])
    fourth = np.array([one.central()[2] for one in each])
    mean = float(n @ second / n.sum())
    whole = float(n @ fourth) - float(n.sum()) * mean**2
    if whole <= 0:
        return None
    # Rao and Scott's first-order correction: the mean design effect of the values' variances.
    effects = []
    for one, v, m4 in zip(each, second, fourth, strict=True):
        alone = (m4 - v**2) / one.rows
        grouped = float((one.squared_away() ** 2).sum()) if asked.grouped else alone
        effects.append(max(1.0, grouped / alone) if alone > 0 else 1.0)
    statistic = float(n.sum() * (n @ (second - mean) ** 2) / whole) / float(np.mean(effects))
    from scipy.special import chdtrc

    freedom = len(held) - 1
    test = SpreadTest("studentized", statistic, freedom, float(chdtrc(freedom, statistic)), statistic / float(n.sum()))
    named = [
        (text, at)
        for text, first, last in factor.choices
        if (at := _only(held, first, last)) is not None and cells[at, :, 0].sum() >= asked.min_rows
    ]
    if not named:
        return None
    text, at = max(named, key=lambda one: second[held.index(one[1])])
    return factor.name, test, text, cells[[at]], cells[[one for one in held if one != at]]


def _only(held: list[int], first: int, last: int) -> int | None:
    inside = [at for at in held if first <= at <= last]
    return inside[0] if len(inside) == 1 else None


def _told_spreads(spreads: Sequence[tuple[str, SpreadTest, str, Floats, Floats]], unit: float) -> list[FactorSpread]:
    adjusted = false_discovery([test.p for _, test, _, _, _ in spreads])
    found = []
    for (name, test, text, inside, outside), q in zip(spreads, adjusted, strict=True):
        if q > FALSE_DISCOVERY_RATE:
            continue
        known, variance = ratio_of_spreads(inside, outside)
        ratio, low, high = _ratio(known)
        if ratio is None or low is None or high is None:
            continue
        found.append(
            FactorSpread(
                name,
                test.statistic,
                test.freedom,
                test.p,
                q,
                text,
                round(float(inside[..., 0].sum())),
                math.sqrt(variance) * unit,
                ratio,
                low,
                high,
            )
        )
    return sorted(found, key=lambda one: (-one.ratio, one.factor))
