"""What mending slices would bring, and what it brought.

The predicted gain is the number of errors that go if the rows of the planned slices, each counted once, fail at the
rate of all other rows: ``failed − rows · rest_failed / rest_rows``. It is a ceiling: a plan rarely lifts a slice above
the rest, and what it costs elsewhere is not in it.

The measured gain is errors before minus errors after on the same samples.

Both have percentile intervals of a bootstrap that resamples groups (rows, when each is its own group). Groups with the
same counts are the same to it, so a draw is one multinomial over the distinct counts (Efron and Tibshirani 1993, §13.3
and §8.6 for dependent rows).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
Cells = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gain:
    """Errors with a bootstrap's 95 % percentile interval."""

    errors: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The counts behind a predicted gain, and the gain."""

    rows: int
    failed: int
    rest_rows: int
    rest_failed: int
    gain: Gain


def predicted_gain(
    inside: NDArray[np.bool_],
    failed: NDArray[np.bool_],
    groups: NDArray[np.int64] | None,
    seed: int,
    draws: int = DRAWS,
) -> Prediction:
    """The ceiling of mending the rows ``inside``; both arrays are bool, one per row of known outcome.

    ``groups`` are dense codes, one per row. Raises ValueError when no row lies outside: then there is no rest to
    compare with.
    """
    if inside.all():
        raise ValueError("there is no rest")
    cells = np.stack([inside, inside & failed, ~inside, ~inside & failed], axis=1).astype(np.float64)

    def excess(sums: Cells) -> Cells:
        with np.errstate(invalid="ignore", divide="ignore"):
            result: Cells = sums[:, 1] - sums[:, 0] * (sums[:, 3] / sums[:, 2])
        return result

    rows, wrong, rest_rows, rest_wrong = (int(value) for value in cells.sum(axis=0))
    return Prediction(rows, wrong, rest_rows, rest_wrong, _bootstrap(cells, excess, groups, seed, draws))


def measured_gain(
    before: NDArray[np.bool_], after: NDArray[np.bool_], groups: NDArray[np.int64] | None, seed: int, draws: int = DRAWS
) -> Gain:
    """Errors before minus errors after, over the same rows (bool, one per row); 0 [0, 0] without rows."""
    cells = (before.astype(np.float64) - after.astype(np.float64))[:, None]
    return _bootstrap(cells, lambda sums: sums[:, 0], groups, seed, draws)


def _bootstrap(
    cells: Cells, statistic: Callable[[Cells], Cells], groups: NDArray[np.int64] | None, seed: int, draws: int
) -> Gain:
    if len(cells) == 0:
        return Gain(0.0, 0.0, 0.0)
    if groups is not None:
        count = int(groups.max()) + 1
        cells = np.stack([np.bincount(groups, weights=column, minlength=count) for column in cells.T], axis=1)
        cells = cells[np.bincount(groups, minlength=count) > 0]
    alike, times = np.unique(cells, axis=0, return_counts=True)
    units = int(times.sum())
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(units, times / units, size=draws) @ alike
    values = statistic(drawn)
    values = values[np.isfinite(values)]  # a draw without any row of the rest has no rate to compare with
    low, high = np.quantile(values, [0.025, 0.975]) if len(values) else (float("nan"), float("nan"))
    return Gain(float(statistic(cells.sum(axis=0, keepdims=True))[0]), float(low), float(high))
