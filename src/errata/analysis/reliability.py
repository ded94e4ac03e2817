"""Reliability from counts in fine bins: bins of equal width or equal mass, the errors of calibration, Brier's score.

docs/calibration.md states each formula.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import wilson
from errata.analysis.tally import Counts
from errata.nouns.calibration import Brier
from errata.nouns.report import ReliabilityBin

FINE = 1500
"""Bins of equal width on [0, 1] that are counted; every bin that is shown is made of whole ones."""
SHOWN = 15


@dataclass(frozen=True, slots=True)
class Binned:
    """Rows by bin of the score: how many, how many came true, and sums of the score and of (score − outcome)²."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rows: NDArray[np.float64]
    true: NDArray[np.float64]
    score: NDArray[np.float64]
    squared: NDArray[np.float64]

    @staticmethod
    def of(counts: Counts) -> Binned:
        """From a Tally by (score in FINE equal bins, outcome) with the sums score and (score − outcome)².

        Rows without score or outcome are left out; a score just above 1 is in the last bin.
        """
        rows, sums = counts.dense([(*range(FINE), FINE), (False, True)])
        # What lies above 1 does so by rounding.
        rows[-2], sums[-2] = rows[-2] + rows[-1], sums[-2] + sums[-1]
        both = sums[:-1].sum(axis=1)
        at = np.arange(FINE)
        return Binned(
            at / FINE, (at + 1) / FINE, rows[:-1].sum(axis=1).astype(float), rows[:-1, 1].astype(float),
            both[:, 0], both[:, 1],
        )  # fmt: skip

    @property
    def total(self) -> float:
        """All rows."""
        return float(self.rows.sum())

    def merged(self, index: NDArray[np.int64]) -> Binned:
        """Bins put together: ``index`` is the new bin of each, rising. Those without rows are dropped."""
        index = np.unique(index, return_inverse=True)[1].reshape(-1)
        first = np.flatnonzero(np.append(True, np.diff(index) > 0))
        last = np.append(first[1:], len(index)) - 1
        added = [np.bincount(index, one).astype(float) for one in (self.rows, self.true, self.score, self.squared)]
        kept = added[0] > 0
        rows, true, score, squared = (one[kept] for one in added)
        return Binned(self.low[first][kept], self.high[last][kept], rows, true, score, squared)

    def by_width(
        self, bins: int = SHOWN
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Rows, how many came true, and the sums of score and (score − outcome)², in bins of equal width: all of them,
        also those without rows. ``bins`` divides FINE."""
        rows, true, score, squared = (
            one.reshape(bins, -1).sum(axis=1) for one in (self.rows, self.true, self.score, self.squared)
        )
        return rows, true, score, squared

    def equal_width(self, bins: int = SHOWN) -> Binned:
        """Bins of equal width; ``bins`` divides FINE."""
        return self.merged(np.arange(len(self.rows)) * bins // len(self.rows))

    def equal_mass(self, bins: int = SHOWN) -> Binned:
        """Bins of about equally many rows: each fine bin goes where the middle of its rows falls."""
        middle = np.cumsum(self.rows) - self.rows / 2
        return self.merged(np.minimum((middle / self.total * bins).astype(np.int64), bins - 1))

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Mean score − share that came true, by bin; every bin has rows."""
        return np.asarray((self.score - self.true) / self.rows)

    def ece(self) -> float:
        """Σ rows/total · |gap|."""
        return float(np.abs(self.gaps) @ self.rows / self.total)

    def mce(self) -> float:
        """The largest |gap| of a bin."""
        return float(np.abs(self.gaps).max())

    def curve(self, effect: Callable[[float, float], float] | None = None) -> tuple[ReliabilityBin, ...]:
        """Each bin with Wilson's interval; ``effect(low, high)`` is the design effect of the rows in a bin."""
        found = []
        for at in range(len(self.rows)):
            n, k = float(self.rows[at]), float(self.true[at])
            low, high = float(self.low[at]), float(self.high[at])
            by = 1.0 if effect is None else effect(low, high)
            found.append(ReliabilityBin(low, high, int(n), float(self.score[at]) / n, k / n, *wilson(k / by, n / by)))
        return tuple(found)


def brier_of(bins: Binned) -> Brier:
    """The Brier score with the parts of Murphy (1973) over these bins, all of which have rows."""
    share, rate = bins.rows / bins.total, bins.true / bins.rows
    base = float(bins.true.sum() / bins.total)
    value = float(bins.squared.sum() / bins.total)
    reliability = float(share @ bins.gaps**2)
    resolution = float(share @ (rate - base) ** 2)
    uncertainty = base * (1 - base)
    return Brier(
        value=value,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        remainder=value - (reliability - resolution + uncertainty),
    )
