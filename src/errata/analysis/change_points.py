"""Since when the error rate is another one: binary segmentation with a calibrated threshold.

Of a stretch of buckets, every split is held against no split by the score statistic of the binomial likelihood
(the likelihood ratio to second order): Z(τ)² = (Σ_{t≤τ} x_t)² / (V_τ (V − V_τ) / V), where x_t are failed − expected
and V_τ their variances added up to τ. The split with the largest Z² counts where it is larger than the largest of all
but 5 % of the same stretch with its standardised residuals dealt out in another order (999 seeded permutations). Then
both sides are searched in the same way, at half the level each (Scott and Knott 1974; Vostrikova 1981). Where nothing
changed, at most 5 % of series are split.

Residuals in any order are equally likely only where buckets do not depend on each other after level and season.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
DRAWS = 999
AT_ONCE = 1 << 18
"""Buckets × permutations that are held at once."""
LEAST = 3
"""A stretch has at least so many buckets."""
DEEPEST = 5
"""0.05 / 2^5 is what 999 permutations can still tell."""


@dataclass(frozen=True, slots=True)
class Split:
    """The first bucket of the right side, and p."""

    at: int
    p: float


def change_points(
    failed: NDArray[np.float64], rows: NDArray[np.float64], usual: NDArray[np.float64], seed: int
) -> list[Split]:
    """The splits of a series, in order of time. ``usual`` are expected errors without any change (a season's)."""
    rng = np.random.default_rng(seed)
    found: list[Split] = []
    waiting = [(0, len(failed), 0)]
    while waiting:
        start, end, depth = waiting.pop()
        if end - start < 2 * LEAST or depth > DEEPEST:
            continue
        here = slice(start, end)
        split = _split(failed[here], rows[here], usual[here], rng)
        if split is None or split.p > LEVEL / 2**depth:
            continue
        at = start + split.at
        found.append(Split(at, split.p))
        waiting += [(start, at, depth + 1), (at, end, depth + 1)]
    return sorted(found, key=lambda one: one.at)


def _split(
    failed: NDArray[np.float64], rows: NDArray[np.float64], usual: NDArray[np.float64], rng: np.random.Generator
) -> Split | None:
    """The best split of one stretch and the share of permutations that have one as good; None where nothing failed."""
    held = float(usual.sum())
    if held <= 0 or failed.sum() <= 0:
        return None
    fit = np.minimum(usual * (failed.sum() / held), (1 - 1e-9) * rows)
    variance = fit * (1 - fit / rows)
    known = variance > 0
    spread = np.sqrt(variance)
    standard = np.divide(failed - fit, spread, out=np.zeros(len(fit)), where=known)
    observed = _statistics((standard * spread)[None, :], variance)[0]
    at = int(observed.argmax())
    as_good, step = 0, max(1, AT_ONCE // len(standard))
    for start in range(0, DRAWS, step):
        orders = rng.permuted(np.tile(standard, (min(step, DRAWS - start), 1)), axis=1)
        drawn = _statistics(orders * spread, variance).max(axis=1)
        as_good += int((drawn >= observed[at] * (1 - 1e-12)).sum())
    return Split(at + LEAST, (1 + as_good) / (1 + DRAWS))


def _statistics(moved: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Z² of each split (columns: the left side has 3, 4, … buckets) of each series (rows)."""
    # What a stretch lacks or has too much in all is no matter of where it is split.
    moved = moved - moved.sum(axis=1, keepdims=True) * (variance / variance.sum())
    left = np.cumsum(moved, axis=1)[:, LEAST - 1 : -LEAST]
    share = np.cumsum(variance)[LEAST - 1 : -LEAST]
    whole = float(variance.sum())
    scale = share * (whole - share) / whole
    return np.divide(left**2, scale, out=np.zeros_like(left), where=scale > 0)
