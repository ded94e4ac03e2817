"""Gaps between the rates of groups, with intervals that hold for all gaps at once.

- A gap is the difference of two independent rates. Its interval is MOVER (Zou and Donner 2008; Newcombe 1998, method
  10, is the same with Wilson's limits) from the exact limits of either rate (Clopper and Pearson 1934). Wilson's are
  too narrow here: at the deviates of many gaps they claim that one failure among few rows cannot be chance.
- The deviate is that of max-|t| over the gaps of one metric of one column: each group against the rest, and each pair
  of groups (Hothorn, Bretz and Westfall 2008, single step), from seeded normal draws. Metrics and columns share the
  level as independent families do: whatever their correlation, all hold together with at least the product of their
  levels (Šidák 1967; Royen 2014).
- Dependent rows count as rows / effect. That the effect comes from few clusters is paid for by Student's t.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import Z95, clopper_pearson_high, clopper_pearson_low, wilson

LEVEL = 0.95
DRAWS = 20_000
MOST_DRAWN = 20
"""Groups of a column beyond this many take Šidák's deviate, which is then wider by 4 % at most."""
_MOST_FACTOR = 1e6


@dataclass(frozen=True, slots=True)
class Side:
    """``bad`` of ``rows`` rows, which say as much as rows / ``effect`` independent ones in as many ``clusters``.

    With ``confidence``, the mean confidence, ``bad`` are the rows that were right, and the value is not their rate but
    the confidence less that rate.
    """

    rows: float
    bad: float
    effect: float = 1.0
    clusters: int | None = None
    confidence: float | None = None

    @property
    def rate(self) -> float:
        """``bad`` / ``rows``."""
        return self.bad / self.rows

    @property
    def value(self) -> float:
        """What is compared."""
        return self.rate if self.confidence is None else self.confidence - self.rate

    @property
    def variance(self) -> float:
        """Of the value; half a row of either kind keeps it above 0."""
        rows = self.rows / self.effect
        rate = (self.bad / self.effect + 0.5) / (rows + 1)
        return rate * (1 - rate) / rows

    def limits(self, z: float) -> tuple[float, float]:
        """The exact limits of the value at a deviate, either of them one-sided at Φ(−z)."""
        effect = self._paid(z)
        alpha = math.erfc(z / math.sqrt(2)) / 2
        bad, rows = self.bad / effect, self.rows / effect
        return self._turned(clopper_pearson_low(bad, rows, alpha), clopper_pearson_high(bad, rows, alpha))

    def pointwise(self) -> tuple[float, float]:
        """The 95 % interval of the value alone (Wilson)."""
        effect = self._paid(Z95)
        return self._turned(*wilson(self.bad / effect, self.rows / effect))

    def scaled(self, factor: float) -> Side:
        """The same rates in ``factor`` times the rows."""
        clusters = None if self.clusters is None else max(2, round((self.clusters - 1) * factor) + 1)
        return replace(self, rows=self.rows * factor, bad=self.bad * factor, clusters=clusters)

    def _paid(self, z: float) -> float:
        """The effect, and what it costs to estimate it: the square of Student's t over the normal deviate."""
        if self.clusters is None:
            return self.effect
        if self.clusters < 2:
            return self.rows
        from scipy.special import ndtr, stdtrit

        wider = float(stdtrit(self.clusters - 1, float(ndtr(z)))) / z
        return min(self.effect * wider * wider, self.rows)

    def _turned(self, low: float, high: float) -> tuple[float, float]:
        return (low, high) if self.confidence is None else (self.confidence - high, self.confidence - low)


def gap(one: Side, other: Side, z: float) -> tuple[float, float, float]:
    """The difference of two values, and its lower and upper limit."""
    low, high = one.limits(z)
    other_low, other_high = other.limits(z)
    value = one.value - other.value
    return (
        value,
        value - math.hypot(one.value - low, other_high - other.value),
        value + math.hypot(high - one.value, other.value - other_low),
    )


def rows_for(one: Side, other: Side, z: float, precision: float) -> float:
    """How many times the rows of both it takes until the interval reaches no further than ``precision`` on average."""

    def half(factor: float) -> float:
        _, low, high = gap(one.scaled(factor), other.scaled(factor), z)
        return (high - low) / 2

    low, high = 1.0, 2.0
    while half(high) > precision and high < _MOST_FACTOR:
        low, high = high, high * 2
    for _ in range(40):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if half(middle) > precision else (low, middle)
    return high


def family_level(families: int) -> float:
    """The level of each of so many families for all to hold with 95 %."""
    return float(LEVEL ** (1 / max(families, 1)))


def critical(groups: list[Side], others: Side | None, level: float, seed: int) -> float:
    """The deviate at which all gaps of one metric hold with ``level``: each group to the rest, and each pair.

    ``others`` are the rows of no group that is compared; they are in the rest of each.
    """
    many = len(groups)
    sides = [*groups, *([others] if others is not None else [])]
    if len(sides) <= 2:
        return _deviate(level, 1)
    gaps = many + many * (many - 1) // 2
    bound = _deviate(level, gaps)
    if many > MOST_DRAWN:
        return bound
    contrasts = _contrasts(np.array([one.rows for one in sides]), many)
    spread = np.sqrt(np.array([one.variance for one in sides]))
    weighted = (contrasts * spread).T
    weighted /= np.sqrt((weighted**2).sum(axis=0))
    rng = np.random.default_rng(seed)
    largest = np.concatenate(
        [np.abs(rng.standard_normal((DRAWS // 10, len(sides))) @ weighted).max(axis=1) for _ in range(10)]
    )
    # Two standard errors of the draws on the safe side.
    safe = level + 2 * math.sqrt(level * (1 - level) / DRAWS)
    return min(float(np.quantile(largest, min(safe, 1.0), method="higher")), bound)


def _contrasts(rows: NDArray[np.float64], many: int) -> NDArray[np.float64]:
    """Each of the first ``many`` against all others by their rows, and each pair of them."""
    to_rest = np.eye(len(rows))[:many]
    for at in range(many):
        weights = np.delete(rows, at)
        to_rest[at, np.arange(len(rows)) != at] = -weights / weights.sum()
    first, second = np.triu_indices(many, 1)
    pairs = np.eye(len(rows))[first] - np.eye(len(rows))[second]
    return np.concatenate([to_rest, pairs])


def _deviate(level: float, many: int) -> float:
    """Šidák's two-sided deviate of so many gaps."""
    from scipy.special import ndtri

    return -float(ndtri(-math.expm1(math.log(level) / many) / 2))
