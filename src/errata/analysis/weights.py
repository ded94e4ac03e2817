"""Rows that count by a weight: rates of the population that they were drawn from, or of the traffic they stand for.

With weights w ≥ 0 and outcomes y (failed or not, or a loss) a rate is Hájek's ratio Σ w y / Σ w (Hájek 1971; Särndal,
Swensson and Wretman 1992, §5.7). Its variance is that of the linearised residuals u = w (y − rate), Σ u² / (Σ w)²; over
the variance of as many rows that count alike this is the design effect. Kish's (1965; 1992), n Σ w² / (Σ w)², is what
it would be if weights told nothing of outcomes; intervals take the larger of both, for few failures show too little of
how much they vary. Dependent rows add up their residuals by group.

Nothing depends on the scale of the weights: they are taken as of mean 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from errata.analysis.dependence import intraclass
from errata.analysis.intervals import Z95, mean_interval, newcombe, wilson
from errata.core.errors import ValueFault
from errata.core.units import plural
from errata.nouns.finding import Figures
from errata.nouns.report import Estimate

Floats = NDArray[np.float64]
BINS, ENOUGH = 16, 30
"""Weights are cut into at most so many bins of as many rows, with so many failures in each on average."""


def over_largest(weights: Floats) -> Floats:
    """Weights in [0, 1]: the squares of large ones are more than a float holds, those of small ones are 0.

    Raises ValueFault ``bad-weight`` where no row counts.
    """
    largest = float(weights.max(initial=0.0))
    if largest <= 0:
        raise ValueFault(
            "bad-weight",
            "every weight is 0, so no row counts",
            expected="at least one weight above 0",
            found=plural(len(weights), "weight"),
            next="leave out what has no weight",
        )
    return weights / largest


def effective_rows(weights: Floats) -> float:
    """Kish's effective sample size (Σ w)² / Σ w²: how many rows that count alike say as much; 0 without rows."""
    if not len(weights):
        return 0.0
    weights = over_largest(weights)
    return float(weights.sum()) ** 2 / float(weights @ weights)


def weighted_mean(values: Floats, weights: Floats) -> float:
    """Hájek's ratio Σ w y / Σ w."""
    weights = over_largest(weights)
    return float(values @ weights) / float(weights.sum())


def weighted_effect(values: Floats, weights: Floats, groups: NDArray[np.int64] | None) -> float:
    """The design effect of the weighted mean of ``values``: its variance over that of as many independent rows of
    equal weight. At least Kish's, and at most so large that one row is left.

    With groups also that of their sums U of residuals, G / (G − 1) Σ U², and the product of Kish's (1987) of weights
    and of clusters; times the square by which Student's t is wider than the normal deviate. Raises ValueFault for
    weights that are all 0, as a weighted mean does.
    """
    n = len(values)
    if n == 0:
        return 1.0
    weights = over_largest(weights)
    kish = n / effective_rows(weights)
    mean = weighted_mean(values, weights)
    # Of values that are all alike rounding leaves a mean beside them, and a variance that is none.
    alike = bool((values == values[0]).all())
    variance = 0.0 if alike else float(weights @ (values - mean) ** 2) / float(weights.sum())
    residuals = weights * (values - mean)
    plain = variance / n * float(weights.sum()) ** 2
    effect = max(1.0, kish, float(residuals @ residuals) / plain if plain > 0 else 1.0)
    if groups is None:
        return min(effect, float(n))
    from scipy.special import stdtrit

    dense = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(dense).astype(np.float64)
    count = len(sizes)
    if count == n:
        return min(effect, float(n))
    clusters = 1 + intraclass(values, dense) * (float((sizes**2).sum()) / n - 1)
    sums = np.bincount(dense, weights=residuals)
    between = count / (count - 1) * float(sums @ sums) / plain if count > 1 and plain > 0 else n / count
    few = float(stdtrit(max(count - 1, 1), 0.975)) / Z95
    return min(max(effect, kish * clusters, between) * few**2, float(n))


def weighted_rate(values: Floats, weights: Floats, groups: NDArray[np.int64] | None) -> tuple[float, float, float]:
    """The weighted rate of outcomes 0 and 1, with Wilson's 95 % interval at the rows that the effect leaves."""
    mean = weighted_mean(values, weights)
    rows = len(values) / weighted_effect(values, weights, groups)
    low, high = wilson(mean * rows, rows)
    return mean, low, high


