"""Where B does worse than A, and where better: slices whose samples changed for the worse by more than chance.

A slice is listed as worse when its samples got worse (against "no change in the slice") **and** more so than the
others (against "as elsewhere"): both tests must refuse, so the larger p-value counts (an intersection–union test,
Berger 1982). So a version that is worse everywhere by the same amount has no worse slice: its verdict says it already.
The other direction alike.

- No change in the slice: the exact binomial test of newly failing against newly passing samples (McNemar), or for
  losses Σd / √Σd², which is sub-Gaussian when A and B could be exchanged (Efron 1969). With groups the sums are by
  group.
- As elsewhere: the deviate of the slice's sum of changes among equally likely choices of as many samples
  (errata.analysis.tail), divided by the root of the slice's design effect where rows are dependent.

All slices tried form one family: Benjamini and Hochberg (1995) at 5 %. Of those that it refuses the one that differs
most clearly from the others is listed, its samples are peeled off, and the next must reach the same p-value on all
samples and on what remains: no near-duplicates. The intervals of listed slices are at level 1 − 5 % · listed / tried,
so that their false coverage rate is at most 5 % after selection (Benjamini and Yekutieli 2005).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from errata.analysis.requests import Answer, Count, Population, Slices, Spread
from errata.analysis.requests import Request as Counting
from errata.analysis.slices import supported
from errata.analysis.tail import mean_deviate, upper_tail

LEVEL = 0.05
_CANDIDATE = 1.95
"""A smaller deviate can never be refused at 5 %, two-sided."""


@dataclass(frozen=True, slots=True)
class Change:
    """For each slice: how many samples got ``worse``, how many ``better``, or the ``sum`` of their changes.

    ``inside`` counts only samples of that slice, ``without`` leaves out those of these slices. Answer: float64.
    """

    slices: Slices
    of: Literal["worse", "better", "sum"]
    inside: tuple[int, ...] | None = None
    without: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Squares:
    """For each slice the sum over its groups of the squared sum of changes, and the sum of squared changes.

    Answer: float64 of shape (2, slices); both rows are the same where samples are independent.
    """

    slices: Slices
    without: tuple[tuple[int, ...], ...] = ()


Request = Counting | Change | Squares


@dataclass(frozen=True, slots=True)
class Listed:
    """A slice whose samples changed by more than chance: +1 for the worse, −1 for the better."""

    items: tuple[int, ...]
    direction: int
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a search lists, strongest first, and how many slices of at most ``depth`` conditions it tried. ``deeper`` is
    how many it would have tried with one condition more, where that was too many."""

    listed: tuple[Listed, ...]
    tried: int
    depth: int
    deeper: int | None = None


Searching = Generator[Request, Answer, Found]
Deviates = Generator[Request, Answer, NDArray[np.float64]]


@dataclass(slots=True)
class _State:
    """The sums of every slice over what is not peeled off, and of all of it."""

    rows: NDArray[np.int64]
    net: NDArray[np.float64]
    moved: NDArray[np.float64] | None
    all_rows: int
    all_net: float
    without: tuple[tuple[int, ...], ...]


def search_changes(population: Population, *, depth: int = 2, min_rows: int = 1, top: int = 20) -> Searching:
    """Ask for counts until the slices that changed by more than chance are known; at most ``top`` are listed.

    ``population.total`` is the sum of all changes; ``population.of`` is ``failed`` where every change is −1, 0 or 1.
    """
    tryable = yield from supported(population, depth, min_rows)
    slices, rows = tryable.slices, tryable.sampled
    if not len(slices):
        return Found((), 0, tryable.depth)
    net, moved = yield from _sums(population, slices)
    state = _State(rows, net, moved, population.rows, population.total, ())
    deviates, beside = yield from _deviates(population, slices, state, np.ones(len(slices), bool))
    p = np.minimum(1.0, 2 * upper_tail(np.abs(deviates)))
    adjusted = false_discovery(p)
    stands = adjusted <= LEVEL
    if not stands.any():
        return Found((), len(slices), tryable.depth, tryable.deeper)
    worst = float(p[stands].max())
    at_first = deviates
    listed: list[Listed] = []
    while len(listed) < top:
        open_ = stands & (state.rows >= min_rows) & (state.all_rows - state.rows >= min_rows)
        # What is listed must stand in the same direction with and without what was peeled off.
        if listed:
            deviates, beside = yield from _deviates(population, slices, state, open_)
        open_ &= (np.sign(deviates) == np.sign(at_first)) & (2 * upper_tail(np.abs(deviates)) <= worst)
        if not open_.any():
            break
        best = _clearest(np.where(open_, beside, 0.0), np.abs(deviates), slices)
        items = tuple(int(i) for i in slices[best] if i >= 0)
        direction = 1 if deviates[best] > 0 else -1
        listed.append(Listed(items, direction, float(p[best]), float(adjusted[best])))
        net, moved = yield from _sums(population, slices, items, state.without)
        gone = np.asarray((yield Count(slices, inside=items, without=state.without)), np.int64)
        state = _State(
            rows=state.rows - gone,
            net=state.net - net,
            moved=None if state.moved is None or moved is None else state.moved - moved,
            all_rows=state.all_rows - int(state.rows[best]),
            all_net=state.all_net - float(state.net[best]),
            without=(*state.without, items),
        )
        if state.all_rows <= 0:
            break
    return Found(tuple(listed), len(slices), tryable.depth, tryable.deeper)


