"""Intervals of rates and of their differences.

- Wilson's score interval (Wilson 1927) for a rate, and Newcombe's hybrid score interval (Newcombe 1998, method 10) for
  the difference of two independent rates; both take the normal deviate, so that the same formula serves pointwise and
  simultaneous bounds.
- Clopper and Pearson's exact bounds (1934), one-sided, for gates.
- Dependent rows: the variance of a rate between groups (the linearised ratio estimator, Cochran 1977 §11.8, which is
  the delete-one-group jackknife to first order) gives a design effect, and the interval is that of rows / effect rows.

Counts need not be whole: an effective number of rows is a fraction.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The two-sided 95 % normal deviate."""


def wilson(failed: float, rows: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval for a rate of ``failed`` in ``rows``; (0, 1) without rows."""
    if rows <= 0:
        return 0.0, 1.0
    p = failed / rows
    square = z * z / rows
    centre = (p + square / 2) / (1 + square)
    half = z * math.sqrt(p * (1 - p) / rows + square / (4 * rows)) / (1 + square)
    return (0.0 if failed <= 0 else max(0.0, centre - half)), (1.0 if failed >= rows else min(1.0, centre + half))


def newcombe(failed: float, rows: float, rest_failed: float, rest_rows: float, z: float = Z95) -> tuple[float, float]:
    """Newcombe's interval for the rate of the slice minus the rate of the rest; (-1, 1) where either has no rows."""
    if rows <= 0 or rest_rows <= 0:
        return -1.0, 1.0
    p, q = failed / rows, rest_failed / rest_rows
    p_low, p_high = wilson(failed, rows, z)
    q_low, q_high = wilson(rest_failed, rest_rows, z)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return low, high


def clopper_pearson_low(failed: float, rows: float, alpha: float = 0.05) -> float:
    """The exact one-sided lower bound of a rate at confidence 1 − alpha."""
    from scipy.special import betaincinv

    return 0.0 if failed <= 0 or rows <= 0 else float(betaincinv(failed, rows - failed + 1, alpha))


def clopper_pearson_high(failed: float, rows: float, alpha: float = 0.05) -> float:
    """The exact one-sided upper bound of a rate at confidence 1 − alpha."""
    from scipy.special import betaincinv

    return 1.0 if rows <= 0 or failed >= rows else float(betaincinv(failed + 1, rows - failed, 1 - alpha))


def mean_interval(mean: float, variance: float, rows: float, z: float = Z95) -> tuple[float, float]:
    """The normal interval of a mean of ``rows`` values with this variance; unbounded below two rows."""
    if rows < 2:
        return -math.inf, math.inf
    half = z * math.sqrt(variance / rows)
    return mean - half, mean + half


def share_interval(values: NDArray[np.float64], drawn: float) -> tuple[float, float]:
    """The 95 % interval of a mean of values in [0, 1], each a share of what was drawn for it.

    Wilson's for as many rows as would have the variance that the values show (at most ``drawn``, all draws), widened by
    Student's t for few values.
    """
    from scipy.special import stdtrit

    count, mean = len(values), float(values.mean())
    spread = float(values.var(ddof=1)) / count
    rows = float(count) if mean in (0.0, 1.0) else mean * (1 - mean) / spread if spread > 0 else drawn
    few = float(stdtrit(count - 1, 0.975)) / Z95
    rows = min(max(rows, count - 1.0), max(drawn, float(count))) / few**2
    return wilson(mean * rows, rows)


def design_effect(values: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """How many times larger the variance of the mean of ``values`` is because rows of a group depend on each other.

    ``groups`` are dense codes (0 … G − 1), one per value. Never below 1: an interval does not gain from rows that
    happen to balance each other. With no variation, or one group, the effect is the mean group size: only groups count.
    """
    n = len(values)
    if n == 0:
        return 1.0
    sizes = np.bincount(groups)
    sums = np.bincount(groups, weights=values, minlength=len(sizes))
    sizes, sums = sizes[sizes > 0], sums[sizes > 0]
    count = len(sizes)
    mean = float(values.mean())
    variance = float(values.var())
    if count < 2 or variance == 0:
        return n / count
    between = count / (count - 1) * float(((sums - mean * sizes) ** 2).sum()) / n**2
    return max(1.0, between / (variance / n))
