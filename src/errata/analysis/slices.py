"""Slices: conjunctions of conditions whose rows fail more than the rest, by more than chance.

Search by evidence, show by excess. Every slice of up to ``depth`` conditions with enough rows is tried; support falls
as conditions are added, so the slices are found level by level on a sample of rows and then counted exactly on all. The
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

from errata.analysis.budget import most_counted, most_slices
from errata.analysis.dependence import effects_of
from errata.analysis.null import Null, calibrate
from errata.analysis.requests import Answer, Clusters, Count, Item, Population, Request, Slices, Spread
from errata.analysis.tail import deviate, mean_deviate, sidak
from errata.analysis.weights import weighted_deviate

SURE = 6.0
"""Standard deviations of a sampled support under which a slice may still have enough rows."""
TIE = 1e-9
"""Deviates that differ by less are equal, and what only equals the threshold does not beat chance."""


@dataclass(frozen=True, slots=True)
class Totals:
    """A slice and its surroundings: rows and failed rows (or sum of losses) in it, and in all."""

    rows: int
    failed: float
    all_rows: int
    all_failed: float


@dataclass(frozen=True, slots=True)
class Listed:
    """A slice that beats chance: its items, its counts on all rows and when it was listed, its evidence then, and the
    design effect that its rows' dependence has on it."""

    items: tuple[int, ...]
    everywhere: Totals
    after_peeling: Totals
    deviate: float
    p_adjusted: float
    effect: float = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """What a search lists, strongest first, and what it tried: slices of at most ``depth`` conditions. ``deeper`` is
    how many it would have tried with one condition more (at most, if their rows were not counted), where that was too
    many; ``more`` says that slices beyond those listed beat chance."""

    listed: tuple[Listed, ...]
    tried: int
    null: Null
    depth: int
    deeper: int | None = None
    more: bool = False


Searching = Generator[Request, Answer, Found]


@dataclass(frozen=True, slots=True)
class Supported:
    """Slices whose rows in the sample do not rule out that they have enough rows, and those rows."""

    slices: Slices
    sampled: NDArray[np.int64]
    depth: int
    deeper: int | None


def search(population: Population, *, depth: int = 3, min_rows: int = 1, top: int = 20, seed: int = 0) -> Searching:
    """Ask for counts until the slices that beat chance are known; at most ``top`` are listed."""
    weighted = population.of == "weighted"
    all_sizes = population.weights if weighted else float(population.rows)
    variance = yield from _variance(population, all_sizes, population.total, ())
    if not _varies(population, variance):
        # Nothing failed, or everything did: no slice can fail more than the rest.
        return Found((), 0, Null(math.inf, 1, "bound", 0), depth)
    tryable = yield from supported(population, depth, min_rows)
    slices, sampled = tryable.slices, tryable.sampled
    failed = (yield Count(slices, population.of)).astype(np.float64)
    effects = yield from _effects(population, slices, sampled)
    null = yield from calibrate(population, slices, sampled, effects, seed, variance)
    tried = len(slices)
    # What a slice has of everything: its rows, or their weight, and how much that weight lets its sum vary.
    spreads, all_spreads = np.zeros(len(slices)), population.spreads
    if weighted:
        rows = np.asarray((yield Count(slices)), np.int64)
        sizes = np.asarray((yield Count(slices, "weight")), np.float64)
        spreads = np.asarray((yield Count(slices, "spread")), np.float64)
    elif population.sampled_rows < population.rows:
        least, _ = _rows_between(population, sampled, failed, min_rows)
        hopeful = _evidence_at(population, failed, least, variance, effects) > null.threshold
        slices, failed, effects = slices[hopeful], failed[hopeful], effects[hopeful]
        rows = np.asarray((yield Count(slices)), np.int64)
        spreads = spreads[hopeful]
    else:
        rows = sampled
    if not weighted:
        sizes = rows.astype(np.float64)
    # What is listed must also stand on all rows: once the worst is peeled off, all that is left can look bad beside it.
    evidence = evidence_of(population, failed, sizes, population.total, all_sizes, variance, effects, spreads)
    stands = (evidence > null.threshold + TIE) & (rows >= min_rows)
    slices, failed, rows, effects = slices[stands], failed[stands], rows[stands], effects[stands]
    sizes, spreads = sizes[stands], spreads[stands]
    first_rows, first_failed = rows, failed
    all_rows, all_failed = population.rows, population.total
    listed: list[Listed] = []
    order = _preference(slices)
    more = False
    while all_rows > 0:
        evidence = evidence_of(
            population, failed, sizes, all_failed, all_sizes, variance, effects, spreads, all_spreads
        )
        evidence[(rows < min_rows) | (all_rows - rows < min_rows)] = -np.inf
        best_one = _best(evidence, order)
        if best_one is None or evidence[best_one] <= null.threshold + TIE:
            break
        if len(listed) == top:
            more = True
            break
        items = tuple(int(i) for i in slices[best_one] if i >= 0)
        listed.append(
            Listed(
                items,
                Totals(int(first_rows[best_one]), float(first_failed[best_one]), population.rows, population.total),
                Totals(int(rows[best_one]), float(failed[best_one]), all_rows, all_failed),
                float(evidence[best_one]),
                min(1.0, float(sidak(evidence[best_one], null.tests))),
                float(effects[best_one]),
            )
        )
        before = tuple(item.items for item in listed[:-1])
        all_rows -= int(rows[best_one])
        all_failed -= float(failed[best_one])
        all_sizes -= float(sizes[best_one])
        all_spreads -= float(spreads[best_one])
        rows = rows - np.asarray((yield Count(slices, inside=items, without=before)), np.int64)
        failed = failed - (yield Count(slices, population.of, inside=items, without=before))
        if weighted:
            sizes = sizes - (yield Count(slices, "weight", inside=items, without=before))
            spreads = spreads - (yield Count(slices, "spread", inside=items, without=before))
        else:
            sizes = rows.astype(np.float64)
        if all_rows > 0:
            variance = yield from _variance(population, all_sizes, all_failed, (*before, items))
    return Found(tuple(listed), tried, null, tryable.depth, tryable.deeper, more)


