"""Columns that only repeat the outcome: a slice on them would say that failed rows fail."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from errata.factors.encode import Factor
from errata.nouns.outcome import FAILED, UNKNOWN, Outcomes

GLANCE = 5_000
Codes = NDArray[np.uint8]


def leaks(factor: Factor, outcomes: Outcomes) -> str | None:
    """Why the factor is only the outcome, the truth, the prediction or the loss again; None if it is not."""
    # A glance at the first rows clears nearly every column without a look at the rest: what contradicts there stays so.
    for rows in (slice(0, GLANCE), slice(None)):
        codes = factor.codes[rows]
        whole = len(codes) == len(factor.codes)
        reason = _reason(codes, outcomes, rows, whole)
        if reason is None or whole:
            return reason
    return None


def _reason(codes: Codes, outcomes: Outcomes, rows: slice, whole: bool) -> str | None:
    if _equals_outcome(codes, outcomes.failed[rows], whole):
        return "it equals the outcome"
    if outcomes.truth is not None and _one_to_one(codes, outcomes.truth[rows], whole):
        return "it is the truth under another name (--factors admits it)"
    if outcomes.prediction is not None and _one_to_one(codes, outcomes.prediction[rows], whole):
        return "it is the prediction under another name"
    if outcomes.loss is not None and _follows(codes, outcomes.loss[rows], whole):
        return "it rises or falls with the loss and nothing else"
    return None


def _equals_outcome(codes: Codes, failed: NDArray[np.int8], whole: bool) -> bool:
    known = failed != UNKNOWN
    codes, wrong = codes[known], failed[known] == FAILED
    counts, failures = np.bincount(codes, minlength=256), np.bincount(codes[wrong], minlength=256)
    pure = bool(((failures == 0) | (failures == counts)).all())
    values = int((counts > 0).sum())
    return pure and values <= 2 and (not whole or (values == 2 and bool(wrong.any()) and not wrong.all()))


def _one_to_one(codes: Codes, classes: NDArray[np.int32], whole: bool) -> bool:
    known = classes >= 0
    codes, classes = codes[known], classes[known]
    if len(classes) == 0:
        return not whole
    most = int(classes.max()) + 1
    table = np.bincount(codes.astype(np.int64) * most + classes, minlength=256 * most).reshape(256, most) > 0
    values, used = int(table.any(axis=1).sum()), int(table.any(axis=0).sum())
    return values == used == int(table.sum()) and (not whole or used > 1)


def _follows(codes: Codes, loss: NDArray[np.float64], whole: bool) -> bool:
    """Whether each code holds losses that no other code holds, in the order of the codes or against it."""
    known = ~np.isnan(loss)
    codes, loss = codes[known], loss[known]
    present = np.unique(codes)
    if len(present) < 2:
        return not whole
    least, most = np.full(256, np.inf), np.full(256, -np.inf)
    np.minimum.at(least, codes, loss)
    np.maximum.at(most, codes, loss)
    least, most = least[present], most[present]
    return bool((most[:-1] < least[1:]).all() or (least[:-1] > most[1:]).all())
