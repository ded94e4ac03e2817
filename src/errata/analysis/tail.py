"""How strong the evidence is that a slice fails more than the rest, as a standard normal deviate.

Under the hypothesis that failures are spread over the rows at random, the failures in a slice of ``rows`` rows are
hypergeometric. Their upper tail is turned into the standard normal deviate with the same tail (``z`` where the slice
is large, the exact tail where it is small), so that slices of every size stand on one scale. The tail is the double
saddlepoint approximation for a 2 × 2 table with both continuity corrections (Skovgaard 1987; Davison 1988), written as
the modified signed root r* = r + log(u / r) / r (Barndorff-Nielsen 1986). Against exact tails its relative error is
typically below 0.1 %; it is largest at the very end, where every row of a slice failed: a tail is then up to 13 % too
small, and the deviate 0.02 too large (tests/analysis/test_tail.py).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def deviate(failed: ArrayLike, rows: ArrayLike, total_failed: ArrayLike, total_rows: ArrayLike) -> Floats:
    """The normal deviate of P(X ≥ failed), X hypergeometric(total_rows, total_failed, rows); elementwise.

    Positive where the slice fails more than chance has it. Slices of no rows or of all rows give 0, and so does every
    slice where none of all rows failed, or all did.
    """
    k, n, big_k, big_n = np.broadcast_arrays(
        *(np.asarray(part, np.float64) for part in (failed, rows, total_failed, total_rows))
    )
    result = np.zeros(k.shape)
    inside = (n > 0) & (n < big_n) & (big_k > 0) & (big_k < big_n)
    if not inside.any():
        return result
    k, n, big_k, big_n = k[inside], n[inside], big_k[inside], big_n[inside]
    p = big_k / big_n
    spread = np.sqrt(p * (1 - p) * n * (1 - n / big_n) * big_n / np.maximum(big_n - 1, 1))
    # P(X ≥ k) steps between k - 1 and k: the half is the continuity correction.
    x = k - 0.5
    found = (x - n * p) / spread
    # Near its centre r* divides zero by zero, and there the normal approximation is good anyway.
    far = (np.abs(found) > 0.5) & (x > 0) & (x < n) & (big_k - x > 0) & (big_n - n - big_k + x > 0)
    found[far] = _signed_root(x[far], n[far], big_k[far], big_n[far])
    result[inside] = found
    return result


def _signed_root(x: Floats, n: Floats, big_k: Floats, big_n: Floats) -> Floats:
    p = big_k / big_n
    rest = big_n - n
    p1, p2 = x / n, (big_k - x) / rest
    gain = n * _divergence(p1, p) + rest * _divergence(p2, p)
    root = np.sign(p1 - p) * np.sqrt(2 * np.maximum(gain, 1e-12))
    tilt = np.log(p1 / (1 - p1)) - np.log(p2 / (1 - p2))
    spread = np.sqrt(n * p1 * (1 - p1) * rest * p2 * (1 - p2) / (big_n * p * (1 - p)))
    u = 2 * np.sinh(tilt / 2) * spread
    corrected: Floats = root + np.log(u / root) / root
    return corrected


def _divergence(a: Floats, b: Floats) -> Floats:
    result: Floats = a * np.log(a / b) + (1 - a) * np.log((1 - a) / (1 - b))
    return result


def mean_deviate(total: ArrayLike, rows: ArrayLike, mean: float, variance: float, total_rows: float) -> Floats:
    """The deviate of a slice's sum of losses among equally likely choices of ``rows`` of ``total_rows`` rows.

    ``mean`` and ``variance`` (denominator total_rows) are those of all rows; sampling is without replacement.
    """
    s, n = np.broadcast_arrays(np.asarray(total, np.float64), np.asarray(rows, np.float64))
    result = np.zeros(s.shape)
    if variance <= 0:
        return result
    inside = (n > 0) & (n < total_rows)
    spread = np.sqrt(variance * n[inside] * (total_rows - n[inside]) / max(total_rows - 1, 1))
    result[inside] = (s[inside] - n[inside] * mean) / spread
    return result


def upper_tail(z: ArrayLike) -> Floats:
    """P(Z ≥ z) for a standard normal Z."""
    deviates = np.asarray(z, np.float64)
    if deviates.ndim == 0:
        # A search asks for single ones, which are not worth waking scipy.special for.
        return np.asarray(math.erfc(float(deviates) / math.sqrt(2)) / 2)
    from scipy.special import ndtr

    return np.asarray(ndtr(-deviates))


def sidak(z: ArrayLike, tests: float) -> Floats:
    """The adjusted p of a deviate that is the largest of ``tests`` independent ones: 1 − (1 − p)^tests."""
    tail = upper_tail(z)
    return np.asarray(-np.expm1(tests * np.log1p(-np.minimum(tail, 1 - 1e-16))))


def sidak_threshold(tests: float, level: float) -> float:
    """The deviate that the largest of ``tests`` independent ones exceeds with probability ``level``."""
    from statistics import NormalDist

    return -NormalDist().inv_cdf(-math.expm1(math.log1p(-level) / max(tests, 1.0)))


def effective_tests(threshold: float, level: float) -> float:
    """How many independent tests would have this threshold: the inverse of ``sidak_threshold``."""
    tail = float(upper_tail(threshold))
    return max(1.0, math.log1p(-level) / math.log1p(-tail)) if 0 < tail < 1 else 1.0
