"""Two versions on the same samples: what changed, by how much, and whether it is more than chance.

- Failures: the four cells of the paired table. The p-value is the exact binomial one (McNemar 1947 in its exact form):
  if the versions are equally good, a sample that changed is as likely to have got worse as better. The interval of the
  difference is Tango's (1998), from errata.analysis.differences.
- Losses, and rates over repeats: the paired bootstrap of the mean difference with the expanded percentile interval
  (Hesterberg 2015), which widens the percentiles by what Student's t costs on few rows.
- Dependent rows: failures count as the effective rows of errata.analysis.differences; the bootstrap draws groups.

Up to 10,000 differences the bootstrap draws rows. Beyond, the differences are sorted, the 500 largest and smallest stay
rows, and the others are put in 1,000 cells of like value: a resample draws how often each cell is drawn (multinomial)
and, within the cells, a normal sum of their own mean and variance. Its cost no longer grows with the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis import differences
from errata.analysis.differences import Constant, Evidence, PairedShares

ALPHA = 0.05
DRAWS = 1000
BETTER, WORSE, NO_EVIDENCE = "better", "worse", "no evidence"
_EXACT = 10_000
_TAIL, _MIDDLE = 500, 1000
_CHUNK = 2_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cells:
    """The paired table: how many samples pass in both versions, fail in both, fail newly in B, pass newly in B.

    ``mixed`` samples passed and failed over repeats of one version, and stand in none of the four.
    """

    both_pass: int
    both_fail: int
    newly_failing: int
    newly_passing: int
    mixed: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """B − A with its two-sided interval (None where nothing bounds it), its two-sided p-value, and how it was made."""

    value: float
    low: float | None
    high: float | None
    p: float
    method: str

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` where both the interval and the p-value leave zero out; more is worse."""
        if self.p >= ALPHA or self.low is None or self.high is None or self.low <= 0 <= self.high:
            return NO_EVIDENCE
        return WORSE if self.value > 0 else BETTER


def cells(a: Floats, b: Floats) -> Cells:
    """Count the samples of A and B by whether they failed: 1 every time, 0 never, between over repeats."""
    pass_a, pass_b, fail_a, fail_b = a == 0, b == 0, a == 1, b == 1
    stay, fail = int((pass_a & pass_b).sum()), int((fail_a & fail_b).sum())
    worse, better = int((pass_a & fail_b).sum()), int((fail_a & pass_b).sum())
    return Cells(stay, fail, worse, better, len(a) - stay - fail - worse - better)


def is_counted(a: Floats, b: Floats) -> bool:
    """Whether every value is 0 or 1."""
    return all(bool(((values == 0) | (values == 1)).all()) for values in (a, b))


def mcnemar(newly_failing: float, newly_passing: float) -> float:
    """The exact two-sided p-value of McNemar's test: twice the smaller binomial tail, at most 1.

    Counts may be fractions (effective rows of dependent ones); the tail is then the incomplete beta function.
    """
    return min(1.0, 2 * min(binomial_tail(newly_failing, newly_passing), binomial_tail(newly_passing, newly_failing)))


def binomial_tail(most: float, least: float) -> float:
    """P(X ≥ most), X binomial with ``most + least`` trials at one half."""
    from scipy.special import betainc

    return 1.0 if most <= 0 else float(betainc(most, least + 1, 0.5))


def compare_shares(a: Floats, b: Floats, groups: NDArray[np.int64] | None, alpha: float = ALPHA) -> Difference:
    """The difference of two columns of 0 and 1 over the same samples (at least one)."""
    found = differences.paired_shares(b, a, groups)
    if found.pairs <= 0:
        return Difference(float((b - a).mean()), None, None, 1.0, "one group only: nothing can be said")
    p = mcnemar(found.worse, found.better)
    how = "exact McNemar test, Tango's interval" + _by_group(groups)
    return Difference(float((b - a).mean()), found.low(alpha / 2), found.high(alpha / 2), p, how)


