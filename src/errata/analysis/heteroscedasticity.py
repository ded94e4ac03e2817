"""Does the spread of errors depend on the prediction? And the line of the truth over the prediction.

The errors e are first freed of what is linear in the prediction p: u = e − a − b p by least squares. Then u² is
regressed on p (Breusch and Pagan 1979) or on p and p² (White 1980). n R² of that regression is χ² if spread is even,
whatever the kurtosis of the errors (Koenker 1981); Breusch and Pagan's own ½ ESS/σ⁴ is so for normal errors alone.
Where rows depend on each other, it is the score test with the covariance of the folds of whole groups (Hotelling's T²
over the folds, an F distribution).

All of it comes from the sums of eⁱ pʲ, i + j ≤ 4, of standardised e and p: u² and its products are polynomials in them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from errata.analysis.folds import Known, between
from errata.nouns.residuals import SpreadTest

Polynomial = Mapping[tuple[int, int], float]
Sums = Mapping[tuple[int, int], NDArray[np.float64]]
MONOMIALS = tuple((i, j) for i in range(5) for j in range(5 - i))
"""The powers of e and p whose sums are needed, (0, 0) first: it counts."""


def column_of(monomial: tuple[int, int]) -> str:
    """The reserved column that holds it."""
    return f"@e{monomial[0]}p{monomial[1]}"


def times(one: Polynomial, other: Polynomial) -> dict[tuple[int, int], float]:
    """The product of two polynomials in e and p."""
    found: dict[tuple[int, int], float] = {}
    for (i, j), a in one.items():
        for (k, m), b in other.items():
            found[i + k, j + m] = found.get((i + k, j + m), 0.0) + a * b
    return found


def of(polynomial: Polynomial, sums: Sums) -> NDArray[np.float64]:
    """Its sum over the rows, by fold."""
    total = np.zeros_like(sums[0, 0])
    for monomial, factor in polynomial.items():
        total = total + factor * sums[monomial]
    return total


def _p(power: int, centre: float) -> dict[tuple[int, int], float]:
    """p to a power, less its mean."""
    return {(0, power): 1.0, (0, 0): -centre}


class Line:
    """The least-squares line of errors over predictions, in standardised units; ``flat`` where p does not vary."""

    def __init__(self, sums: Sums) -> None:
        self.sums = sums
        self.n = float(sums[0, 0].sum())
        self.mean_p, self.mean_e = (float(sums[at].sum()) / self.n for at in ((0, 1), (1, 0)))
        centred = times(_p(1, self.mean_p), _p(1, self.mean_p))
        self.spread_p = float(of(centred, sums).sum())
        self.flat = self.n < 4 or self.spread_p <= 1e-9 * self.n
        self.slope = 0.0 if self.flat else float(of(times({(1, 0): 1.0}, _p(1, self.mean_p)), sums).sum())
        self.slope /= 1.0 if self.flat else self.spread_p
        self.left: dict[tuple[int, int], float] = {
            (1, 0): 1.0, (0, 1): -self.slope, (0, 0): -self.mean_e + self.slope * self.mean_p,
        }  # fmt: skip

    def slope_known(self) -> Known:
        """The slope of e over p with its error: White's, or between folds (CR0)."""
        moved = times(self.left, _p(1, self.mean_p))
        if len(self.sums[0, 0]) == 1:
            # HC0 with the factor n/(n − 2) of HC1.
            meat = float(of(times(moved, moved), self.sums).sum()) * self.n / (self.n - 2)
            return Known(self.slope, math.sqrt(max(0.0, meat)) / self.spread_p, self.n - 2)
        variance, folds = between(of(moved, self.sums))
        return Known(self.slope, math.sqrt(variance) / self.spread_p, folds - 1)


def spread_tests(line: Line) -> list[SpreadTest]:
    """Breusch and Pagan's test and White's, both studentized or clustered; none where nothing varies."""
    squared = times(line.left, line.left)
    grouped = len(line.sums[0, 0]) > 1
    mean = float(of(squared, line.sums).sum()) / line.n
    if line.flat or mean <= 1e-18:
        return []
    whole = float(of(times(squared, squared), line.sums).sum()) - line.n * mean**2
    away = {**squared, (0, 0): squared.get((0, 0), 0.0) - mean}
    found = []
    for powers, name in (((1,), "studentized"), ((1, 2), "white")):
        means = [float(line.sums[0, power].sum()) / line.n for power in powers]
        terms = [_p(power, centre) for power, centre in zip(powers, means, strict=True)]
        scores = np.stack([of(times(away, term), line.sums) for term in terms])
        inner = np.array([[float(of(times(a, b), line.sums).sum()) for a in terms] for b in terms])
        if np.linalg.cond(inner) > 1e12:
            continue
        total = scores.sum(axis=1)
        explained = float(total @ np.linalg.solve(inner, total))
        share = explained / whole if whole > 0 else 0.0
        if grouped:
            test = _clustered(scores, name, share)
            if test is not None:
                found.append(test)
            continue
        statistic = line.n * share
        normal = _chi_square_p(explained / (2 * mean**2), len(powers)) if name == "studentized" else None
        p = _chi_square_p(statistic, len(powers))
        found.append(SpreadTest(name, statistic, len(powers), p, share, normal))
    return found


def _clustered(scores: NDArray[np.float64], name: str, share: float) -> SpreadTest | None:
    from scipy.special import fdtrc

    held = scores[:, (scores != 0).any(axis=0)]
    terms, folds = held.shape
    if folds < terms + 5:
        return None
    centred = held - held.mean(axis=1, keepdims=True)
    covariance = centred @ centred.T * folds / (folds - 1)
    if np.linalg.cond(covariance) > 1e12:
        return None
    total = held.sum(axis=1)
    statistic = float(total @ np.linalg.solve(covariance, total))
    p = float(fdtrc(terms, folds - terms, statistic * (folds - terms) / (terms * (folds - 1))))
    return SpreadTest("white clustered" if name == "white" else "clustered", statistic, terms, p, share)


def _chi_square_p(statistic: float, freedom: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(freedom, max(statistic, 0.0)))