def strongest(population: Population, *, depth: int = 3, min_rows: int = 1, top: int = 20) -> Searching:
    """The ``top`` slices by evidence, near-duplicates and all, without a threshold or peeling.

    Failures are counted exactly, rows only of the slices whose sampled rows leave them a chance to be among the top.
    """
    tryable = yield from supported(population, depth, min_rows)
    slices, sampled = tryable.slices, tryable.sampled
    failed = (yield Count(slices, population.of)).astype(np.float64)
    variance = yield from _variance(population, population.rows, population.total, ())
    effects = yield from _effects(population, slices, sampled)

    def evidence(of: NDArray[np.bool_], rows: NDArray[np.float64]) -> NDArray[np.float64]:
        value = _evidence_at(population, failed[of], rows, variance, effects[of])
        value[population.rows - rows < min_rows] = -np.inf
        return value

    chance = np.ones(len(slices), bool)
    rows: NDArray[np.int64] = sampled
    if population.sampled_rows < population.rows:
        least, most = _rows_between(population, sampled, failed, min_rows)
        at_worst = np.sort(evidence(chance, most))[::-1]
        floor = at_worst[min(top, len(at_worst)) - 1] if len(at_worst) else 0.0
        chance = evidence(chance, least) >= floor
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
    nothing = Null(-math.inf, len(sampled), "none", 0)
    return Found(listed, len(sampled), nothing, tryable.depth, tryable.deeper)


def _varies(population: Population, variance: float | None) -> bool:
    return population.rows > 0 and (0 < population.total < population.rows if variance is None else variance > 0)


