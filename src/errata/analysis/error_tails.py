"""How large the largest errors are: quantiles, what the worst rows carry, kurtosis, and errors beyond 3 deviations.

Errors come as bins so fine that each holds few rows (every value of its own where there are not many), each with its
rows and sums. A quantile is the mean of the bin that its rank falls into. Its interval is that of order statistics:
the ranks between which the binomial says it lies (Conover 1999, §3.2), or Woodruff's (1952) with the design effect of
the share below it. What has no such form is bootstrapped: rows are drawn anew over the bins, or whole folds of groups.
All of it is about |error| but the kurtosis and what lies beyond 3 deviations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.folds import between
from errata.analysis.intervals import Z95, wilson
from errata.nouns.report import Estimate
from errata.nouns.residuals import Quantile, Tails, WorstShare

Floats = NDArray[np.float64]
SHARES = (0.5, 0.75, 0.9, 0.95, 0.99)
WORST = (0.01, 0.05)
BOOTSTRAPS = 500
LEAST = 50
"""Rows, below which no tail is told."""
LEAST_BEYOND = 5
_MAD = 1.482602218505602


@dataclass(frozen=True, slots=True)
class Bins:
    """Values in rising bins: (bins, folds) how many, and (bins, k) the means of their powers."""

    rows: Floats
    means: Floats

    @staticmethod
    def of(known: Floats, sums: Floats) -> Bins:
        """``known`` (bins, folds), ``sums`` (bins, folds, k); bins without rows leave."""
        held = known.sum(axis=1) > 0
        known = known[held]
        return Bins(known, sums[held].sum(axis=1) / known.sum(axis=1)[:, None])

    @property
    def values(self) -> Floats:
        """The mean of each bin."""
        return self.means[:, 0]

    @property
    def total(self) -> Floats:
        """Rows by bin."""
        total: Floats = self.rows.sum(axis=1)
        return total


def quantile(bins: Bins, share: float) -> Quantile:
    """The value that at least ``share`` of the rows do not exceed, with its 95 % interval."""
    cumulated = np.cumsum(bins.total)
    n = float(cumulated[-1])
    at = min(int(np.searchsorted(cumulated, share * n - 1e-9)), len(cumulated) - 1)
    value = float(bins.values[at])
    effect = _effect(bins, slice(at + 1), share)

    def of_rank(rank: float | None) -> float | None:
        if rank is None:
            return None
        return float(bins.values[min(int(np.searchsorted(cumulated, rank * effect - 1e-9)), len(cumulated) - 1)])

    low, high = ranks(n / effect, share)
    return Quantile(share, value, of_rank(low), of_rank(high))


def _effect(bins: Bins, inside: slice | NDArray[np.bool_], share: float) -> float:
    """The design effect of the ``share`` of rows inside some bins, times the square by which Student's t is wider than
    the normal deviate; at most so large that one row is left."""
    by_fold, within = bins.rows.sum(axis=0), bins.rows[inside].sum(axis=0)
    if len(by_fold) == 1 or not 0 < share < 1:
        return 1.0
    from scipy.special import stdtrit

    n = float(by_fold.sum())
    rate = float(within.sum()) / n
    variance, _ = between((within - rate * by_fold) / n)
    alone = share * (1 - share) / n
    few = (float(stdtrit(max(np.count_nonzero(by_fold) - 1, 1), 0.975)) / Z95) ** 2
    return min(max(1.0, variance / alone) * few, n)


def ranks(n: float, share: float) -> tuple[float | None, float | None]:
    """The ranks (from 1) of the order statistics between which the quantile lies with 95 %; None beyond the rows.

    The lower is the largest r with P(B < r) ≤ 2.5 %, the upper the least with P(B < r) ≥ 97.5 %, B binomial(n, share).
    """
    from scipy.special import bdtr

    whole = max(1, math.floor(n))

    def below(rank: int) -> float:
        return 0.0 if rank <= 0 else float(bdtr(rank - 1, whole, share)) if rank <= whole else 1.0

    low, high = 0, whole + 1
    first, last = 0, whole + 1
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if below(middle) <= 0.025 else (first, middle)
    low = first
    first, last = 0, whole + 1
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if below(middle) >= 0.975 else (middle, last)
    high = last
    stretch = n / whole
    return (None if low < 1 else low * stretch), (None if high > whole else high * stretch)


def tails(signed: Bins, absolute: Bins, seed: int) -> Tails | None:
    """All of it; None for fewer rows than ``LEAST`` or errors that do not vary."""
    n = float(absolute.total.sum())
    if n < LEAST or float(absolute.values[-1]) == 0 or len(signed.values) < 2:
        return None
    generator = np.random.default_rng([seed, 31])
    draws = _drawn(absolute, generator)
    parts = {share: _worst(absolute.values, absolute.total[None], share) for share in WORST}
    drawn = {share: _worst(absolute.values, draws, share) for share in WORST}
    worst = []
    for share in WORST:
        if share * n < LEAST_BEYOND:
            continue
        (part,), (mean,) = parts[share]
        part_low, part_high = np.quantile(drawn[share][0], [0.025, 0.975])
        low, high = np.quantile(drawn[share][1], [0.025, 0.975])
        worst.append(
            WorstShare(
                share,
                share * n,
                float(part),
                float(part_low),
                float(part_high),
                normal_part(share),
                float(mean),
                float(low),
                float(high),
            )
        )
    excess = float(_kurtosis(signed.means, signed.total[None])[0])
    of_draws = _kurtosis(signed.means, _drawn(signed, generator))
    kurtosis = Estimate(excess, *(float(end) for end in np.quantile(of_draws, [0.025, 0.975])))
    grouped = signed.rows.shape[1] > 1
    normal_p = None if grouped else kurtosis_p(excess + 3, n)
    beyond = _beyond(signed)
    return Tails(
        tuple(quantile(absolute, share) for share in SHARES),
        tuple(worst),
        kurtosis,
        normal_p,
        beyond,
        _verdict(kurtosis, normal_p),
    )


def normal_part(share: float) -> float:
    """The part of Σ|e| that the worst share has of normal errors around 0: exp(−z²/2), z their quantile."""
    from scipy.special import ndtri

    return math.exp(-(float(ndtri(1 - share / 2)) ** 2) / 2)


def _drawn(bins: Bins, generator: np.random.Generator) -> Floats:
    """Rows by bin, (draws, bins), drawn anew: rows, or whole folds."""
    folds = bins.rows.shape[1]
    if folds > 1:
        held = bins.rows[:, bins.rows.sum(axis=0) > 0]
        count = held.shape[1]
        weights = generator.multinomial(count, np.full(count, 1 / count), BOOTSTRAPS)
        drawn: Floats = weights @ held.T
        return drawn
    total = bins.total
    return generator.multinomial(round(float(total.sum())), total / total.sum(), BOOTSTRAPS).astype(np.float64)


def _worst(values: Floats, rows: Floats, share: float) -> tuple[Floats, Floats]:
    """The part of the sum and the mean of the worst share, for each of several (draws, bins) counts."""
    values, rows = values[::-1], rows[:, ::-1]
    wanted = share * rows.sum(axis=1, keepdims=True)
    before = np.cumsum(rows, axis=1) - rows
    taken = np.clip(wanted - before, 0, rows)
    top = taken @ values
    return top / np.maximum(rows @ values, 1e-300), top / wanted[:, 0]


def _kurtosis(means: Floats, rows: Floats) -> Floats:
    """Excess kurtosis of each of several (draws, bins) counts."""
    a, b, c, d = (rows @ means / rows.sum(axis=1, keepdims=True)).T
    second = np.maximum(b - a * a, 1e-150)
    found: Floats = (d - 4 * a * c + 6 * a * a * b - 3 * a**4) / second**2 - 3
    return found


def kurtosis_p(b2: float, n: float) -> float:
    """Anscombe and Glynn's two-sided p-value (1983) of a kurtosis b₂ = m₄/m₂² of normal rows."""
    from scipy.special import ndtr

    mean = 3 * (n - 1) / (n + 1)
    variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    x = (b2 - mean) / math.sqrt(variance)
    skew = 6 * (n * n - 5 * n + 2) / ((n + 7) * (n + 9)) * math.sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    a = 6 + 8 / skew * (2 / skew + math.sqrt(1 + 4 / skew**2))
    under = 1 + x * math.sqrt(2 / (a - 4))
    root = math.copysign(abs((1 - 2 / a) / under) ** (1 / 3), under) if under else math.inf
    z = (1 - 2 / (9 * a) - root) / math.sqrt(2 / (9 * a))
    return float(2 * ndtr(-abs(z)))


def _beyond(signed: Bins) -> Estimate:
    """The share farther than 3 robust deviations from the median, with Wilson's interval."""
    cumulated, n = np.cumsum(signed.total), float(signed.total.sum())
    median = float(signed.values[int(np.searchsorted(cumulated, 0.5 * n - 1e-9))])
    away = np.abs(signed.values - median)
    order = np.argsort(away, kind="stable")
    half = int(np.searchsorted(np.cumsum(signed.total[order]), 0.5 * n - 1e-9))
    deviation = _MAD * float(away[order][half])
    out = away > 3 * deviation
    count = float(signed.total[out].sum())
    effect = _effect(signed, out, count / n)
    return Estimate(count / n, *wilson(count / effect, n / effect))


def _verdict(kurtosis: Estimate, p: float | None) -> str:
    """By the test where rows are independent, else by whether the interval leaves 0 out."""
    assert kurtosis.value is not None and kurtosis.low is not None and kurtosis.high is not None
    if p is not None:
        return "no evidence" if p > 0.05 else "heavy" if kurtosis.value > 0 else "light"
    return "heavy" if kurtosis.low > 0 else "light" if kurtosis.high < 0 else "no evidence"
