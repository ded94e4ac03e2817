"""The temperature (Guo et al. 2017): scores p become softmax(log p / T), with the T of least negative log-likelihood.

The likelihood is convex in 1/T, so its slope has one root, found between two bounds by the Illinois method (Dowell and
Jarratt 1971).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1e-12
"""A score below is taken for this: no temperature mends a true class at 0."""
LIMIT = 100.0
"""T lies in [1/100, 100]."""
TOLERANCE, MOST_STEPS = 1e-10, 100


def fitted(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """T for scores (rows × classes) and the true class of each row; at least one row."""
    logs = np.log(np.maximum(probabilities, SMALLEST))
    low, high = -float(np.log(LIMIT)), float(np.log(LIMIT))
    below, above = (_slope(logs, truth, float(np.exp(at))) for at in (low, high))
    if below >= 0 or above <= 0:
        return LIMIT if below >= 0 else 1 / LIMIT
    last = 0.0
    for _ in range(MOST_STEPS):
        middle = (low * above - high * below) / (above - below)
        slope = _slope(logs, truth, float(np.exp(middle)))
        again = slope * last > 0
        # A bound that stays twice in turn counts for half, or the other alone would move, in ever smaller steps.
        if slope < 0:
            moved, low, below = middle - low, middle, slope
            above = above / 2 if again else above
        else:
            moved, high, above = high - middle, middle, slope
            below = below / 2 if again else below
        last = slope
        if moved < TOLERANCE or slope == 0:
            return float(np.exp(-middle))
    return float(np.exp(-(low + high) / 2))


def tempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """The scores at this temperature; rows sum to 1."""
    return _softmax(np.log(np.maximum(probabilities, SMALLEST)) / temperature)


def log_loss(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """The mean negative log-likelihood, in nats."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], SMALLEST)).mean())


def _slope(logs: NDArray[np.float64], truth: NDArray[np.int64], inverse: float) -> float:
    """Of the negative log-likelihood by 1/T."""
    expected = (_softmax(logs * inverse) * logs).sum(axis=1)
    return float((expected - logs[np.arange(len(truth)), truth]).mean())


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
