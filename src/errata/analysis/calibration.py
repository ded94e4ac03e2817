"""Calibration: whether a confidence of 0.8 is right 80 times in 100.

The expected calibration error (ECE; Naeini et al. 2015, Guo et al. 2017) with 15 bins of equal width, [i/15, (i+1)/15):
the sum over bins of |mean confidence − accuracy| times the bin's share of the rows, which is Σ |D_b| with
D_b = Σ over the bin of (confidence − right) / rows. D is normal in the limit, with the covariance between rows, or
between groups where rows depend on each other.

The plug-in value is too large, since noise has no sign after the absolute value, by an amount that depends on which
bins are off; a bootstrap around it misses the truth of a calibrated model in half of all files. So each bound supposes
what is worst for it. Lower: nothing is off, or one bin alone is, and the noise of all others was added on top. Upper:
every bin is off, and nothing was added. Both hold in at least 95 of 100 files (tests/analysis/test_calibration.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import Z95, wilson
from errata.nouns.report import Estimate, ReliabilityBin

BINS = 15
DRAWS = 2000


def calibration(
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    groups: NDArray[np.int64] | None = None,
    *,
    bins: int = BINS,
    seed: int = 0,
) -> tuple[Estimate, tuple[ReliabilityBin, ...]]:
    """The ECE with its 95 % interval (none for one row or one group), and the reliability of each bin that has rows.

    ``confidence`` in [0, 1], ``right`` whether the prediction was; equal lengths, at least one row.
    """
    index = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(index, minlength=bins)
    hits = np.bincount(index, weights=right, minlength=bins)
    sums = np.bincount(index, weights=confidence, minlength=bins)
    gap = confidence - right
    if groups is None:
        estimate = ece_of_bins(counts, hits, sums, np.bincount(index, weights=gap * gap, minlength=bins), seed)
    else:
        mean = (sums - hits) / len(confidence)
        estimate = Estimate(float(np.abs(mean).sum()), None, None)
        if groups.max() > 0:
            estimate = Estimate(estimate.value, *_bounds(mean, _between_groups(gap, index, groups, bins), seed))
    return estimate, reliability_of(counts, hits, sums)


def ece_of_bins(
    rows: NDArray[Any], hits: NDArray[Any], sums: NDArray[Any], squares: NDArray[Any], seed: int
) -> Estimate:
    """The ECE of independent rows with its 95 % interval, none for one row, from what was counted in each bin: rows,
    how many were right, and the sums of the confidence and of (confidence − right)². At least one row."""
    total = float(rows.sum())
    mean = (sums - hits) / total
    value = float(np.abs(mean).sum())
    if total <= 1:
        return Estimate(value, None, None)
    return Estimate(value, *_bounds(mean, (np.diag(squares / total) - np.outer(mean, mean)) / total, seed))


def reliability_of(rows: NDArray[Any], hits: NDArray[Any], sums: NDArray[Any]) -> tuple[ReliabilityBin, ...]:
    """Each of the bins of equal width on [0, 1] that has rows, with Wilson's interval."""
    bins = len(rows)
    return tuple(
        ReliabilityBin(
            b / bins, (b + 1) / bins, int(rows[b]), sums[b] / rows[b], hits[b] / rows[b],
            *wilson(float(hits[b]), float(rows[b])),
        )
        for b in range(bins)
        if rows[b]
    )  # fmt: skip


def _bounds(mean: NDArray[np.float64], covariance: NDArray[np.float64], seed: int) -> tuple[float, float]:
    value = float(np.abs(mean).sum())
    sign = np.sign(mean)
    # Of rows that are all alike rounding leaves a variance just below 0.
    high = min(1.0, value + Z95 * max(0.0, float(sign @ covariance @ sign)) ** 0.5)
    generator = np.random.default_rng([seed, 3])
    still = np.zeros(len(mean))
    noise = generator.multivariate_normal(still, covariance, DRAWS, method="eigh", check_valid="ignore")
    if value <= np.quantile(np.abs(noise).sum(axis=1), 0.975):
        return 0.0, high
    worst = int(np.abs(mean).argmax())
    added = np.abs(noise).sum(axis=1) - np.abs(noise[:, worst]) + sign[worst] * noise[:, worst]
    return max(0.0, value - float(np.quantile(added, 0.975))), high


def _between_groups(
    gap: NDArray[np.float64], index: NDArray[np.int64], groups: NDArray[np.int64], bins: int
) -> NDArray[np.float64]:
    count = int(groups.max()) + 1
    sums = np.bincount(groups * bins + index, weights=gap, minlength=count * bins).reshape(count, bins)
    sizes = np.bincount(groups, minlength=count)
    rows = len(gap)
    residual = sums - np.outer(sizes, sums.sum(axis=0) / rows)
    return np.asarray(residual.T @ residual / rows**2 * (count / max(count - 1, 1)))


def brier(probabilities: NDArray[np.float64], truth: NDArray[np.int32]) -> NDArray[np.float64]:
    """Each row's Brier score (Brier 1950): the sum over classes of (P(class) − [class is true])², in [0, 2]."""
    target = np.zeros_like(probabilities)
    target[np.arange(len(truth)), truth] = 1.0
    return np.asarray(((probabilities - target) ** 2).sum(axis=1))
