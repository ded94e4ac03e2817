"""How strong evidence must be before it beats chance, calibrated on the file at hand.

Where it is affordable, outcomes are dealt anew over the rows (Westfall and Young 1993): the strongest deviate of any
slice, over many deals, says what chance alone would list once in twenty files. Elsewhere Šidák's bound over the slices
tried holds for any dependence that the search meets, and is nearly as sharp: with 5,000 slices 4.26 against about 4.0.
Losses and weighted outcomes are always dealt, for their tails are not known; the latter among rows of like weight.
Dependent rows are dealt group by group, unless a few groups hold most rows, and each slice's counts are divided by its
design effect (errata.analysis.dependence), in the deals as in the file.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.requests import Answer, Count, Permute, Population, Request, Slices
from errata.analysis.tail import deviate, effective_tests, mean_deviate, sidak_threshold
from errata.analysis.weights import weighted_deviate

FAMILY_WISE = 0.05
DRAWS, LOSS_DRAWS = 499, 199
"""(draws + 1) · 5 % is whole, so that the level is exact."""
AFFORDABLE = 1_500_000_000
"""Words that dealing may combine before the bound takes over: about a second."""
WORDS_PER_TAIL = 32
"""A deviate costs about so many words."""
CHUNK = 8192
"""Slices dealt for at once: what a request answers must fit memory."""
NEAR = 200
LEAN = 0.5


@dataclass(frozen=True, slots=True)
class Null:
    """``threshold`` is the deviate to exceed; ``tests`` the independent tests that would have it."""

    threshold: float
    tests: float
    method: str
    draws: int


def draws_of(population: Population) -> int:
    """How often outcomes must be dealt, whatever it costs; 0 where the bound will do."""
    return LOSS_DRAWS if population.of != "failed" else 0


def calibrate(
    population: Population,
    slices: Slices,
    rows: NDArray[np.int64],
    effects: NDArray[np.float64],
    seed: int,
    variance: float | None,
) -> Generator[Request, Answer, Null]:
    """The threshold for these slices of ``rows`` rows each (rows of the sample). ``variance`` is that of the loss."""
    tried = len(slices)
    must = draws_of(population)
    draws = must or DRAWS
    total, size = population.sampled_total, population.sampled_rows
    work = tried * (size / 64 + WORDS_PER_TAIL) * draws
    if tried == 0 or (not must and (work > AFFORDABLE or size < population.rows or population.uneven)):
        return Null(sidak_threshold(tried, FAMILY_WISE), max(tried, 1), "bound", 0)
    strongest = np.full(draws, -np.inf)
    for start in range(0, tried, CHUNK):
        part = slice(start, start + CHUNK)
        dealt = np.asarray((yield Permute(slices[part], draws, seed, population.of)), np.float64)
        if population.of == "weighted":
            plain = (yield from _weighted(population, slices[part], dealt)) / np.sqrt(effects[part])
            strongest = np.maximum(strongest, plain.max(axis=1))
            continue
        spread = total / size * (1 - total / size) if variance is None else variance
        plain = mean_deviate(dealt, rows[part], total / size, spread, size) / np.sqrt(effects[part])
        if variance is None:
            here = _strongest(dealt, plain, rows[part], effects[part], total, size)
        else:
            here = plain.max(axis=1)
        strongest = np.maximum(strongest, here)
    threshold = float(np.quantile(strongest, 1 - FAMILY_WISE, method="higher"))
    return Null(threshold, effective_tests(threshold, FAMILY_WISE), "permutation", draws)


def _weighted(
    population: Population, slices: Slices, dealt: NDArray[np.float64]
) -> Generator[Request, Answer, NDArray[np.float64]]:
    """The deviates of outcomes dealt among rows of like weight."""
    weights = np.asarray((yield Count(slices, "weight", sampled=True)), np.float64)
    spreads = np.asarray((yield Count(slices, "spread", sampled=True)), np.float64)
    whole = 0.0, population.sampled_weights, population.sampled_spreads
    return np.stack([weighted_deviate(deal, weights, spreads, whole, 1.0) for deal in dealt])


def _strongest(
    dealt: NDArray[np.float64],
    plain: NDArray[np.float64],
    rows: NDArray[np.int64],
    effects: NDArray[np.float64],
    total: float,
    size: int,
) -> NDArray[np.float64]:
    """The largest deviate of each deal. The exact tail is worked out only where it could be the largest.

    The hypergeometric distribution leans to the right where its skewness, of the sign of (1 − 2 p) (1 − 2 n / N), is
    positive; there the exact deviate is below the plain one, up to ``LEAN``.
    """
    result = np.zeros(len(dealt))
    if total <= 0 or total >= size:
        return result
    above = (1 - 2 * total / size) * (1 - 2 * rows / size) < 0

    def exact(counts: NDArray[np.float64], chosen: NDArray[np.bool_]) -> float:
        each = effects[chosen]
        return float(deviate(counts[chosen] / each, rows[chosen] / each, total / each, size / each).max())

    for draw, (counts, approximate) in enumerate(zip(dealt, plain, strict=True)):
        near = above.copy()
        near[np.argpartition(approximate, -NEAR)[-NEAR:] if len(counts) > NEAR else slice(None)] = True
        largest = exact(counts, near)
        missed = ~near & (approximate + LEAN > largest)
        result[draw] = max(largest, exact(counts, missed)) if missed.any() else largest
    return result
