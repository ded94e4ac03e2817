"""What a gate knows about a rate, a mean, or the difference of two: bounds and p-values, one-sided.

- a rate: exact bounds (Clopper and Pearson 1934);
- the difference of two rates on the same samples: the score interval of paired proportions (Tango 1998);
- the difference of two rates on different samples: the hybrid score interval (Newcombe 1998, method 10);
- a mean, and the difference of two, paired or not: Student's t (Welch 1947 when not paired).

Dependent rows: a rate on n rows in G groups counts as one on ``effective_rows`` independent rows, which is the method
of Korn and Graubard (1998): the variance between groups gives a design effect, never taken below 1, and the ratio of t
quantiles with n − 1 and G − 1 degrees of freedom pays for estimating it. Means take their error from the groups. For
paired rates this keeps its level where few rows differ and few groups hold them; the plain t interval does not.

``low(alpha)`` and ``high(alpha)`` each hold with confidence 1 − alpha; both together with 1 − 2 alpha.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import clopper_pearson_high, clopper_pearson_low, design_effect, newcombe

ALPHA = 0.05
_STEPS = 80
_LARGEST_DEVIATE = 38.0


class Evidence(Protocol):
    """What is known about one number."""

    @property
    def estimate(self) -> float:
        """The number as observed."""

    def low(self, alpha: float = ALPHA) -> float:
        """The lower bound at confidence 1 − alpha."""

    def high(self, alpha: float = ALPHA) -> float:
        """The upper bound at confidence 1 − alpha."""

    def p_above(self, edge: float) -> float:
        """The p-value against "the number is at most ``edge``"."""

    def p_below(self, edge: float) -> float:
        """The p-value against "the number is at least ``edge``"."""

    def scaled(self, factor: float) -> Evidence:
        """What would be known from ``factor`` times the samples with the same rates."""


@dataclass(frozen=True, slots=True)
class Share:
    """A rate in [0, 1], as if observed on ``rows`` independent rows (fractions of a row are fine)."""

    estimate: float
    rows: float

    def low(self, alpha: float = ALPHA) -> float:
        """Clopper and Pearson's lower bound."""
        return clopper_pearson_low(self.estimate * self.rows, self.rows, alpha)

    def high(self, alpha: float = ALPHA) -> float:
        """Clopper and Pearson's upper bound."""
        return clopper_pearson_high(self.estimate * self.rows, self.rows, alpha)

    def p_above(self, edge: float) -> float:
        """The binomial probability of at least as many at the rate ``edge``."""
        from scipy.special import betainc

        count = self.estimate * self.rows
        return 1.0 if count <= 0 or edge >= 1 else float(betainc(count, self.rows - count + 1, max(edge, 0.0)))

    def p_below(self, edge: float) -> float:
        """The binomial probability of at most as many at the rate ``edge``."""
        from scipy.special import betaincc

        count = self.estimate * self.rows
        if self.rows <= 0 or count >= self.rows or edge <= 0:
            return 1.0
        return float(betaincc(count + 1, self.rows - count, min(edge, 1.0)))

    def scaled(self, factor: float) -> Share:
        """The same rate on ``factor`` times the rows."""
        return Share(self.estimate, self.rows * factor)


@dataclass(frozen=True, slots=True)
class PairedShares:
    """The difference of two rates on the same ``pairs``.

    ``worse`` of them count in the first alone, ``better`` in the second alone.
    """

    worse: float
    better: float
    pairs: float

    @property
    def estimate(self) -> float:
        """First rate minus second; 0 without pairs."""
        return (self.worse - self.better) / self.pairs if self.pairs > 0 else 0.0

    def score(self, difference: float) -> float:
        """Tango's statistic: how many standard errors the data lie above this difference."""
        worse, better, pairs = self.worse, self.better, self.pairs
        a = 2 * pairs
        b = -worse - better + (a - worse + better) * difference
        c = -better * difference * (1 - difference)
        share = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
        variance = pairs * (2 * share + difference * (1 - difference))
        distance = worse - better - pairs * difference
        if variance <= 1e-12 * pairs:
            return 0.0 if abs(distance) <= 1e-9 * pairs else math.copysign(math.inf, distance)
        return distance / math.sqrt(variance)

    def low(self, alpha: float = ALPHA) -> float:
        """The smallest difference that the score test at alpha does not refuse."""
        return _crossing(lambda difference: self.score(difference) - _deviate(alpha)) if self.pairs > 0 else -1.0

    def high(self, alpha: float = ALPHA) -> float:
        """The largest difference that the score test at alpha does not refuse."""
        return _crossing(lambda difference: self.score(difference) + _deviate(alpha)) if self.pairs > 0 else 1.0

    def p_above(self, edge: float) -> float:
        """The score test's p-value."""
        return _tail(self.score(edge)) if self.pairs > 0 and -1 <= edge < 1 else 1.0

    def p_below(self, edge: float) -> float:
        """The score test's p-value."""
        return _tail(-self.score(edge)) if self.pairs > 0 and -1 < edge <= 1 else 1.0

    def scaled(self, factor: float) -> PairedShares:
        """The same shares of ``factor`` times the pairs."""
        return PairedShares(self.worse * factor, self.better * factor, self.pairs * factor)


