"""Rates of many nodes at once: each is drawn toward the others' as far as its own rows leave doubt (empirical Bayes).

True rates of nodes are taken to follow one beta distribution, fitted by the method of moments with Kleinman's weights
(1973): from weights w_i = n_i, the mean p = Σ w r / Σ w and the correlation ρ that makes the expected scatter
Σ w (r − p)² that observed, then once more with w_i = n_i / (1 + ρ (n_i − 1)), until ρ stays. The posterior of a node is
Beta(α + failed, β + passed) with α + β = (1 − ρ) / ρ, its mean the shrunk rate, its 2.5 and 97.5 % quantiles the
interval (which takes α and β as known).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_CORRELATION = 1e-7
"""Nodes that scatter no more than rows do: all have one rate, as if each had ten million rows of it."""


@dataclass(frozen=True, slots=True)
class Prior:
    """The beta distribution of the true rates."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """Of the true rates."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def spread(self) -> float:
        """The standard deviation of the true rates; 0 where nodes scatter no more than rows do."""
        whole = self.alpha + self.beta
        if whole >= (1 - LEAST_CORRELATION) / LEAST_CORRELATION * (1 - 1e-9):
            return 0.0
        return math.sqrt(self.alpha * self.beta / (whole * whole * (whole + 1)))

    def shrunk(
        self, failed: NDArray[np.float64], rows: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The shrunk rates, and the ends of their 95 % intervals."""
        from scipy.special import betaincinv

        a, b = self.alpha + failed, self.beta + rows - failed
        return a / (a + b), betaincinv(a, b, 0.025), betaincinv(a, b, 0.975)


def prior_of(failed: NDArray[np.float64], rows: NDArray[np.float64]) -> Prior:
    """The prior of nodes with these counts, each of at least one row."""
    rates = failed / rows
    weights, rho = rows.copy(), 0.0
    mean = float(failed.sum() / rows.sum())
    for _ in range(50):
        whole = float(weights.sum())
        mean = float((weights * rates).sum() / whole)
        scatter = float((weights * (rates - mean) ** 2).sum())
        # Expected: p(1 − p) Σ w_i (1 − w_i/W) (1/n_i + ρ (1 − 1/n_i)).
        share = weights * (1 - weights / whole)
        alone, more = float((share / rows).sum()), float((share * (1 - 1 / rows)).sum())
        variance = mean * (1 - mean)
        before = rho
        rho = min(max((scatter / variance - alone) / more, 0.0), 0.99) if variance > 0 and more > 0 else 0.0
        weights = rows / (1 + rho * (rows - 1))
        if abs(rho - before) <= 1e-10:
            break
    rho = max(rho, LEAST_CORRELATION)
    # Without any failure, or without any success, half a row keeps the distribution one.
    total = float(rows.sum())
    mean = min(max(mean, 0.5 / total), 1 - 0.5 / total)
    strength = (1 - rho) / rho
    return Prior(mean * strength, (1 - mean) * strength)
