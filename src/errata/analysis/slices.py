"""Slices: conjunctions of conditions whose rows fail more than the rest, by more than chance.

Search by evidence, show by excess. Every slice of up to ``depth`` conditions with enough rows is tried; support falls as
conditions are added, so the slices are found level by level on a sample of rows and then counted exactly on all. The
slice with the strongest evidence is listed, its rows are peeled off, the counts of all others are brought up to date,
and the search goes on in what remains until nothing beats chance, on all rows and on what remains. So the list holds no
near-duplicates, and what is listed second would stand without the first.

Evidence is the deviate of errata.analysis.tail; the threshold is calibrated by errata.analysis.null.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.null import FAMILY_WISE, Null, calibrate
from errata.analysis.requests import Answer, Count, Item, Population, Request, Slices, Spread
from errata.analysis.tail import deviate, mean_deviate, sidak

SURE = 6.0
"""Standard deviations of a sampled support under which a slice may still have enough rows."""


@dataclass(frozen=True, slots=True)
class Totals:
    """A slice and its surroundings: rows and failed rows (or sum of losses) in it, and in all."""

    rows: int
    failed: float
    all_rows: int
    all_failed: float


@dataclass(frozen=True, slots=True)
class Listed:
    """A slice that beats chance: its items, its counts on all rows and when it was listed, its evidence then."""

    items: tuple[int, ...]
    everywhere: Totals
    after_peeling: Totals
    deviate: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search lists, strongest first, and what it tried."""

    listed: tuple[Listed, ...]
    tried: int
    null: Null


Searching = Generator[Request, Answer, Found]
Supporting = Generator[Request, Answer, tuple[Slices, NDArray[np.int64]]]


def search(population: Population, *, depth: int = 3, min_rows: int = 1, top: int = 20, seed: int = 0) -> Searching:
    """Ask for counts until the slices that beat chance are known; at most ``top`` are listed."""
    slices, rows = yield from supported(population, depth, min_rows)
    failed = (yield Count(slices, population.of)).astype(np.float64)
    variance = yield from _variance(population, population.rows, population.total, ())
    sampled = rows if population.sampled_rows == population.rows else (yield Count(slices, sampled=True))
    null = yield from calibrate(population, slices, np.asarray(sampled, np.int64), seed, variance)
    all_rows, all_failed = population.rows, population.total
    first = rows, failed
    at_first = evidence_of(population, failed, rows, all_failed, all_rows, variance) / null.scale
    # What is listed must also stand on all rows: once the worst is peeled off, all that is left can look bad beside it.
    stands = at_first >= null.threshold
    listed: list[Listed] = []
    order = _preference(slices)
    while len(listed) < top:
        evidence = evidence_of(population, failed, rows, all_failed, all_rows, variance) / null.scale
        evidence[~stands | (rows < min_rows) | (all_rows - rows < min_rows)] = -np.inf
        best = _best(evidence, order)
        if best is None or evidence[best] < null.threshold:
            break
        items = tuple(int(i) for i in slices[best] if i >= 0)
        listed.append(
            Listed(
                items,
                Totals(int(first[0][best]), float(first[1][best]), population.rows, population.total),
                Totals(int(rows[best]), float(failed[best]), all_rows, all_failed),
                float(evidence[best]),
                float(min(1.0, sidak(evidence[best], null.tests))),
            )
        )
        before = tuple(item.items for item in listed[:-1])
        all_rows -= int(rows[best])
        all_failed -= float(failed[best])
        rows = rows - (yield Count(slices, inside=items, without=before))
        failed = failed - (yield Count(slices, population.of, inside=items, without=before))
        if all_rows <= 0:
            break
        variance = yield from _variance(population, all_rows, all_failed, (*before, items))
    return Found(tuple(listed), len(slices), null)