def _rows_between(
    population: Population, sampled: NDArray[np.int64], failed: NDArray[np.float64], min_rows: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How few and how many rows each slice may have, given its rows in the sample; grouped rows tell nothing."""
    share = population.sampled_rows / population.rows
    slack = SURE * np.sqrt(sampled) + SURE**2
    least = np.maximum((sampled - slack) / share, min_rows)
    most = np.minimum((sampled + slack) / share, population.rows)
    if population.grouped:
        least, most = np.full(len(sampled), float(min_rows)), np.full(len(sampled), float(population.rows))
    if population.of == "failed":
        least = np.maximum(least, failed)
    return least, np.maximum(most, least)


def _evidence_at(
    population: Population,
    failed: NDArray[np.float64],
    rows: NDArray[np.int64] | NDArray[np.float64],
    variance: float | None,
    effects: NDArray[np.float64],
) -> NDArray[np.float64]:
    return evidence_of(population, failed, rows, population.total, population.rows, variance, effects)


def _effects(
    population: Population, slices: Slices, sampled: NDArray[np.int64]
) -> Generator[Request, Answer, NDArray[np.float64]]:
    """The design effect of each slice; 1 where rows are independent."""
    if not population.grouped or not len(slices):
        return np.ones(len(slices))
    squares, products = np.asarray((yield Clusters(slices)), np.float64)
    return effects_of(
        squares, products, sampled, population.group_squares, population.sampled_rows, population.intraclass
    )


def evidence_of(
    population: Population,
    failed: NDArray[np.float64],
    rows: NDArray[np.int64] | NDArray[np.float64],
    all_failed: float,
    all_rows: float,
    variance: float | None,
    effects: NDArray[np.float64],
    spreads: NDArray[np.float64] | None = None,
    all_spreads: float | None = None,
) -> NDArray[np.float64]:
    """The deviate of each slice against the rest; a design effect of 4 leaves a quarter of the counts.

    ``rows`` are weights where rows count by one, and ``spreads`` are then theirs (those of all rows unless given).
    """
    if population.of == "weighted":
        assert spreads is not None
        whole = all_failed, all_rows, population.spreads if all_spreads is None else all_spreads
        weighted = weighted_deviate(failed, np.asarray(rows, np.float64), spreads, whole, variance or 0.0)
        return np.asarray(weighted / np.sqrt(effects))
    if population.of == "loss":
        plain = mean_deviate(failed, rows, all_failed / all_rows, variance or 0.0, all_rows)
        return np.asarray(plain / np.sqrt(effects))
    return deviate(failed / effects, rows / effects, all_failed / effects, all_rows / effects)


def supported(population: Population, depth: int, min_rows: int) -> Generator[Request, Answer, Supported]:
    """Every slice of at most ``depth`` conditions on different factors that may have ``min_rows`` rows.

    Rows are counted on the sample, unless they are grouped: then a sample of groups says too little.
    """
    share = population.sampled_rows / population.rows if population.rows else 1.0
    sampling = share < 1 and not population.grouped
    expected = min_rows * share
    floor = expected - SURE * math.sqrt(expected) if sampling else min_rows
    factor = np.array([item.factor for item in population.items], np.int32)
    most, most_joined = most_slices(population), most_counted(population)
    level: Slices = np.arange(len(population.items), dtype=np.int32)[:, None]
    kept: list[Slices] = []
    counts: list[NDArray[np.int64]] = []
    deeper = None
    for width in range(1, depth + 1):
        rows = np.asarray((yield Count(level, sampled=sampling)), np.int64)
        enough = rows >= floor
        tried = sum(map(len, counts)) + int(enough.sum())
        if width > 1 and tried > most:
            # Only what has enough rows is worth a search; how many that are is known now, and too many.
            width, deeper = width - 1, tried
            break
        level = level[enough]
        kept.append(np.pad(level, ((0, 0), (0, depth - width)), constant_values=-1))
        counts.append(rows[enough])
        if width < depth:
            wider = _joins(level)
            if wider > most_joined:
                deeper = wider
                break
            level = _join(level, factor)
            if len(level) == 0:
                break
    slices, found = np.concatenate(kept), np.concatenate(counts)
    if share < 1 and not sampling:
        found = np.asarray((yield Count(slices, sampled=True)), np.int64)
    return Supported(slices, found, depth if deeper is None else width, deeper)


def _joins(level: Slices) -> int:
    """How many slices ``_join`` looks at."""
    if len(level) < 2:
        return 0
    starts = np.flatnonzero(np.r_[True, (level[1:, :-1] != level[:-1, :-1]).any(axis=1)])
    sizes = np.diff(np.r_[starts, len(level)])
    return int((sizes * (sizes - 1) // 2).sum())


def _join(level: Slices, factor: NDArray[np.int32]) -> Slices:
    """The slices one condition longer all of whose parts are in ``level`` (sorted; Agrawal and Srikant 1994)."""
    if len(level) < 2:
        return np.zeros((0, level.shape[1] + 1), np.int32)
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
        return np.zeros((0, width + 1), np.int32)
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
    tied = np.flatnonzero(evidence >= evidence.max() - TIE)
    return int(tied[np.argmin(rank[tied])])


def _variance(
    population: Population, rows: float, total: float, without: tuple[tuple[int, ...], ...]
) -> Generator[Request, Answer, float | None]:
    if population.of == "failed":
        return None
    if rows <= 0:
        return 0.0
    squares = float((yield Spread(without))[0])
    return max(0.0, squares / rows - (total / rows) ** 2)


__all__ = ["Found", "Item", "Listed", "Searching", "Totals", "search", "strongest", "supported"]
