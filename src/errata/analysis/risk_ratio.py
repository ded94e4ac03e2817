"""The ratio of two independent rates with Koopman's score interval (1984), and the score test of their difference."""

from __future__ import annotations

import math

from errata.analysis.intervals import Z95

_LARGEST = 25.0


def koopman(failed: float, rows: float, rest_failed: float, rest_rows: float, z: float = Z95) -> tuple[float, float]:
    """The interval of rate / rest rate: every ratio that the score test does not refuse. (0, ∞) without rows."""
    if rows <= 0 or rest_rows <= 0 or failed + rest_failed <= 0:
        return 0.0, math.inf
    square = z * z
    estimate = (failed / rows) / (rest_failed / rest_rows) if rest_failed > 0 else math.inf

    def refused(log_ratio: float) -> bool:
        return score(failed, rows, rest_failed, rest_rows, math.exp(log_ratio)) > square

    centre = math.log(estimate) if 0 < estimate < math.inf else 0.0
    low, high = 0.0, math.inf
    if failed > 0:
        low = math.exp(_crossing(refused, centre if math.isfinite(estimate) else _LARGEST, -_LARGEST))
    if rest_failed > 0:
        high = math.exp(_crossing(refused, centre if estimate > 0 else -_LARGEST, _LARGEST))
    return low, high


def _crossing(refused: object, inside: float, outside: float) -> float:
    """Where ``refused`` begins on the way out."""
    assert callable(refused)
    if not refused(outside):
        return outside
    for _ in range(80):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if refused(middle) else (middle, outside)
    return (inside + outside) / 2


def score(failed: float, rows: float, rest_failed: float, rest_rows: float, ratio: float) -> float:
    """Koopman's statistic of this ratio: both deviations from the rates that are likeliest under it, squared."""
    a = (rows + rest_rows) * ratio
    b = -(ratio * (rows + rest_failed) + failed + rest_rows)
    c = failed + rest_failed
    rest = (-b - math.sqrt(max(b * b - 4 * a * c, 0.0))) / (2 * a)
    rate = min(ratio * rest, 1.0)
    total = 0.0
    for k, n, p in ((failed, rows, rate), (rest_failed, rest_rows, rest)):
        variance = n * p * (1 - p)
        away = (k - n * p) ** 2
        if variance > 0:
            total += away / variance
        elif away > 1e-18:
            return math.inf
    return total


def equal_p(failed: float, rows: float, rest_failed: float, rest_rows: float) -> float:
    """Two-sided p of equal rates: the score test with the pooled rate."""
    from scipy.special import ndtr

    if rows <= 0 or rest_rows <= 0:
        return 1.0
    pooled = (failed + rest_failed) / (rows + rest_rows)
    error = math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / rest_rows))
    return float(2 * ndtr(-abs(failed / rows - rest_failed / rest_rows) / error)) if error > 0 else 1.0