def strongest(population: Population, *, depth: int = 3, min_rows: int = 1, top: int = 20) -> Searching:
    """The ``top`` slices by evidence, near-duplicates and all, without a threshold or peeling.

    Failures are counted exactly, rows only of the slices whose sampled rows leave them a chance to be among the top.
    """
    slices, sampled = yield from _enough_in_sample(population, depth, min_rows)
    failed = (yield Count(slices, population.of)).astype(np.float64)
    variance = yield from _variance(population, population.rows, population.total, ())

    def evidence(of: NDArray[np.bool_], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        value = evidence_of(population, failed[of], rows, population.total, population.rows, variance)
        value[population.rows - rows < min_rows] = -np.inf
        return value

    every = np.ones(len(slices), bool)
    if population.sampled_rows == population.rows:
        chance, rows = every, sampled
    else:
        share = population.sampled_rows / population.rows
        slack = SURE * np.sqrt(sampled) + SURE**2
        most = np.minimum((sampled + slack) / share, population.rows)
        least = np.maximum((sampled - slack) / share, np.maximum(min_rows, failed) if variance is None else min_rows)
        at_worst = np.sort(evidence(every, np.maximum(most, least)))[::-1]
        floor = at_worst[min(top, len(at_worst)) - 1] if len(at_worst) else 0.0
        chance = evidence(every, least) >= floor
        rows = np.asarray((yield Count(slices[chance])), np.int64)
    exact = evidence(chance, rows.astype(np.float64))
    exact[rows < min_rows] = -np.inf
    chosen = np.lexsort((_preference(slices[chance]), -exact))[:top]
    slices, failed = slices[chance], failed[chance]
    whole = [Totals(int(rows[i]), float(failed[i]), population.rows, population.total) for i in chosen]
    listed = tuple(
        Listed(tuple(int(x) for x in slices[i] if x >= 0), totals, totals, float(exact[i]), math.nan)
        for i, totals in zip(chosen, whole, strict=True)
    )
    return Found(listed, len(sampled), Null(-math.inf, len(sampled), "none", 0, np.ones(len(sampled))))


def evidence_of(
    population: Population,
    failed: NDArray[np.float64],
    rows: NDArray[np.int64] | NDArray[np.float64],
    all_failed: float,
    all_rows: int,
    variance: float | None,
) -> NDArray[np.float64]:
    """The deviate of each slice against the rest."""
    if population.of == "loss":
        return mean_deviate(failed, rows, all_failed / all_rows, variance or 0.0, all_rows)
    plain = mean_deviate(
        failed, rows, all_failed / all_rows, all_failed / all_rows * (1 - all_failed / all_rows), all_rows
    )
    # Only slices that could be listed deserve the exact tail.
    worth = plain > 1.0
    plain[worth] = deviate(failed[worth], rows[worth], all_failed, all_rows)
    return plain


def supported(population: Population, depth: int, min_rows: int) -> Supporting:
    """Every slice of at most ``depth`` conditions on different factors with at least ``min_rows`` rows, and its rows."""
    slices, rows = yield from _enough_in_sample(population, depth, min_rows)
    if population.sampled_rows == population.rows:
        return slices, rows
    exact = np.asarray((yield Count(slices)), np.int64)
    return slices[exact >= min_rows], exact[exact >= min_rows]


def _enough_in_sample(population: Population, depth: int, min_rows: int) -> Supporting:
    """Every slice whose rows in the sample do not rule out that it has ``min_rows`` rows, and its rows in the sample."""
    share = population.sampled_rows / population.rows if population.rows else 1.0
    everything = population.sampled_rows == population.rows
    expected = min_rows * share
    floor = min_rows if everything else expected - SURE * math.sqrt(expected)
    factor = np.array([item.factor for item in population.items], np.int16)
    level: Slices = np.arange(len(population.items), dtype=np.int16)[:, None]
    kept: list[Slices] = []
    counts: list[NDArray[np.int64]] = []
    for _ in range(depth):
        if len(level) == 0:
            break
        rows = np.asarray((yield Count(level, sampled=True)), np.int64)
        enough = rows >= floor
        level = level[enough]
        kept.append(np.pad(level, ((0, 0), (0, depth - level.shape[1])), constant_values=-1))
        counts.append(rows[enough])
        if level.shape[1] < depth:
            level = _join(level, factor)
    if not kept:
        return np.zeros((0, depth), np.int16), np.zeros(0, np.int64)
    return np.concatenate(kept), np.concatenate(counts)


def _join(level: Slices, factor: NDArray[np.int16]) -> Slices:
    """The slices one condition longer all of whose parts are in ``level`` (sorted; Agrawal and Srikant 1994)."""
    if len(level) < 2:
        return np.zeros((0, level.shape[1] + 1), np.int16)
    width = level.shape[1]
    starts = np.flatnonzero(np.r_[True, (level[1:, :-1] != level[:-1, :-1]).any(axis=1)])
    stops = np.r_[starts[1:], len(level)]
    pieces: list[Slices] = []
    for start, stop in zip(starts, stops, strict=True):
        last = level[start:stop, -1]
        left, right = np.triu_indices(stop - start, 1)
        apart = factor[last[left]] != factor[last[right]]
        left, right = left[apart], right[apart]
        if len(left):
            pieces.append(np.column_stack([level[start:stop][left], last[right]]))
    if not pieces:
        return np.zeros((0, width + 1), np.int16)
    joined = np.concatenate(pieces)
    if width == 1:
        return joined
    # A slice can only have enough rows if each of its parts has.
    base = int(factor.shape[0]) + 1
    known = np.sort(_number(level, base))
    for dropped in range(width - 1):
        part = np.delete(joined, dropped, axis=1)
        numbers = _number(part, base)
        at = np.searchsorted(known, numbers)
        joined = joined[(at < len(known)) & (known[np.minimum(at, len(known) - 1)] == numbers)]
    return joined


def _number(slices: Slices, base: int) -> NDArray[np.int64]:
    number = np.zeros(len(slices), np.int64)
    for column in slices.T:
        number = number * base + column
    return number


def _preference(slices: Slices) -> NDArray[np.int64]:
    """Among equally strong slices: fewer conditions first, then the order of the items."""
    length = (slices >= 0).sum(axis=1)
    order = np.lexsort((*slices.T[::-1], length))
    rank = np.empty(len(slices), np.int64)
    rank[order] = np.arange(len(slices))
    return rank


def _best(evidence: NDArray[np.float64], rank: NDArray[np.int64]) -> int | None:
    if len(evidence) == 0 or not np.isfinite(evidence).any():
        return None
    tied = np.flatnonzero(evidence >= evidence.max() - 1e-9)
    return int(tied[np.argmin(rank[tied])])


def _variance(
    population: Population, rows: int, total: float, without: tuple[tuple[int, ...], ...]
) -> Generator[Request, Answer, float | None]:
    if population.of != "loss":
        return None
    squares = float((yield Spread(without))[0])
    return max(0.0, squares / rows - (total / rows) ** 2)


__all__ = ["FAMILY_WISE", "Found", "Item", "Listed", "Searching", "Totals", "search", "strongest", "supported"]