def compare_means(
    a: Floats, b: Floats, groups: NDArray[np.int64] | None, *, draws: int = DRAWS, seed: int = 0, alpha: float = ALPHA
) -> Difference:
    """The difference of the means of two columns over the same samples (at least one), by the paired bootstrap."""
    evidence = differences.paired_means(b, a, groups)
    if isinstance(evidence, Constant):
        return of_evidence(evidence, "the same difference everywhere", alpha)
    values = units(b - a, groups)
    value, many = float((b - a).mean()), len(values)
    how = f"paired bootstrap, {draws:,} draws{' of groups' if groups is not None else ''}"
    if many < 2:
        return Difference(value, None, None, 1.0, how)
    if not values.any():
        return Difference(value, value, value, 1.0, how)
    means = bootstrap(values, draws, seed)
    low, high = np.quantile(means, _expanded(many, alpha))
    return Difference(value, float(low), float(high), _bootstrap_p(means, many), how)


def of_evidence(evidence: Evidence, method: str, alpha: float = ALPHA) -> Difference:
    """Two-sided figures of what is known one-sidedly."""
    p = min(1.0, 2 * min(evidence.p_above(0.0), evidence.p_below(0.0)))
    low, high = evidence.low(alpha / 2), evidence.high(alpha / 2)
    return Difference(evidence.estimate, _known(low), _known(high), p, method)


def units(values: Floats, groups: NDArray[np.int64] | None) -> Floats:
    """What a bootstrap draws, with the mean of ``values``: rows, or one linearised value a group (Cochran 1977, 11.8).

    With groups of one size this is each group's mean; groups of other sizes pull the mean by their own weight.
    """
    if groups is None:
        return values
    codes = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(codes)
    sums = np.bincount(codes, weights=values)
    mean = float(values.mean())
    return np.asarray((sums - mean * sizes) * len(sizes) / len(values) + mean, np.float64)


def bootstrap(values: Floats, draws: int = DRAWS, seed: int = 0) -> Floats:
    """The means of ``draws`` resamples of ``values`` (at least two), each as large as they are."""
    generator = np.random.default_rng([seed, 3])
    size = len(values)
    if size <= _EXACT:
        step = max(1, _CHUNK // size)
        parts = [
            values[generator.integers(0, size, (min(step, draws - start), size))].mean(axis=1)
            for start in range(0, draws, step)
        ]
        return np.concatenate(parts)
    ordered = np.sort(values)
    starts = np.unique(
        np.r_[
            np.arange(_TAIL),
            np.linspace(_TAIL, size - _TAIL, _MIDDLE, endpoint=False).astype(np.int64),
            np.arange(size - _TAIL, size),
        ]
    )
    sizes = np.diff(np.r_[starts, size])
    means = np.add.reduceat(ordered, starts) / sizes
    spread = np.maximum(np.add.reduceat((ordered - np.repeat(means, sizes)) ** 2, starts) / sizes, 0.0)
    drawn = generator.multinomial(size, sizes / size, size=draws).astype(np.float64)
    within = np.sqrt(drawn @ spread) * generator.standard_normal(draws)
    return np.asarray((drawn @ means + within) / size, np.float64)


def _expanded(many: int, alpha: float) -> tuple[float, float]:
    """The percentiles whose interval is as wide as Student's t makes it."""
    from scipy.special import ndtr, stdtrit

    wide = math.sqrt(many / (many - 1)) * float(stdtrit(many - 1, 1 - alpha / 2))
    tail = float(ndtr(-wide))
    return tail, 1 - tail


def _bootstrap_p(means: Floats, many: int) -> float:
    """The two-sided error level at which the expanded percentile interval would end at zero; never below 1/draws."""
    from scipy.special import ndtri, stdtr

    beyond = min(int((means <= 0).sum()), int((means >= 0).sum()))
    deviate = -float(ndtri((1 + beyond) / (len(means) + 1)))
    return min(1.0, 2 * float(stdtr(many - 1, -deviate / math.sqrt(many / (many - 1)))))


def _known(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _by_group(groups: NDArray[np.int64] | None) -> str:
    return "" if groups is None else ", on the effective rows of dependent ones"


__all__ = [
    "ALPHA",
    "Cells",
    "Difference",
    "PairedShares",
    "binomial_tail",
    "bootstrap",
    "cells",
    "compare_means",
    "compare_shares",
    "is_counted",
    "mcnemar",
    "of_evidence",
    "units",
]
