"""How far two distributions lie apart, what chance alone would make of it, and how sure one is that it is not chance.

All take shares (adding up to 1) over the same bins. ``n`` and ``m`` are the rows behind them; where rows depend on each
other, the rows divided by their design effect.

- Kolmogorov–Smirnov: the largest distance of the cumulative shares. On bins it is at most the exact one, and short of
  it by at most the largest bin, taken at the side where that is smaller. Without drift its expectation is
  √(π/2)·ln 2·√(1/n + 1/m), and p is the limit of Kolmogorov (1933) and Smirnov (1948), which errs to the safe side.
- χ² of homogeneity (Pearson 1900) and Cramér's V = √(χ²/(n + m)) (1946; two rows, so nothing else divides it). V
  shrinks as one side outgrows the other; ``even_v`` is V as if both had equally many rows.
- Population stability index Σ (q − p)·ln(q/p), in nats; Jensen–Shannon distance √(½KL(p‖m) + ½KL(q‖m)) in bits
  (Lin 1991, Endres and Schindelin 2003), from 0 to 1. A bin that one side leaves empty counts as half a row there.
- Benjamini and Hochberg (1995): adjusted p over a family of tests.
- Design effect from folds of whole groups: how much more the shares vary between folds than independent rows' would
  (the mean of Rao and Scott's effects, 1981); never below 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]
KS_MEAN = math.sqrt(math.pi / 2) * math.log(2)


def kolmogorov_smirnov(p: Shares, q: Shares) -> float:
    """The largest distance of the cumulative shares, bins in order."""
    return float(np.abs(np.cumsum(p - q)).max(initial=0.0))


def ks_error(p: Shares, q: Shares) -> float:
    """At most so much larger is the distance of the values themselves, where no bin is known to hold one value only.

    At a value x of bin j, F(x) − G(x) is at most the distance at the bin's lower end plus p_j, and at most that at its
    upper end plus q_j; so it exceeds the binned distance by min(p_j, q_j) at most.
    """
    return float(np.minimum(p, q).max(initial=0.0))


def ks_p(distance: float, n: float, m: float) -> float:
    """The chance of such a distance without drift."""
    from scipy.special import kolmogorov

    return float(kolmogorov(math.sqrt(n * m / (n + m)) * distance))


def ks_floor(n: float, m: float) -> float:
    """The distance expected without drift."""
    return KS_MEAN * math.sqrt(1 / n + 1 / m)


def chi_square(p: Shares, q: Shares, n: float, m: float) -> float:
    """Pearson's statistic of the two rows of counts, without Yates' correction."""
    both = (n * p + m * q) / (n + m)
    there = both > 0
    return float(n * m / (n + m) * ((p - q)[there] ** 2 / both[there]).sum())


def chi_square_p(statistic: float, bins: int) -> float:
    """The chance of such a statistic without drift; 1 with fewer than two bins."""
    from scipy.special import chdtrc

    return float(chdtrc(bins - 1, statistic)) if bins > 1 else 1.0


def even_v(p: Shares, q: Shares) -> float:
    """Cramér's V of the two rows of counts as if both had equally many rows."""
    there = (p + q) > 0
    return math.sqrt(float(((p - q)[there] ** 2 / (p + q)[there]).sum()) / 2)


def even_v_floor(bins: int, n: float, m: float) -> float:
    """The ``even_v`` expected without drift: the root of its expected square."""
    return math.sqrt(max(0, bins - 1) / 4 * (1 / n + 1 / m))


def stability_index(p: Shares, q: Shares, n: float, m: float) -> float:
    """The population stability index in nats."""
    p, q = _filled(p, n, q), _filled(q, m, p)
    there = p > 0
    return float(((q - p)[there] * np.log(q[there] / p[there])).sum())


def jensen_shannon(p: Shares, q: Shares) -> float:
    """The Jensen–Shannon distance, 0 to 1."""
    middle = (p + q) / 2

    def divergence(side: Shares) -> float:
        there = side > 0
        return float((side[there] * np.log2(side[there] / middle[there])).sum())

    return math.sqrt(max(0.0, (divergence(p) + divergence(q)) / 2))


def false_discovery(p: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, in the order given."""
    values = np.asarray(p, np.float64)
    order = np.argsort(values)[::-1]
    scaled = values[order] * len(values) / np.arange(len(values), 0, -1)
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return [float(one) for one in adjusted]


def design_effect(counts: NDArray[np.int64], *, cumulative: bool = False) -> float:
    """From counts of shape (bins, folds): the variance of the shares between folds over that of independent rows.

    Averaged over the bins, or over the edges between them if ``cumulative``. With fewer than two folds that hold rows,
    the number of rows: all of them may be one.
    """
    sizes = counts.sum(axis=0)
    counts, sizes = counts[:, sizes > 0], sizes[sizes > 0]
    folds, rows = len(sizes), float(sizes.sum())
    if folds < 2:
        return max(1.0, rows)
    held = np.cumsum(counts, axis=0)[:-1] if cumulative else counts
    share = held.sum(axis=1) / rows
    there = (share > 0) & (share < 1)
    if not there.any():
        return 1.0
    held, share = held[there], share[there]
    between = folds / (folds - 1) * ((held - np.outer(share, sizes)) ** 2).sum(axis=1) / rows
    if cumulative:
        return max(1.0, float(between.sum() / (share * (1 - share)).sum()))
    return max(1.0, float((between / share).sum() / (1 - share).sum()))


def _filled(side: Shares, rows: float, other: Shares) -> Shares:
    """Half a row where this side has none and the other has some."""
    return np.where((side == 0) & (other > 0), 0.5 / rows, side)
