"""Confusion: pairs of classes that are taken for each other more often than other pairs are.

For a pair (true a, predicted b) the slice is the rows whose truth is a, and a row of it failed when it was predicted b.
The rest is every other true class, at its mean rate per wrong class: errors / (rows × (classes − 1)). Evidence is the
tail of the 2 × 2 table of chances (one per row and wrong class), Šidák-adjusted over all pairs of a class that has rows
and another; where rows depend on each other all counts are divided by the pair's design effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.figures import grouped_effect
from errata.analysis.tail import deviate, sidak, sidak_threshold

MOST_CLASSES = 2000


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of classes: ``failed`` of ``rows`` rows of class ``truth`` were predicted ``prediction``; in the rest,
    ``rest_failed`` of ``rest_chances``. The design effects are those of dependent rows."""

    truth: int
    prediction: int
    rows: int
    failed: int
    rest_failed: int
    rest_chances: int
    p_adjusted: float
    effect: float = 1.0
    rest_effect: float = 1.0

    @property
    def excess(self) -> float:
        """Errors above those that the rest's rate would give."""
        return self.failed - self.rows * self.rest_failed / max(self.rest_chances, 1)


def confused_pairs(
    truth: NDArray[np.int32],
    prediction: NDArray[np.int32],
    classes: int,
    groups: NDArray[np.int64] | None = None,
    *,
    level: float = 0.05,
    top: int = 10,
) -> tuple[tuple[Pair, ...], float]:
    """The pairs that beat chance, by excess errors, and the deviate at which bounds hold for all pairs at once.

    ``truth`` and ``prediction`` are class numbers without gaps, ``groups`` dense group numbers; equal lengths.
    """
    table = np.bincount(truth.astype(np.int64) * classes + prediction, minlength=classes * classes)

    def effects(a: int, b: int) -> tuple[float, float]:
        of_a = truth == a
        return (
            grouped_effect((prediction == b).astype(np.float64), groups, of_a),
            grouped_effect((prediction != truth).astype(np.float64), groups, ~of_a),
        )

    return confused_in(table.reshape(classes, classes), None if groups is None else effects, level=level, top=top)


def confused_in(
    table: NDArray[np.int64],
    effects: Callable[[int, int], tuple[float, float]] | None = None,
    *,
    level: float = 0.05,
    top: int = 10,
) -> tuple[tuple[Pair, ...], float]:
    """The same of the rows by true and predicted class. ``effects`` are the design effects of a pair, in it and in the
    rest; None where rows are independent."""
    classes = len(table)
    rows = table.sum(axis=1)
    errors = rows - np.diag(table)
    a, b = np.nonzero(table * ~np.eye(classes, dtype=bool))
    failed, size = table[a, b], rows[a]
    rest_failed, rest_chances = errors.sum() - errors[a], (rows.sum() - rows[a]) * (classes - 1)
    evidence = deviate(failed, size, failed + rest_failed, size + rest_chances)
    # Pairs that do not occur were looked at too: of many classes the few that do are the extremes of them all.
    pairs = int((rows > 0).sum()) * (classes - 1)
    critical = sidak_threshold(pairs, level)
    found = []
    for i in np.flatnonzero((evidence > critical) & (rest_chances > 0)):
        effect, rest_effect = (1.0, 1.0) if effects is None else effects(int(a[i]), int(b[i]))
        rarer = np.array([failed[i], size[i], failed[i] + rest_failed[i], size[i] + rest_chances[i]]) / effect
        strength = float(deviate(*rarer))
        if strength > critical:
            found.append(
                Pair(
                    truth=int(a[i]),
                    prediction=int(b[i]),
                    rows=int(size[i]),
                    failed=int(failed[i]),
                    rest_failed=int(rest_failed[i]),
                    rest_chances=int(rest_chances[i]),
                    p_adjusted=float(sidak(strength, pairs)),
                    effect=effect,
                    rest_effect=rest_effect,
                )
            )
    return tuple(sorted(found, key=lambda pair: (-pair.excess, pair.truth, pair.prediction))[:top]), critical
