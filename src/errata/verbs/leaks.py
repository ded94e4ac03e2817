"""Columns that only repeat the outcome: a slice on them would say that failed rows fail."""

from __future__ import annotations

import numpy as np

from errata.factors.encode import Factor
from errata.nouns.outcome import FAILED, UNKNOWN, Outcomes

GLANCE = 5_000


def leaks(factor: Factor, outcomes: Outcomes) -> str | None:
    """Why the factor is only the outcome or the truth under another name; None if it is not."""
    # A glance at the first rows clears nearly every column without a look at the rest.
    for rows in (slice(0, GLANCE), slice(None)):
        codes = factor.codes[rows]
        equal = _equals_outcome(codes, outcomes.failed[rows])
        renamed = outcomes.truth is not None and _one_to_one(codes, outcomes.truth[rows])
        if not equal and not renamed:
            return None
        if len(codes) == len(factor.codes):
            break
    return "it equals the outcome" if equal else "it is the truth under another name; --factors admits it"


def _equals_outcome(codes: np.ndarray, failed: np.ndarray) -> bool:
    known = failed != UNKNOWN
    codes, wrong = codes[known], failed[known] == FAILED
    if not wrong.any() or wrong.all():
        return False
    counts, failures = np.bincount(codes, minlength=256), np.bincount(codes[wrong], minlength=256)
    pure = bool(((failures == 0) | (failures == counts)).all())
    return pure and int((counts > 0).sum()) == 2


def _one_to_one(codes: np.ndarray, truth: np.ndarray) -> bool:
    known = truth >= 0
    codes, truth = codes[known], truth[known]
    if len(truth) == 0:
        return False
    classes = int(truth.max()) + 1
    table = np.bincount(codes.astype(np.int64) * classes + truth, minlength=256 * classes).reshape(256, classes) > 0
    values, used = int(table.any(axis=1).sum()), int(table.any(axis=0).sum())
    return values == used == int(table.sum()) and used > 1