@dataclass(frozen=True, slots=True)
class TwoShares:
    """The difference ``first`` − ``second`` of two rates on different samples."""

    first: Share
    second: Share

    @property
    def estimate(self) -> float:
        """First rate minus second."""
        return self.first.estimate - self.second.estimate

    def _at(self, deviate: float) -> tuple[float, float]:
        one, two = self.first, self.second
        return newcombe(one.estimate * one.rows, one.rows, two.estimate * two.rows, two.rows, deviate)

    def low(self, alpha: float = ALPHA) -> float:
        """Newcombe's lower limit."""
        return self._at(_deviate(alpha))[0]

    def high(self, alpha: float = ALPHA) -> float:
        """Newcombe's upper limit."""
        return self._at(_deviate(alpha))[1]

    def p_above(self, edge: float) -> float:
        """The alpha at which the lower limit would touch ``edge``; 0.5 or more when the estimate is not above it."""
        if self.estimate <= edge:
            return 1.0
        return _tail(_crossing(lambda z: self._at(z)[0] - edge, 0.0, _LARGEST_DEVIATE))

    def p_below(self, edge: float) -> float:
        """The alpha at which the upper limit would touch ``edge``."""
        if self.estimate >= edge:
            return 1.0
        return _tail(_crossing(lambda z: edge - self._at(z)[1], 0.0, _LARGEST_DEVIATE))

    def scaled(self, factor: float) -> TwoShares:
        """Both rates on ``factor`` times their rows."""
        return TwoShares(self.first.scaled(factor), self.second.scaled(factor))


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, or a difference of means, with its standard error and degrees of freedom; ``freedom`` 0 says nothing."""

    estimate: float
    error: float
    freedom: float

    def low(self, alpha: float = ALPHA) -> float:
        """Student's lower bound."""
        return self.estimate - self._half(alpha)

    def high(self, alpha: float = ALPHA) -> float:
        """Student's upper bound."""
        return self.estimate + self._half(alpha)

    def _half(self, alpha: float) -> float:
        return _student(1 - alpha, self.freedom) * self.error if self.freedom > 0 and self.error > 0 else math.inf

    def p_above(self, edge: float) -> float:
        """Student's p-value."""
        from scipy.special import stdtr

        return float(stdtr(self.freedom, (edge - self.estimate) / self.error)) if self._half(ALPHA) < math.inf else 1.0

    def p_below(self, edge: float) -> float:
        """Student's p-value."""
        return Mean(-self.estimate, self.error, self.freedom).p_above(-edge)

    def scaled(self, factor: float) -> Mean:
        """The same spread among ``factor`` times the samples."""
        return Mean(self.estimate, self.error / math.sqrt(factor), (self.freedom + 1) * factor - 1)


@dataclass(frozen=True, slots=True)
class Constant:
    """A mean difference that was the same in every one of ``rows`` samples, between values of at most ``scale``.

    Where nothing varies there is no standard error; but at most a share 1 − alpha^(1/rows) of all samples can differ
    from what all ``rows`` showed, and none of them by more than ``scale``.
    """

    estimate: float
    scale: float
    rows: float

    def _half(self, alpha: float) -> float:
        return self.scale * clopper_pearson_high(0.0, self.rows, alpha)

    def low(self, alpha: float = ALPHA) -> float:
        """The lower bound if the samples that differ all do so downwards."""
        return self.estimate - self._half(alpha)

    def high(self, alpha: float = ALPHA) -> float:
        """The upper bound if the samples that differ all do so upwards."""
        return self.estimate + self._half(alpha)

    def p_above(self, edge: float) -> float:
        """The chance of seeing no other sample if the mean were ``edge``."""
        return 1.0 if self.estimate <= edge else max(1 - (self.estimate - edge) / self.scale, 0.0) ** self.rows

    def p_below(self, edge: float) -> float:
        """The chance of seeing no other sample if the mean were ``edge``."""
        return Constant(-self.estimate, self.scale, self.rows).p_above(-edge)

    def scaled(self, factor: float) -> Constant:
        """The same in ``factor`` times the samples."""
        return Constant(self.estimate, self.scale, self.rows * factor)


