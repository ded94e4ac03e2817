"""How many clusters there are, if any: the number that comes back when only half of the rows are looked at.

For each number k the rows are clustered (k-means), then random halves of them are. Each half's centres place all rows:
the adjusted Rand index (Hubert and Arabie 1985) with the clustering of all rows, averaged over the halves, is the
stability of k (Ben-Hur, Elisseeff and Guyon 2002). How far the clusters lie apart is their separation, the simplified
silhouette. Rows without clusters have both, and much stability where they lie along a line. So the same is done to
reference rows, one cloud with the same variances and the same lean along the same axes, and what counts is by how much
stability × separation exceeds theirs (after clest; Dudoit and Fridlyand 2002). All numbers are tried at once: the
largest standardised excess is ranked among those of the references (Westfall and Young 1993).

A cluster's own stability is the mean Jaccard index with the cluster of each half that is most like it (Hennig 2007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NUMBERS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 15)
MOST_ROWS = 500
"""Of what stability is measured on."""
MOST_AXES = 20
HALVES = 5
REFERENCES = 19
"""With nineteen the largest of all is one of twenty: 5 %."""
LEVEL = 0.05
STABLE = 0.65
"""Below it an adjusted Rand index speaks of a poor recovery (Steinley 2004)."""
DENSITY = 0
"""Stands for the number that density chooses by itself."""
_LEAST_SPREAD = 0.01
_LEAST_LEAN = 0.1
_SAME = 1e-3

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Clustering = Callable[[Matrix], Labels]
"""Rows to their clusters, −1 for noise."""


class Tried(NamedTuple):
    """One number of clusters: its stability and separation, and their means over the references."""

    number: int
    stability: float
    separation: float
    reference_stability: float
    reference_separation: float


@dataclass(frozen=True, slots=True)
class Choice:
    """``number`` of clusters, None where none is stable beyond the references; ``p`` is of no clusters at all.

    ``rows`` were looked at.
    """

    number: int | None
    p: float
    tried: tuple[Tried, ...]
    rows: int


def choose(points: Matrix, numbers: Sequence[int], seed: int, density: Clustering | None = None) -> Choice:
    """The number of clusters in ``points`` (rows × axes) among ``numbers``; with ``density``, whether its own hold.

    Rows are taken as independent. At most ``MOST_ROWS`` of them are looked at.
    """
    rng = np.random.default_rng([seed, 1])
    if len(points) > MOST_ROWS:
        points = points[np.sort(rng.choice(len(points), MOST_ROWS, replace=False))]
    scores = principal(points, MOST_AXES)
    if not scores.shape[1]:
        return Choice(None, 1.0, (), len(points))
    sets = [scores, *(one_cloud(scores, rng) for _ in range(REFERENCES))]
    wanted = [DENSITY] if density is not None else list(numbers)
    measured = np.array([_measures(one, wanted, [seed, 2, at], density) for at, one in enumerate(sets)])
    both = measured.prod(axis=2)
    scale = np.maximum(both.std(axis=0), _LEAST_SPREAD)
    largest = ((both - both.mean(axis=0)) / scale).max(axis=1)
    p = float((largest >= largest[0]).sum()) / len(largest)
    excess = both[0] - both[1:].mean(axis=0)
    # A number stands out by itself where hardly a reference does as well.
    out = (both[1:] >= both[0]).mean(axis=0) <= LEVEL
    fit = [at for at in range(len(wanted)) if out[at] and measured[0, at, 0] >= STABLE]
    best = max(fit, key=lambda at: (excess[at], wanted[at]), default=None)
    means_of = measured[1:].mean(axis=0)
    tried = tuple(
        Tried(number, *(float(one) for one in (*measured[0, at], *means_of[at]))) for at, number in enumerate(wanted)
    )
    return Choice(wanted[best] if best is not None and p <= LEVEL else None, p, tried, len(points))


def one_cloud(scores: Matrix, rng: np.random.Generator) -> Matrix:
    """Reference rows: each axis by itself gamma distributed (normal where it leans to no side) with the same variance
    and skewness, so that one lopsided cloud is not taken for two."""
    values = scores.astype(np.float64)
    spread = values.std(axis=0)
    lean = (values**3).mean(axis=0) / np.where(spread > 0, spread, 1) ** 3
    drawn = rng.standard_normal(values.shape)
    # A sample leans less than what it is drawn from (Hazen 1930).
    lean *= 1 + 8.5 / len(values)
    leaning = np.flatnonzero(np.abs(lean) > _LEAST_LEAN)
    shape = 4 / lean[leaning] ** 2
    gamma = rng.gamma(shape, size=(len(values), len(leaning)))
    drawn[:, leaning] = np.sign(lean[leaning]) * (gamma - shape) / np.sqrt(shape)
    cloud: Matrix = (drawn * spread).astype(np.float32)
    return cloud


def _measures(
    points: Matrix, numbers: Sequence[int], seed: Sequence[int], density: Clustering | None
) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    halves = [np.sort(rng.choice(len(points), len(points) // 2, replace=False)) for _ in range(HALVES)]
    if density is not None:
        return [(_of_density(points, halves, density), 1.0)]
    found = []
    for number in numbers:
        whole = means(points, number, rng)
        parts = [nearest(points, means(points[half], number, rng, 1).centres)[0] for half in halves]
        stable = float(np.mean([adjusted_rand(whole.labels, part) for part in parts]))
        found.append((stable, separation(points, whole.centres)))
    return found


def _of_density(points: Matrix, halves: Sequence[Labels], density: Clustering) -> float:
    whole = density(points)
    if whole.max(initial=-1) < 1:
        return 0.0
    found = []
    for half in halves:
        part = density(points[half])
        found.append(adjusted_rand(whole[half], part) if part.max(initial=-1) >= 1 else 0.0)
    return float(np.mean(found))


def separation(points: Matrix, centres: Matrix) -> float:
    """The mean of 1 − a/b, a and b the distances of a row to the nearest and to the second nearest centre: 1 where
    clusters are points (the simplified silhouette; Hruschka, de Castro and Campello 2004)."""
    near = np.partition(_squared(points, centres), 1, axis=1)[:, :2]
    first, second = np.sqrt(near).T
    # Centres that lie on one another are one: rows that are the same to rounding are not apart.
    apart = second > _SAME * float(points.std(axis=0, dtype=np.float64).max(initial=0.0))
    return float(np.mean(np.divide(second - first, second, out=np.zeros_like(second), where=apart)))


class Means(NamedTuple):
    """Centres (number × axes), the label of each row, and the sum of squared distances to the centres."""

    centres: Matrix
    labels: Labels
    inertia: float


def means(points: Matrix, number: int, rng: np.random.Generator, starts: int = 2, rounds: int = 30) -> Means:
    """k-means (Lloyd 1982) from the best of ``starts`` greedy k-means++ seedings (Arthur and Vassilvitskii 2007)."""
    best: Means | None = None
    for _ in range(starts):
        centres = _seeds(points, number, rng)
        labels, distances = nearest(points, centres)
        for _ in range(rounds):
            held = np.zeros((number, len(points)), np.float32)
            held[labels, np.arange(len(points))] = 1
            sizes = held.sum(axis=1)
            there = sizes > 0
            centres = centres.copy()
            centres[there] = (held @ points)[there] / sizes[there, None]
            before = labels
            labels, distances = nearest(points, centres)
            if np.array_equal(before, labels):
                break
        inertia = float(distances.sum(dtype=np.float64))
        if best is None or inertia < best.inertia:
            best = Means(centres, labels, inertia)
    assert best is not None
    return best


def nearest(points: Matrix, centres: Matrix) -> tuple[Labels, Matrix]:
    """The nearest centre of each row, and the squared distance to it."""
    near = _squared(points, centres)
    labels = near.argmin(axis=1)
    return labels, near[np.arange(len(near)), labels]


def _squared(points: Matrix, centres: Matrix) -> Matrix:
    near: Matrix = points @ centres.T
    near *= -2
    near += np.einsum("ij,ij->i", centres, centres)
    near += np.einsum("ij,ij->i", points, points)[:, None]
    return np.maximum(near, 0, out=near)


def _seeds(points: Matrix, number: int, rng: np.random.Generator) -> Matrix:
    tries = 2 + int(np.log(number))
    chosen = [int(rng.integers(len(points)))]
    left = _squared(points, points[chosen])[:, 0]
    for _ in range(number - 1):
        sums = np.cumsum(left, dtype=np.float64)
        if sums[-1] <= 0:  # fewer distinct rows than clusters
            chosen.append(int(rng.integers(len(points))))
            continue
        at = np.minimum(np.searchsorted(sums, rng.random(tries) * sums[-1]), len(points) - 1)
        candidates = np.minimum(_squared(points, points[at]), left[:, None])
        best = int(candidates.sum(axis=0).argmin())
        chosen.append(int(at[best]))
        left = candidates[:, best]
    return points[chosen].copy()


def adjusted_rand(one: Labels, two: Labels) -> float:
    """The adjusted Rand index of two labellings (from −1): 1 where they are the same, 0 what chance makes."""
    width = int(two.max(initial=0)) + 2
    table = np.bincount((one + 1) * width + two + 1, minlength=(int(one.max(initial=0)) + 2) * width)
    table = table.reshape(-1, width).astype(np.float64)
    pairs, rows, columns = ((n * (n - 1) / 2).sum() for n in (table, table.sum(axis=1), table.sum(axis=0)))
    every = len(one) * (len(one) - 1) / 2
    expected = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((pairs - expected) / (most - expected))


def similarities(whole: Labels, halves: Sequence[tuple[Labels, Labels]], number: int) -> list[float]:
    """Of each cluster of ``whole``, the mean over halves (their rows, and those rows' labels) of the Jaccard index
    with the most similar cluster of the half."""
    found = [overlaps(whole[rows], labels, number) for rows, labels in halves]
    return [float(one) for one in np.mean(found, axis=0)]


def overlaps(labels: Labels, others: Labels, number: int) -> NDArray[np.float64]:
    """The largest Jaccard index of each cluster 0 … number − 1 with any cluster of another labelling (−1 is none)."""
    width = int(others.max(initial=0)) + 1
    both = np.zeros((number, width))
    kept = (labels >= 0) & (others >= 0)
    np.add.at(both, (labels[kept], others[kept]), 1)
    one = np.bincount(labels[labels >= 0], minlength=number)[:number]
    two = np.bincount(others[others >= 0], minlength=width)
    either = one[:, None] + two - both
    ratio: NDArray[np.float64] = np.divide(both, either, out=np.zeros_like(both), where=either > 0).max(axis=1)
    return ratio


def principal(points: Matrix, axes: int) -> Matrix:
    """The rows along their ``axes`` axes of largest variance, centred; fewer axes where fewer have any."""
    left, sizes, _ = np.linalg.svd(points - points.mean(axis=0, dtype=np.float64), full_matrices=False)
    kept = min(axes, int((sizes > sizes.max(initial=0) * 1e-6).sum()))
    scores: Matrix = (left[:, :kept] * sizes[:kept]).astype(np.float32)
    return scores
