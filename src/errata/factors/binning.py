"""Where a numeric factor is cut.

A factor of at most 12 distinct values is taken value by value. Any other is cut at its 10, 25, 50, 75 and 90 %
quantiles: failures live in the tails, so the cuts are denser there. A value that holds so many rows that two cuts fall
on it (the zeros of a zero-inflated column) gets a bin of its own, and the rest is cut at its own quantiles. Each cut is
then moved to the number of fewest digits between the quantiles one percent below and above it, so that a slice reads
``contrast < 0.4`` and the same cut comes out of another sample of the same traffic.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

CUTS = (0.10, 0.25, 0.50, 0.75, 0.90)
SLACK = 0.01
SMALLEST = 5e-324
MOST_DIGITS = 308
VALUE_BY_VALUE = 12
"""Up to this many distinct values a numeric factor is taken value by value."""


def cut_points(values: NDArray[np.float64]) -> list[float]:
    """The inner edges of ``values`` (no missing ones), rising; bins are [edge, next edge).

    Whole-numbered values get whole edges. Constant or empty values get none.
    """
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return []
    whole = bool((values == np.floor(values)).all())
    edges: set[float] = set()
    remaining = values
    for _ in range(3):
        if len(remaining) == 0:
            break
        at = np.quantile(remaining, CUTS, method="lower")
        heavy = [float(a) for a, b in pairwise(at) if a == b]
        if not heavy:
            edges.update(_quantile_cuts(remaining, whole))
            break
        mass = heavy[0]
        edges.add(_cut_at(mass, remaining, whole))
        above = remaining[remaining > mass]
        if len(above):
            edges.add(fewest_digits(mass, float(above.min()), whole))
        remaining = remaining[remaining != mass]
    smallest = float(values.min())
    rising = sorted(edge for edge in edges if edge > smallest)
    if len(remaining) < len(values):
        # Cuts around such a value and those of the rest may leave nothing between them.
        rows = np.bincount(np.searchsorted(rising, values, side="right"), minlength=len(rising) + 1)
        rising = [edge for edge, below in zip(rising, rows, strict=False) if below]
    return rising


def _quantile_cuts(values: NDArray[np.float64], whole: bool) -> list[float]:
    around = np.quantile(values, [q + s for q in CUTS for s in (-SLACK, SLACK)], method="lower")
    return [
        fewest_digits(float(low), float(high), whole) if high > low else _cut_at(float(high), values, whole)
        for low, high in zip(around[::2], around[1::2], strict=True)
    ]


def _cut_at(value: float, values: NDArray[np.float64], whole: bool) -> float:
    """The shortest edge that has ``value`` above it and every smaller value below it."""
    below = values[values < value]
    return fewest_digits(float(below.max()), value, whole) if len(below) else value


def fewest_digits(low: float, high: float, whole: bool = False) -> float:
    """The number of fewest decimal digits in (low, high]; of those, the one nearest the middle."""
    if not low < high:
        return high
    middle = low / 2 + high / 2
    # Halves, because the distance of two numbers may be more than a float holds.
    distance = math.log10(2) + math.log10(max(high / 2 - low / 2, SMALLEST))
    for digits in range(max(-math.ceil(distance) - 1, -MOST_DIGITS), 18):
        if whole and digits > 0:
            return float(math.floor(high))
        step = 10.0**-digits
        candidate = round(round(middle / step) * step, max(digits, 0))
        options = (candidate, round(candidate - step, max(digits, 0)), round(candidate + step, max(digits, 0)))
        for option in options:
            if low < option <= high:
                return option + 0.0
    return high
