"""Means, their differences and spreads from sums over folds of whole groups.

Rows that depend on each other never lie in two folds, so the variance between folds is that of the estimate (random
groups; Wolter 2007, ch. 2), by the linearised estimators of Cochran 1977 §11.8, with a degree of freedom for each fold
but one. It is never taken below the variance of independent rows. Without groups all rows stand in one fold, and the
variance is theirs. All arrays are (folds,) or (folds, cells) float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLD = "@fold of 64"
FOLDS = 64
"""So many folds bound the degrees of freedom, and the cells to be counted."""
POWERS = ("@known", "@e1", "@e2", "@e3", "@e4")
"""How many values, and the sums of their first four powers."""


@dataclass(frozen=True, slots=True)
class Known:
    """An estimate with its standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float

    def half(self, alpha: float = 0.05) -> float:
        """Half of the two-sided interval at 1 − alpha (Student's t); infinite where nothing bounds it."""
        from scipy.special import stdtrit

        if self.freedom < 1:
            return math.inf
        return float(stdtrit(self.freedom, 1 - alpha / 2)) * self.error

    def p(self, against: float = 0.0) -> float:
        """Two-sided p-value."""
        from scipy.special import stdtr

        if self.freedom < 1:
            return 1.0
        away = abs(self.value - against)
        if self.error == 0:
            return 1.0 if away == 0 else 0.0
        return float(2 * stdtr(self.freedom, -away / self.error))


@dataclass(frozen=True, slots=True)
class Moments:
    """Power sums by fold, (folds, 5): how many values and Σ e, Σ e², Σ e³, Σ e⁴."""

    by_fold: Floats

    @property
    def total(self) -> Floats:
        """Over all folds, (5,)."""
        total: Floats = self.by_fold.sum(axis=0)
        return total

    @property
    def rows(self) -> float:
        """How many values."""
        return float(self.total[0])

    @property
    def mean(self) -> float:
        """The mean; 0 without values."""
        return float(self.total[1] / self.total[0]) if self.total[0] else 0.0

    def central(self) -> tuple[float, float, float]:
        """The second, third and fourth central moments (denominator n)."""
        n, *sums = self.total
        if not n:
            return 0.0, 0.0, 0.0
        a, b, c, d = (float(one / n) for one in sums)
        second = max(0.0, b - a * a)
        third = c - 3 * a * b + 2 * a**3
        fourth = max(0.0, d - 4 * a * c + 6 * a * a * b - 3 * a**4)
        return second, third, max(fourth, second**2)

    def away(self) -> Floats:
        """By fold, Σ (e − mean) / n."""
        away: Floats = (self.by_fold[:, 1] - self.mean * self.by_fold[:, 0]) / max(self.rows, 1.0)
        return away

    def squared_away(self) -> Floats:
        """By fold, Σ ((e − mean)² − variance) / n."""
        n, first, second = self.by_fold[:, 0], self.by_fold[:, 1], self.by_fold[:, 2]
        mean = self.mean
        found: Floats = (second - 2 * mean * first + (mean**2 - self.central()[0]) * n) / max(self.rows, 1.0)
        return found


def between(away: Floats) -> tuple[float, int]:
    """The variance of Σ away over folds that hold something, and how many they are."""
    held = away[away != 0]
    folds = len(held)
    if folds < 2:
        return 0.0, folds
    return folds / (folds - 1) * float((held**2).sum()), folds


def mean_of(moments: Moments) -> Known:
    """The mean with its standard error."""
    n = moments.rows
    if n < 2:
        return Known(moments.mean, 0.0, 0)
    alone = moments.central()[0] / (n - 1)
    if len(moments.by_fold) == 1:
        return Known(moments.mean, math.sqrt(alone), n - 1)
    held = int((moments.by_fold[:, 0] > 0).sum())
    grouped = between(moments.away())[0]
    return Known(moments.mean, math.sqrt(max(alone, grouped)), min(held - 1, n - 1))


def difference_of(one: Moments, other: Moments) -> Known:
    """The mean of one less that of the other: Welch's, or from the folds that both stand in."""
    first, second = mean_of(one), mean_of(other)
    value = first.value - second.value
    if first.freedom < 1 or second.freedom < 1:
        return Known(value, 0.0, 0)
    if len(one.by_fold) == 1:
        a, b = first.error**2, second.error**2
        if a + b == 0:
            return Known(value, 0.0, first.freedom + second.freedom)
        return Known(value, math.sqrt(a + b), (a + b) ** 2 / (a**2 / first.freedom + b**2 / second.freedom))
    alone = one.central()[0] / (one.rows - 1) + other.central()[0] / (other.rows - 1)
    # A fold that stands in one of the two alone has its say there alone.
    grouped = between(one.away() - other.away())[0]
    held = int(((one.by_fold[:, 0] > 0) | (other.by_fold[:, 0] > 0)).sum())
    return Known(value, math.sqrt(max(alone, grouped)), held - 1)


def log_spread_of(cells: Floats) -> tuple[float, float, Floats]:
    """Of cells of moments, (cells, folds, 5), each around its own mean: the pooled variance within them, the sampling
    variance of log(variance)/2 of independent rows (from the fourth moment), and by fold its linearised parts."""
    rows = squares = spread = 0.0
    parts = np.zeros(cells.shape[1])
    for cell in cells:
        one = Moments(cell)
        second, _, fourth = one.central()
        rows += one.rows
        squares += one.rows * second
        spread += one.rows * (fourth - second**2)
        parts += one.rows * one.squared_away()
    if rows == 0 or squares == 0:
        return 0.0, math.inf, parts
    within = squares / rows
    # Within a cell the parts are around its own variance; around the pooled one they keep what differs between folds.
    return within, spread / squares**2 / 4, parts / squares / 2


def ratio_of_spreads(inside: Floats, outside: Floats) -> tuple[Known, float]:
    """log of the standard deviation inside over that outside, both (cells, folds, 5), and the variance inside."""
    one, its, own = log_spread_of(inside)
    two, other, theirs = log_spread_of(outside)
    if one == 0 or two == 0:
        return Known(0.0, 0.0, 0), one
    variance = its + other
    freedom = float(inside[..., 0].sum()) - 1
    if inside.shape[1] > 1:
        variance = max(variance, between(own - theirs)[0])
        freedom = min(freedom, int((inside[..., 0].sum(axis=0) + outside[..., 0].sum(axis=0) > 0).sum()) - 1)
    return Known(math.log(one / two) / 2, math.sqrt(variance), freedom), one


def dense(counts: Any, labels: list[tuple[Any, ...]], grouped: bool) -> Floats:
    """The sums of a tally at these labels, folds last but one (one fold where rows are not grouped)."""
    if not grouped:
        sums = counts.dense(labels)[1] if labels else counts.sums.sum(axis=0)
        return np.asarray(sums)[..., None, :]
    return np.asarray(counts.dense([*labels, tuple(range(FOLDS))])[1])
