"""What is usual at a time of day and of the week: a baseline of errors by bucket.

Expected errors of bucket t are rows_t · level · hour of day · day of week, a multiplicative Poisson model whose maximum
likelihood is found by proportional fitting (Deming and Stephan 1940; Darroch and Ratcliff 1972): each factor in turn is
scaled until its expected errors add up to those observed. A factor is taken only where every position has come round
often enough to be told from chance, and where it explains more than chance: an approximate F test of the fall of
Pearson's statistic (McCullagh and Nelder 1989, §4.5), at 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HOUR, DAY = 3600, 86400
HOUR_OF_DAY, DAY_OF_WEEK = "hour of day", "day of week"
TIMES_ROUND = 3
LEVEL = 0.01
MOST = 1 - 1e-9
Positions = dict[str, NDArray[np.int64]]


def positions(times: NDArray[np.int64], bucket: int) -> Positions:
    """The place of each bucket (seconds of the epoch) in the day and the week, as far as they have come round 3 times.

    The week begins on Monday.
    """
    found: Positions = {}
    span = int(times[-1] - times[0]) + bucket
    if bucket < DAY and span >= TIMES_ROUND * DAY:
        found[HOUR_OF_DAY] = times // HOUR % 24
    if span >= TIMES_ROUND * 7 * DAY:
        found[DAY_OF_WEEK] = (times // DAY + 3) % 7
    return found


def expected(
    failed: NDArray[np.float64], rows: NDArray[np.float64], factors: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """Expected errors of each bucket, where every factor (a position per bucket, from 0) has its own multiplier."""
    total = float(failed.sum())
    fit = rows * (total / rows.sum())
    dense = [np.unique(one, return_inverse=True)[1] for one in factors]
    observed = [np.bincount(one, failed) for one in dense]
    for _ in range(200):
        before = fit
        for one, there in zip(dense, observed, strict=True):
            held = np.bincount(one, fit)
            fit = fit * np.divide(there, held, out=np.zeros_like(held), where=held > 0)[one]
        if len(dense) < 2 or float(np.abs(fit - before).max()) <= 1e-9 * max(total, 1.0):
            break
    fitted: NDArray[np.float64] = np.minimum(fit, MOST * rows)
    return fitted


def residuals(failed: NDArray[np.float64], rows: NDArray[np.float64], fit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's: how many standard deviations of independent rows each bucket lies from what was expected."""
    variance = fit * (1 - fit / rows)
    return np.divide(failed - fit, np.sqrt(variance), out=np.zeros(len(rows)), where=variance > 0)


def dispersion(
    failed: NDArray[np.float64], rows: NDArray[np.float64], fit: NDArray[np.float64], parameters: int
) -> float:
    """How many times larger the variance between buckets is than of independent rows, at least 1.

    From the median of the squared residuals (0.455 of their mean where nothing stands out), so that a few buckets that
    stand out do not hide themselves.
    """
    squares = residuals(failed, rows, fit) ** 2
    squares = squares[fit > 0]
    if len(squares) <= parameters:
        return 1.0
    return max(1.0, float(np.median(squares)) / 0.45493642 * len(squares) / (len(squares) - parameters))


def seasons_of(
    failed: NDArray[np.float64], rows: NDArray[np.float64], levels: NDArray[np.int64], places: Positions
) -> list[str]:
    """Which seasons explain more than chance, beside the levels."""
    from scipy.special import fdtrc

    taken: list[str] = []
    for name, place in places.items():
        without = [levels, *(places[one] for one in taken)]
        parameters = sum(len(np.unique(one)) - 1 for one in [*without, place]) + 1
        left = len(failed) - parameters
        more = len(np.unique(place)) - 1
        if left < 1 or more < 1:
            continue
        rest = float((residuals(failed, rows, expected(failed, rows, [*without, place])) ** 2).sum())
        before = float((residuals(failed, rows, expected(failed, rows, without)) ** 2).sum())
        # Independent rows scatter by 1; less than that is luck, and no reason to believe in a season.
        scale = max(rest / left, 1.0)
        if fdtrc(more, left, max(0.0, (before - rest) / more / scale)) <= LEVEL:
            taken.append(name)
    return taken
