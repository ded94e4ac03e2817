"""Where a change of the error rate comes from: another mix of rows, or another rate within the same rows.

Over the bins j of a column, with shares p and rates r on both sides (Kitagawa 1955):

    r_B − r_A = Σ (p_B − p_A)·(r_A + r_B)/2  +  Σ (r_B − r_A)·(p_A + p_B)/2
                        mix                               rate

which is the average of the two orders in which one may change first one and then the other (the Shapley value of two
players), and adds up exactly. Where one side has no rows in a bin, its rate there is taken to be the other side's: what
only one side has is mix. The interval of the mix is by the delta method, pointwise 95 %.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import Z95

Counts = NDArray[np.int64]


class Split(NamedTuple):
    """A change of the error rate in its two parts, and the interval of the mix (NaN-free; all are rates)."""

    change: float
    mix: float
    rate: float
    mix_low: float
    mix_high: float


def split(
    a_rows: Counts, a_failed: Counts, b_rows: Counts, b_failed: Counts, a_effect: float = 1.0, b_effect: float = 1.0
) -> Split:
    """The change from A to B by the bins of one column. Both sides have rows; effects are their design effects."""
    n, m = float(a_rows.sum()), float(b_rows.sum())
    p, q = a_rows / n, b_rows / m
    with np.errstate(invalid="ignore", divide="ignore"):
        r, s = a_failed / a_rows, b_failed / b_rows
    r, s = np.where(a_rows > 0, r, s), np.where(b_rows > 0, s, r)
    there = (a_rows > 0) | (b_rows > 0)
    p, q, r, s = p[there], q[there], r[there], s[there]
    middle = (r + s) / 2
    mix, rate = float(((q - p) * middle).sum()), float(((s - r) * (p + q) / 2).sum())
    # The shares vary, as a mean of the middle rates; and the rates vary, each by the shares' difference.
    variance = _variance(p, middle) / n * a_effect + _variance(q, middle) / m * b_effect
    lever = ((q - p) / 2) ** 2
    for shares, rates, rows, effect in ((p, r, n, a_effect), (q, s, m, b_effect)):
        held = shares * rows
        variance += float((lever * rates * (1 - rates) / np.where(held > 0, held, np.inf)).sum()) * effect
    half = Z95 * math.sqrt(max(0.0, variance))
    change = float(b_failed.sum() / m - a_failed.sum() / n)
    return Split(change, mix, rate, mix - half, mix + half)


def _variance(shares: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    mean = float((shares * values).sum())
    return float((shares * (values - mean) ** 2).sum())
