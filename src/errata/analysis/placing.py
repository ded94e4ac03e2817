"""Clusters as places: every row lies at the nearest one, whatever made the clusters.

Of k-means a cluster has one place, its centre, and every row belongs to it. Of density a cluster has its core rows, and
what lies further from them than its own loosest row is noise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from errata.analysis.stability import (
    HALVES,
    Clustering,
    Labels,
    Matrix,
    means,
    nearest,
    principal,
    similarities,
)

NOISE = -1
MOST_CORES = 1000
_MINI = 4096
_STARTS = 10


class At(NamedTuple):
    """Of each row its cluster (−1: noise), how far it is from the nearest place, and from the middle of its cluster."""

    labels: Labels
    distance: NDArray[np.float64]
    middle: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """``centres`` (places × axes), the cluster of each, and of each cluster its middle and how far it reaches.

    ``spread`` is the root mean square distance of a cluster's rows from their place (of density, from the nearest
    other row); ``stability`` the mean Jaccard index of each cluster.
    """

    centres: Matrix
    cluster: Labels
    middles: Matrix
    reach: NDArray[np.float64]
    spread: NDArray[np.float64]
    stability: tuple[float, ...] = ()

    @property
    def number(self) -> int:
        """How many clusters."""
        return len(self.reach)

    def of(self, points: Matrix) -> At:
        """Where these rows lie."""
        at, squared = nearest(points, self.centres)
        distance = np.sqrt(squared.astype(np.float64))
        labels = self.cluster[at]
        middle = np.sqrt(((points - self.middles[labels]) ** 2).sum(axis=1, dtype=np.float64))
        return At(np.where(distance <= self.reach[labels], labels, NOISE), distance, middle)

    def spread_over(self, points: Matrix) -> Places:
        """With the spread of these rows about their places."""
        found = self.of(points)
        held = found.labels >= 0
        sizes = np.bincount(found.labels[held], minlength=self.number)
        squares = np.bincount(found.labels[held], found.distance[held] ** 2, self.number)
        return replace(self, spread=np.sqrt(squares / np.maximum(sizes, 1)))


def by_means(points: Matrix, number: int, seed: int) -> Places:
    """k-means of these rows; one cluster is their mean."""
    rng = np.random.default_rng([seed, 4])
    found = means(points, number, rng, _STARTS, 100)
    stability: tuple[float, ...] = ()
    if number > 1:
        halves = []
        for _ in range(2 * HALVES):
            half = rng.choice(len(points), len(points) // 2, replace=False)
            halves.append((np.arange(len(points)), nearest(points, means(points[half], number, rng).centres)[0]))
        stability = tuple(similarities(found.labels, halves, number))
    reach, spread = np.full(number, np.inf), np.zeros(number)
    places = Places(found.centres, np.arange(number), found.centres, reach, spread, stability)
    return places.spread_over(points)


def by_batches(places: Places, batches: Iterable[Matrix], seed: int) -> Places:
    """Centres learnt from all rows, batch by batch, beginning at ``places`` (mini-batch k-means; Sculley 2010)."""
    from sklearn.cluster import MiniBatchKMeans

    learner = MiniBatchKMeans(
        places.number, init=places.centres, n_init=1, random_state=seed, reassignment_ratio=0.0, batch_size=_MINI
    )
    for batch in batches:
        for start in range(0, len(batch), _MINI):
            part = batch[start : start + _MINI]
            if start == 0 or len(part) >= places.number:
                learner.partial_fit(part)
    centres = learner.cluster_centers_.astype(np.float32)
    return replace(places, centres=centres, middles=centres)


def by_density(points: Matrix, clustering: Clustering, seed: int) -> Places | None:
    """The clusters of density among these rows; None where there are fewer than two."""
    labels = clustering(points)
    number = int(labels.max(initial=-1)) + 1
    if number < 2:
        return None
    rng = np.random.default_rng([seed, 5])
    halves = []
    for _ in range(HALVES):
        half = np.sort(rng.choice(len(points), len(points) // 2, replace=False))
        halves.append((half, clustering(points[half])))
    cores = np.flatnonzero(labels >= 0)
    if len(cores) > MOST_CORES:
        cores = np.sort(rng.choice(cores, MOST_CORES, replace=False))
    reach, spread = np.zeros(number), np.zeros(number)
    middles = np.stack([points[labels == one].mean(axis=0) for one in range(number)])
    for one in range(number):
        near = _second(points[labels == one], points[cores[labels[cores] == one]])
        reach[one], spread[one] = float(near.max()), float(np.sqrt((near**2).mean()))
    stability = tuple(similarities(labels, halves, number))
    return Places(points[cores], labels[cores], middles, reach, spread, stability)


def _second(rows: Matrix, cores: Matrix) -> NDArray[np.float64]:
    """The distance of each row to the nearest core that is not itself."""
    found = np.empty(len(rows))
    for start in range(0, len(rows), 512):
        part = rows[start : start + 512]
        squared = ((part[:, None, :] - cores[None]) ** 2).sum(axis=2)
        squared[squared <= 0] = np.inf
        found[start : start + 512] = np.sqrt(squared.min(axis=1))
    return np.where(np.isfinite(found), found, 0.0)


def hdbscan(least: float) -> Clustering:
    """HDBSCAN (Campello, Moulavi and Sander 2013), the least cluster a share of the rows; along the main axes."""
    from sklearn.cluster import HDBSCAN

    def cluster(points: Matrix) -> Labels:
        size = max(5, round(least * len(points)))
        found: Labels = HDBSCAN(min_cluster_size=size, min_samples=5, copy=True).fit_predict(points).astype(np.int64)
        return found

    return cluster


__all__ = ["NOISE", "Places", "by_batches", "by_density", "by_means", "hdbscan", "principal"]