def weighted_estimate(values: Floats, weights: Floats, groups: NDArray[np.int64] | None) -> Estimate:
    """The weighted mean of at least one value with its normal 95 % interval, open below two effective rows."""
    mean = weighted_mean(values, weights)
    variance = float(weights @ (values - mean) ** 2) / float(weights.sum())
    low, high = mean_interval(mean, variance, len(values) / weighted_effect(values, weights, groups))
    return Estimate(mean, low if np.isfinite(low) else None, high if np.isfinite(high) else None)


def weighted_figures(
    values: Floats,
    weights: Floats,
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    groups: NDArray[np.int64] | None,
    critical: float,
    *,
    losses: bool,
    failed: int | None,
) -> Figures:
    """Figures of the rows ``inside`` against those ``outside``: rates (or mean losses) are weighted, ``rows`` and
    ``failed`` are counts. Excess errors are in rows of mean weight: weights of mean 1 over all ``values``.
    """
    parts = []
    for mask in (inside, outside):
        y, w = values[mask], weights[mask]
        effect = weighted_effect(y, w, None if groups is None else groups[mask])
        mean = weighted_mean(y, w) if len(y) else 0.0
        variance = float(w @ (y - mean) ** 2) / float(w.sum()) if len(y) else 0.0
        parts.append((mean, variance, len(y) / effect))
    (mean, variance, n), (rest, rest_variance, m) = parts
    amount = float(weights[inside].sum()) / float(weights.mean())
    if losses:
        low, high = mean_interval(mean, variance, n)
        low, high = max(0.0, low), min(high, float(values.max()))
        spread = variance / n + (rest_variance / m if m else 0.0)
        bound = mean - rest - critical * spread**0.5
    else:
        low, high = wilson(mean * n, n)
        bound = newcombe(mean * n, n, rest * m, m, critical)[0]
    return Figures(
        rows=int(inside.sum()),
        failed=failed,
        error_rate=mean,
        low=low,
        high=high,
        rest_error_rate=rest if m else None,
        lift=mean / rest if m and rest else None,
        excess_errors=amount * (mean - rest),
        excess_errors_low=amount * bound,
    )


def weight_bins(values: Floats, weights: Floats, groups: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """For each row, which of up to sixteen bins of the weights it lies in (of the mean weight of its group, if any)."""
    if groups is not None and len(groups):
        weights = (np.bincount(groups, weights=weights) / np.maximum(np.bincount(groups), 1))[groups]
    bins = int(np.clip(np.count_nonzero(values) // ENOUGH, 1, BINS))
    edges = np.unique(np.quantile(weights, np.arange(1, bins) / bins, method="lower")) if bins > 1 else np.zeros(0)
    code = np.searchsorted(edges, weights, side="right")
    return np.asarray(np.unique(code, return_inverse=True)[1], np.int64)


def relative_spread(values: Floats, weights: Floats) -> Floats:
    """For each row, how much outcomes of its weight vary around the weighted mean, over how much all do: 1 where
    weights tell nothing of outcomes.

    Without it the evidence for a slice would be too strong where the rows that count for most fail most.
    """
    mean = weighted_mean(values, weights)
    squares = (values - mean) ** 2
    variance = float(weights @ squares) / float(weights.sum())
    if variance <= 0:
        return np.ones(len(values))
    code = weight_bins(values, weights)
    return np.asarray((np.bincount(code, weights=squares) / np.bincount(code) / variance)[code])


def weighted_deviate(
    sums: Floats, weights: Floats, spreads: Floats, whole: tuple[float, float, float], variance: float
) -> Floats:
    """The deviate of each slice's Σ w y against the rest: (Σ w y − W p) / √V, with p = Σ w y / Σ w of all rows.

    Linearised, the numerator is Σ (1 − g) w y over the slice less Σ g w y over the rest, g the share of all weight that
    the slice has; V = variance · (S (1 − 2 g) + g² S_all) with S the sum of ``spreads`` (squared weights, times
    ``relative_spread``). ``whole`` are the sums, weights and spreads of all rows, ``variance`` is that of the outcomes.
    Slices that hold no weight, or all of it, give 0.
    """
    all_sums, all_weights, all_spreads = whole
    result = np.zeros(len(sums))
    if all_weights <= 0 or variance <= 0:
        return result
    g = weights / all_weights
    v = variance * (spreads * (1 - 2 * g) + g**2 * all_spreads)
    inside = (g > 0) & (g < 1) & (v > 0)
    result[inside] = (sums[inside] - g[inside] * all_sums) / np.sqrt(v[inside])
    return result