def _sums(
    population: Population,
    slices: Slices,
    inside: tuple[int, ...] | None = None,
    without: tuple[tuple[int, ...], ...] = (),
) -> Generator[Request, Answer, tuple[NDArray[np.float64], NDArray[np.float64] | None]]:
    """The sum of changes of each slice and, where changes are counts, how many samples changed."""
    if population.of == "loss":
        return np.asarray((yield Change(slices, "sum", inside, without)), np.float64), None
    worse = np.asarray((yield Change(slices, "worse", inside, without)), np.float64)
    better = np.asarray((yield Change(slices, "better", inside, without)), np.float64)
    return worse - better, worse + better


def _deviates(population: Population, slices: Slices, state: _State, open_: NDArray[np.bool_]) -> Deviates:
    """The smaller of both deviates with the sign of the change, 0 where it cannot matter; and the size of that against
    the others, by which slices are ranked: a slice that merely holds a worse one is no clearer than that."""
    squares = float((yield Spread(state.without))[0])
    mean = state.all_net / state.all_rows
    variance = max(0.0, squares / state.all_rows - mean**2)
    beside = mean_deviate(state.net, state.rows, mean, variance, state.all_rows)
    result = np.zeros((2, len(slices)))
    near = np.flatnonzero(open_ & (np.abs(beside) >= _CANDIDATE) & (np.sign(beside) == np.sign(state.net)))
    if not len(near):
        return result
    net, effect = np.abs(state.net[near]), np.ones(len(near))
    own = np.full(len(near), np.inf)
    if population.grouped or state.moved is None:
        by_group, by_row = yield Squares(slices[near], state.without)
        own = np.where(by_group > 0, net / np.sqrt(np.maximum(by_group, 1e-300)), 0.0)
        effect = np.maximum(1.0, by_group / np.maximum(by_row, 1e-300))
    if state.moved is not None:
        moved = state.moved[near]
        own = np.minimum(own, _binomial_deviate((moved + net) / 2, (moved - net) / 2))
    away = np.abs(beside[near]) / np.sqrt(effect)
    result[0, near] = np.maximum(np.minimum(own, away), 0.0) * np.sign(beside[near])
    result[1, near] = away
    return result


def _binomial_deviate(most: NDArray[np.float64], least: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal deviate of P(X ≥ most) of as many fair coins; beyond the smallest floats the plain one."""
    from scipy.special import betainc, ndtri

    tail = betainc(np.maximum(most, 0.5), least + 1, 0.5)
    plain = (most - least) / np.sqrt(np.maximum(most + least, 1.0))
    return np.asarray(np.where(tail > 1e-300, -ndtri(np.maximum(tail, 1e-300)), plain), np.float64)


def false_discovery(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Benjamini and Hochberg's adjusted p-values."""
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return adjusted


def _clearest(beside: NDArray[np.float64], evidence: NDArray[np.float64], slices: Slices) -> int:
    """The slice that differs most clearly from the others. A slice and all that is not in it differ as clearly from
    each other: of those the one that changed by itself, then the shorter, then the first."""
    tied = np.flatnonzero(beside >= beside.max() - 1e-9)
    return int(min(tied, key=lambda at: (-round(float(evidence[at]), 9), int((slices[at] >= 0).sum()), at)))


def level_after_selection(listed: int, tried: int) -> float:
    """The error level of each listed interval that keeps the false coverage rate at 5 %."""
    return LEVEL * max(listed, 1) / max(tried, 1)
