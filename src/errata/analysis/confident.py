"""Over- and under-confident slices: those whose accuracy is not what the confidences promise.

Given the confidences of its rows, the number of right rows of a calibrated slice is Poisson-binomial. The tail of the
binomial with the mean confidence bounds it from above a step or more from the mean (Hoeffding 1956), so the exact
binomial test holds its level at any number of rows, and Clopper and Pearson's bounds hold for the accuracy. Dependent
rows count for fewer. Bounds are simultaneous by Bonferroni over all slices tried, p-values adjusted by Benjamini and
Hochberg (1995); slices overlap, which keeps the false discovery rate where the dependence is positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errata.analysis.distances import false_discovery
from errata.analysis.intervals import clopper_pearson_high, clopper_pearson_low
from errata.nouns.calibration import OVER, UNDER, SliceCalibration

FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Cell:
    """A slice: its rows, the sum of their confidences, how many were right, and the design effect of its rows."""

    slice: str
    rows: int
    confidence: float
    right: int
    effect: float = 1.0


def confident(cells: Sequence[Cell], rows: int, confidence: float, right: int) -> list[SliceCalibration]:
    """The slices that are over- or under-confident, those worse than the rest by most errors first.

    ``rows``, ``confidence`` and ``right`` are the sums over all rows."""
    if not cells:
        return []
    p = [p_of(cell) for cell in cells]
    adjusted = false_discovery(p)
    found = []
    for at in [at for at, q in enumerate(adjusted) if q <= FALSE_DISCOVERY_RATE]:
        cell = cells[at]
        mean, accuracy = cell.confidence / cell.rows, cell.right / cell.rows
        k, n, alpha = cell.right / cell.effect, cell.rows / cell.effect, 0.05 / 2 / len(cells)
        rest = rows - cell.rows
        rest_gap = ((confidence - cell.confidence) - (right - cell.right)) / rest if rest else None
        excess = cell.confidence - cell.right
        found.append(
            SliceCalibration(
                slice=cell.slice,
                direction=OVER if mean > accuracy else UNDER,
                rows=cell.rows,
                confidence=mean,
                accuracy=accuracy,
                gap=mean - accuracy,
                low=mean - clopper_pearson_high(k, n, alpha),
                high=mean - clopper_pearson_low(k, n, alpha),
                rest_gap=rest_gap,
                excess=excess,
                beyond_rest=excess - cell.rows * (rest_gap or 0.0),
                p=p[at],
                p_adjusted=adjusted[at],
            )
        )
    return sorted(found, key=_rank)


def _rank(one: SliceCalibration) -> tuple[bool, float, str]:
    worse = one.beyond_rest if one.direction == OVER else -one.beyond_rest
    return not one.worse_than_rest, -worse, one.slice


def p_of(cell: Cell) -> float:
    """The two-sided p-value of as many right rows under the mean confidence: twice the smaller binomial tail."""
    from scipy.special import betainc

    n, k, q = cell.rows / cell.effect, cell.right / cell.effect, min(cell.confidence / cell.rows, 1.0)
    at_least = 1.0 if k <= 0 else float(betainc(k, n - k + 1, q))
    at_most = 1.0 if k >= n else float(betainc(n - k, k + 1, 1 - q))
    return min(1.0, 2 * min(at_least, at_most))
