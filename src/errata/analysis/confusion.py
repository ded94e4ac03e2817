"""Confusion: pairs of classes that are taken for each other more often than other pairs are.

For a pair (true a, predicted b) the slice is the rows whose truth is a, and a row of it failed when it was predicted b.
The rest is every other true class, at its mean rate per wrong class: errors / (rows × (classes − 1)). Evidence is the
exact tail of the 2 × 2 table of chances (one per row and wrong class), Bonferroni-adjusted over the pairs that occur.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.tail import deviate, upper_tail

MOST_CLASSES = 2000


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of classes: ``failed`` of ``rows`` rows of class ``truth`` were predicted ``prediction``; in the rest,
    ``rest_failed`` of ``rest_chances``."""

    truth: int
    prediction: int
    rows: int
    failed: int
    rest_failed: int
    rest_chances: int
    p_adjusted: float

    @property
    def excess(self) -> float:
        """Errors above those that the rest's rate would give."""
        return self.failed - self.rows * self.rest_failed / max(self.rest_chances, 1)


def confused_pairs(
    truth: NDArray[np.int32], prediction: NDArray[np.int32], classes: int, *, level: float = 0.05, top: int = 10
) -> tuple[Pair, ...]:
    """The pairs that beat chance, by excess errors. ``truth`` and ``prediction`` are class numbers without gaps."""
    table = np.bincount(truth.astype(np.int64) * classes + prediction, minlength=classes * classes)
    table = table.reshape(classes, classes)
    rows = table.sum(axis=1)
    errors = rows - np.diag(table)
    wrong = classes - 1
    pairs = [(a, b) for a, b in np.argwhere(table > 0) if a != b]
    found = []
    for a, b in pairs:
        rest_failed, rest_chances = int(errors.sum() - errors[a]), int((rows.sum() - rows[a]) * wrong)
        failed, size = int(table[a, b]), int(rows[a])
        evidence = deviate(failed, size, failed + rest_failed, size + rest_chances)
        adjusted = min(1.0, float(upper_tail(evidence)) * len(pairs))
        if rest_chances and adjusted <= level and evidence > 0:
            found.append(Pair(int(a), int(b), size, failed, rest_failed, rest_chances, adjusted))
    return tuple(sorted(found, key=lambda pair: (-pair.excess, pair.truth, pair.prediction))[:top])
