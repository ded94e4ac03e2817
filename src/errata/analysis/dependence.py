"""Rows that depend on each other: how much less they say than as many independent ones.

Rows of a group (a video, a user) are alike by the intraclass correlation ρ, estimated from the variance between and
within groups (Fisher 1925; Donner 1986). With s and r rows of a group in a slice and in the rest, n and m in all, the
variance of the slice's rate minus the rest's is p (1 − p) times (Kish 1965; Donald and Donner 1987)

    (n + ρ (Σs² − n)) / n² + (m + ρ (Σr² − m)) / m² − 2 ρ Σ s r / (n m)

and the design effect is that over 1/n + 1/m, what it would be of independent rows: 1 where each group has a row in the
slice, and nearly ρ · rows where one group has them all, in the slice or in the rest, whatever happened to that group.
All counts are divided by it before evidence is weighed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

ALIKE = 20
"""Groups are dealt among at least so many of their size."""
EVEN = 0.95


def intraclass(values: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """The intraclass correlation of ``values`` in dense ``groups``, in [0, 1]: 0 where each group has one row."""
    rows, sizes = len(values), np.bincount(groups)
    sizes = sizes[sizes > 0]
    count = len(sizes)
    if count < 2 or count == rows:
        # One group: only groups count, and there is one. All of one row: nothing depends on anything.
        return 1.0 if count == 1 else 0.0
    sums = np.bincount(groups, weights=values)[np.bincount(groups) > 0]
    between = float((sizes * (sums / sizes - values.mean()) ** 2).sum()) / (count - 1)
    within = max(0.0, float(values @ values) - float((sums**2 / sizes).sum())) / (rows - count)
    typical = (rows - float((sizes**2).sum()) / rows) / (count - 1)
    whole = between + (typical - 1) * within
    return float(np.clip((between - within) / whole, 0, 1)) if whole > 0 else 0.0


def uneven(groups: NDArray[np.int64]) -> bool:
    """Whether more than one row in twenty is in a group of a size that few groups have."""
    times = np.bincount(np.bincount(groups))
    return uneven_sizes(dict(enumerate(times.tolist())))


def uneven_sizes(times: Mapping[int, int]) -> bool:
    """The same of how many groups have each size."""
    rows = {size: size * groups for size, groups in times.items()}
    alike = sum(rows[size] for size, groups in times.items() if groups >= ALIKE)
    return alike < EVEN * sum(rows.values())


def effects_of(
    squares: NDArray[np.float64],
    products: NDArray[np.float64],
    rows: NDArray[np.int64],
    all_squares: float,
    all_rows: int,
    correlation: float,
) -> NDArray[np.float64]:
    """The design effect, at least 1, of slices of ``rows`` rows whose groups have Σs² = ``squares`` in them and
    Σ s (s + r) = ``products``; all groups have Σ (s + r)² = ``all_squares``."""
    n = np.maximum(rows, 1).astype(np.float64)
    m = np.maximum(all_rows - rows, 1).astype(np.float64)
    rest = all_squares - 2 * products + squares
    inside = (n + correlation * (squares - n)) / n**2
    outside = (m + correlation * (rest - m)) / m**2
    both = 2 * correlation * (products - squares) / (n * m)
    return np.maximum(1.0, (inside + outside - both) / (1 / n + 1 / m))