def effective_rows(values: NDArray[np.float64], groups: NDArray[np.int64] | None) -> float:
    """As how many independent rows these count; all of them without ``groups``, none when there is one group only.

    ``groups`` are codes, one per value, equal where rows depend on each other. Where the values do not vary, only
    groups count.
    """
    rows = len(values)
    if groups is None or rows == 0:
        return float(rows)
    codes = np.unique(groups, return_inverse=True)[1]
    many = int(codes.max()) + 1
    if many < 2:
        return 0.0
    if float(values.min()) == float(values.max()):
        return float(many)
    effect = design_effect(values, codes)
    paid = _student(1 - ALPHA, rows - 1) / _student(1 - ALPHA, many - 1)
    return rows / effect * paid * paid


def share(values: NDArray[np.float64], groups: NDArray[np.int64] | None) -> Share:
    """The rate among ``values`` (0 or 1, at least one)."""
    return Share(float(values.mean()), effective_rows(values, groups))


def paired_shares(
    first: NDArray[np.float64], second: NDArray[np.float64], groups: NDArray[np.int64] | None
) -> PairedShares:
    """The difference of the rates of two columns of 0 and 1 over the same samples."""
    rows = len(first)
    worse = int(((first == 1) & (second == 0)).sum())
    better = int(((first == 0) & (second == 1)).sum())
    scale = effective_rows(first - second, groups) / rows
    return PairedShares(worse * scale, better * scale, rows * scale)


def mean(values: NDArray[np.float64], groups: NDArray[np.int64] | None) -> Mean:
    """The mean of ``values`` (at least one), its error from the rows, or from the groups where there are any."""
    rows = len(values)
    average = float(values.mean())
    if groups is None:
        spread = float(values.std(ddof=1)) / math.sqrt(rows) if rows > 1 else 0.0
        return Mean(average, spread, rows - 1)
    codes = np.unique(groups, return_inverse=True)[1]
    many = int(codes.max()) + 1
    if many < 2:
        return Mean(average, 0.0, 0)
    # The linearised ratio estimator (Cochran 1977, 11.8), which is the jackknife over groups to first order.
    away = np.bincount(codes, weights=values - average)
    return Mean(average, math.sqrt(many / (many - 1) * float((away**2).sum())) / rows, many - 1)


def paired_means(
    first: NDArray[np.float64], second: NDArray[np.float64], groups: NDArray[np.int64] | None
) -> Mean | Constant:
    """The difference of the means of two columns over the same samples (at least one)."""
    difference = first - second
    scale = float(max(np.abs(first).max(), np.abs(second).max()))
    if scale > 0 and float(difference.min()) == float(difference.max()):
        return Constant(float(difference[0]), scale, effective_rows(difference, groups))
    return mean(difference, groups)


def two_means(first: Mean, second: Mean) -> Mean:
    """The difference of two independent means, with Welch's degrees of freedom."""
    one, two = first.error**2, second.error**2
    if first.freedom <= 0 or second.freedom <= 0 or one + two == 0:
        return Mean(first.estimate - second.estimate, 0.0, 0)
    freedom = (one + two) ** 2 / (one**2 / first.freedom + two**2 / second.freedom)
    return Mean(first.estimate - second.estimate, math.sqrt(one + two), freedom)


def _crossing(falling: Callable[[float], float], low: float = -1.0, high: float = 1.0) -> float:
    """Where a function that falls from ``low`` to ``high`` goes through zero; the nearer end when it does not."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _deviate(alpha: float) -> float:
    from scipy.special import ndtri

    return -float(ndtri(alpha))


def _tail(deviate: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(-deviate))


def _student(probability: float, freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))
