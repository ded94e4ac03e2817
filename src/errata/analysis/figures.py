"""From counts to the figures of a finding: rates, their intervals, and the errors above the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from errata.analysis.dependence import intraclass
from errata.analysis.intervals import Z95, design_effect, mean_interval, newcombe, wilson
from errata.analysis.slices import Totals
from errata.nouns.finding import Figures
from errata.nouns.report import Estimate


def rate_figures(totals: Totals, critical: float, effect: float = 1.0, rest_effect: float = 1.0) -> Figures:
    """Figures of a slice that failed ``totals.failed`` times.

    ``critical`` is the deviate at which the lower bound of the excess holds for everything searched at once (Newcombe's
    interval at that deviate). The design effects, in the slice and in the rest, shrink the rows to effective ones.
    """
    rows, failed = totals.rows, totals.failed
    rest_rows, rest_failed = totals.all_rows - rows, totals.all_failed - failed
    low, high = wilson(failed / effect, rows / effect)
    rate = failed / rows
    rest = rest_failed / rest_rows if rest_rows else None
    bound = newcombe(failed / effect, rows / effect, rest_failed / rest_effect, rest_rows / rest_effect, critical)[0]
    return Figures(
        rows=rows,
        failed=int(failed),
        error_rate=rate,
        low=low,
        high=high,
        rest_error_rate=rest,
        lift=rate / rest if rest else None,
        excess_errors=failed - rows * (rest or 0.0),
        excess_errors_low=rows * bound,
    )


def loss_figures(
    inside: NDArray[np.float64],
    outside: NDArray[np.float64],
    failed: int | None,
    critical: float,
    effect: float = 1.0,
    rest_effect: float = 1.0,
) -> Figures:
    """Figures of a slice with these losses against the losses outside: rates are mean losses, excess is their sum.

    Of fewer than two effective rows nothing bounds the mean but that losses are at least 0 and, as far as was seen, at
    most the largest.
    """
    mean = float(inside.mean())
    low, high = mean_interval(mean, float(inside.var()), len(inside) / effect)
    high = min(high, max(float(inside.max()), float(outside.max(initial=0.0))))
    rest = float(outside.mean()) if len(outside) else None
    spread = float(inside.var()) / len(inside) * effect
    if len(outside):
        spread += float(outside.var()) / len(outside) * rest_effect
    difference = mean - (rest or 0.0)
    return Figures(
        rows=len(inside),
        failed=failed,
        error_rate=mean,
        low=max(0.0, low),
        high=high,
        rest_error_rate=rest,
        lift=mean / rest if rest else None,
        excess_errors=len(inside) * difference,
        excess_errors_low=len(inside) * (difference - critical * spread**0.5),
    )


def mean_estimate(values: NDArray[np.float64], groups: NDArray[np.int64] | None) -> Estimate:
    """The mean of at least one value with its 95 % interval, open where fewer than two effective rows bound it."""
    mean = float(values.mean())
    effect = grouped_effect(values, groups, np.ones(len(values), bool))
    low, high = mean_interval(mean, float(values.var()), len(values) / effect)
    return Estimate(mean, low if np.isfinite(low) else None, high if np.isfinite(high) else None)


def grouped_effect(values: NDArray[np.float64], groups: NDArray[np.int64] | None, mask: NDArray[np.bool_]) -> float:
    """The design effect among the rows of ``mask``; 1 without groups or rows, never less.

    The larger of what the groups' means show and what their sizes and the intraclass correlation have it, for a few
    large groups show too little of their own variance; times the square by which Student's t with a degree of freedom
    for each group but one is wider than the normal deviate.
    """
    if groups is None or not mask.any():
        return 1.0
    from scipy.special import stdtrit

    dense = np.unique(groups[mask], return_inverse=True)[1]
    sizes = np.bincount(dense).astype(np.float64)
    if len(sizes) == len(dense):
        return 1.0
    of_sizes = float((sizes**2).sum()) / len(dense) - 1
    effect = max(1.0, design_effect(values[mask], dense), 1 + intraclass(values[mask], dense) * of_sizes)
    few = float(stdtrit(max(len(sizes) - 1, 1), 0.975)) / Z95
    return min(effect * few**2, float(len(dense)))
