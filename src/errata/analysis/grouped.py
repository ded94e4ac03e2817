"""Rates of dependent rows from counts by group: the design effect without the rows themselves.

The same figures as ``errata.analysis.figures.grouped_effect`` gives for values of 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import Z95, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """``hits`` of ``rows``, with the pointwise 95 % interval; ``effect`` is the design effect. None without rows."""

    rows: int
    hits: int
    effect: float

    @property
    def value(self) -> float | None:
        """The rate."""
        return self.hits / self.rows if self.rows else None

    @property
    def interval(self) -> tuple[float, float] | tuple[None, None]:
        """Wilson's, of effective rows."""
        return wilson(self.hits / self.effect, self.rows / self.effect) if self.rows else (None, None)


def rate_of(groups: NDArray[np.int64] | None, rows: NDArray[np.int64], hits: NDArray[np.int64]) -> Rate:
    """The rate over cells: their group (−1: every row is a group of its own; None: there are no groups), their rows
    and how many of them are hits."""
    if groups is None:
        return Rate(int(rows.sum()), int(hits.sum()), 1.0)
    alone = groups < 0
    number = int(groups.max(initial=-1)) + 1
    sizes = np.bincount(groups[~alone], rows[~alone], minlength=number).astype(np.float64)
    sums = np.bincount(groups[~alone], hits[~alone], minlength=number).astype(np.float64)
    there = sizes > 0
    ones, all_alone = float(hits[alone].sum()), float(rows[alone].sum())
    sizes, sums = np.concatenate([sizes[there], [1.0, 1.0]]), np.concatenate([sums[there], [1.0, 0.0]])
    times = np.concatenate([np.ones(int(there.sum())), [ones, all_alone - ones]])
    return Rate(int(rows.sum()), int(hits.sum()), effect_of(sizes, sums, times))


def effect_of(sizes: Floats, sums: Floats, times: Floats) -> float:
    """The design effect of a rate where ``times`` groups have ``sizes`` rows and ``sums`` hits."""
    rows, count = float((times * sizes).sum()), float(times.sum())
    if rows == 0 or count == rows:
        return 1.0
    from scipy.special import stdtrit

    mean = float((times * sums).sum()) / rows
    variance = mean * (1 - mean)
    if count < 2 or variance == 0:
        shown = rows / count
    else:
        shown = count / (count - 1) * float((times * (sums - mean * sizes) ** 2).sum()) / rows / variance
    of_sizes = float((times * sizes**2).sum()) / rows - 1
    effect = max(1.0, shown, 1 + correlation(sizes, sums, times) * of_sizes)
    few = float(stdtrit(max(count - 1, 1), 0.975)) / Z95
    return min(effect * few**2, rows)


def correlation(sizes: Floats, sums: Floats, times: Floats) -> float:
    """The intraclass correlation of 0 and 1 in such groups, in [0, 1] (one-way analysis of variance; Fisher 1925)."""
    rows, count = float((times * sizes).sum()), float(times.sum())
    if count < 2 or count == rows:
        return 1.0 if count == 1 else 0.0
    mean = float((times * sums).sum()) / rows
    between = float((times * sizes * (sums / sizes - mean) ** 2).sum()) / (count - 1)
    within = max(0.0, float((times * (sums - sums**2 / sizes)).sum())) / (rows - count)
    typical = (rows - float((times * sizes**2).sum()) / rows) / (count - 1)
    whole = between + (typical - 1) * within
    return float(np.clip((between - within) / whole, 0, 1)) if whole > 0 else 0.0
