"""Thresholds from counts in bins of a score: precision and recall, costs, and the risk of what is answered.

Bins are cut at quantiles, so that none holds many of the rows, of the class or of the others; docs/operating-points.md
derives how far the best threshold between two bins may be off. A threshold says the class where score ≥ threshold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.analysis.intervals import Z95, wilson
from errata.analysis.tally import Counts
from errata.nouns.operating_points import Abstention, CostPoint, CoveragePoint, FixedPoint

BINS, FINER = 1000, 2
"""Of the rows of the class, which recall is a share of, there are so many times more quantiles than of others."""
PRECISIONS = (0.8, 0.9, 0.95, 0.99)
RECALLS = (0.8, 0.9, 0.95, 0.99)
COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
Float = NDArray[np.float64]


def score_edges(*samples: Float, also: Sequence[float] = ()) -> tuple[float, ...]:
    """Edges at quantiles of each sample, twice as fine of the first. A value that is several has a bin to itself."""
    edges: list[Float] = [np.asarray(also, np.float64)]
    for number, values in enumerate(samples):
        known = values[~np.isnan(values)]
        if not len(known):
            continue
        at = np.quantile(known, np.linspace(0, 1, (1 if number else FINER) * BINS + 1), method="lower")
        distinct, times = np.unique(at, return_counts=True)
        edges += [distinct, np.nextafter(distinct[times > 1], np.inf)]
    found = np.unique(np.concatenate(edges))
    return tuple(found.tolist()) or (0.5,)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """At each threshold, rising: the rows said to be the class that are (``tp``) and are not (``fp``). The last says
    none. ``between``: whether other thresholds lie between this one and the next."""

    at: Float
    tp: Float
    fp: Float
    between: NDArray[np.bool_]

    @staticmethod
    def of(counts: Counts, edges: Sequence[float]) -> Thresholds:
        """From a Tally by (score at these edges, whether it is the class)."""
        rows, _ = counts.dense([tuple(range(len(edges) + 1)), (False, True)])
        above = np.vstack([np.cumsum(rows[::-1], axis=0)[::-1], np.zeros((1, 2), np.int64)]).astype(float)
        at = np.array([0.0, *edges, np.inf])
        return Thresholds(at, above[:, 1], above[:, 0], np.append(np.nextafter(at[:-1], np.inf) < at[1:], False))

    @staticmethod
    def of_said(counts: Counts, edges: Sequence[float], positives: int, rows: int) -> Thresholds:
        """Of a class whose score is the confidence where it was said, else 0: from a Tally of the rows that say it by
        (confidence at these edges, whether it is right), and how many rows are of the class, and how many there are."""
        said, _ = counts.dense([tuple(range(len(edges) + 1)), (False, True)])
        silent = np.array([rows - positives - said[:, 0].sum(), positives - said[:, 1].sum()])
        above = np.vstack([np.cumsum(said[::-1], axis=0)[::-1], np.zeros((1, 2), np.int64)]).astype(float)
        at = np.array([0.0, np.nextafter(0.0, 1.0), *edges, np.inf])
        above = np.vstack([above[0] + silent, above])
        # Nothing lies between 0, which every row has at least, and the least confidence of those that say it.
        return Thresholds(at, above[:, 1], above[:, 0], np.append(np.nextafter(at[:-1], np.inf) < at[1:], False))

    @property
    def positives(self) -> float:
        """Rows of the class."""
        return float(self.tp[0])

    @property
    def rows(self) -> float:
        """All rows."""
        return float(self.tp[0] + self.fp[0])

    def precision(self) -> Float:
        """tp/(tp + fp); NaN where nothing is said."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.tp / (self.tp + self.fp))

    def most_precise(self) -> Float:
        """What no threshold between this one and the next exceeds: all of its class, none of the others in between."""
        fp = np.append(self.fp[1:], 0.0)
        with np.errstate(invalid="ignore"):
            inside = self.tp / (self.tp + fp)
        return np.where(self.between & (self.tp > 0), inside, np.nan)


def recall_at(found: Thresholds, target: float, effect: float = 1.0) -> FixedPoint:
    """The largest recall of a threshold with at least this precision. ``effect`` is the design effect of positives."""
    precision = found.precision()
    good = np.flatnonzero((precision >= target) & (found.tp > 0))
    could = np.flatnonzero(found.most_precise() >= target)
    most = max((float(found.tp[at[0]]) for at in (good, could) if len(at)), default=None)
    at_most = None if most is None else most / found.positives
    if not len(good):
        return FixedPoint(target=target, threshold=None, reached=None, value=None, low=None, high=None, at_most=at_most)
    at = _highest(found, int(good[0]))
    low, high = wilson(found.tp[at] / effect, found.positives / effect)
    return FixedPoint(
        target=target,
        threshold=float(found.at[at]),
        reached=float(precision[at]),
        value=float(found.tp[at] / found.positives),
        low=low,
        high=high,
        at_most=at_most,
    )


def precision_at(found: Thresholds, target: float, effect: float = 1.0) -> FixedPoint:
    """The largest precision of a threshold with at least this recall. ``effect``: of the rows said to be the class."""
    enough = (found.tp >= target * found.positives) & (found.tp > 0)
    precision = np.where(enough, found.precision(), -1.0)
    at = _highest(found, int(precision.argmax()))
    between = np.where(enough, np.nan_to_num(found.most_precise(), nan=-1.0), -1.0)
    said = found.tp[at] + found.fp[at]
    low, high = wilson(found.tp[at] / effect, said / effect)
    return FixedPoint(
        target=target,
        threshold=float(found.at[at]),
        reached=float(found.tp[at] / found.positives),
        value=float(precision[at]),
        low=low,
        high=high,
        at_most=float(max(precision[at], between.max())),
    )


def _highest(found: Thresholds, at: int) -> int:
    """Of thresholds that say as many of the class the highest, which says the fewest others."""
    return int(np.flatnonzero(found.tp == found.tp[at])[-1])


def cheapest(found: Thresholds, fp: float, fn: float, effect: float = 1.0) -> CostPoint:
    """The threshold of least mean cost; ``fp/(fp + fn)`` is one of the thresholds. At least one row."""
    rows, positives = found.rows, found.positives
    missed = positives - found.tp
    cost = (fp * found.fp + fn * missed) / rows
    at = _highest(found, int(cost.argmin()))
    between = (fp * np.append(found.fp[1:], 0.0) + fn * missed) / rows
    square = (fp**2 * found.fp[at] + fn**2 * missed[at]) / rows
    half = Z95 * math.sqrt(max(0.0, square - cost[at] ** 2) / rows * effect)
    usual = fp / (fp + fn)
    negatives = rows - positives
    return CostPoint(
        fp=fp,
        fn=fn,
        threshold=None if at == len(cost) - 1 else float(found.at[at]),
        cost=float(cost[at]),
        low=max(0.0, float(cost[at]) - half),
        high=float(cost[at]) + half,
        at_least=float(min(cost[at], np.where(found.between, between, np.inf).min())),
        fpr=float(found.fp[at] / negatives) if negatives else None,
        fnr=float(missed[at] / positives) if positives else None,
        calibrated_threshold=usual,
        calibrated_cost=float(cost[int(np.searchsorted(found.at, usual))]),
    )


def abstention(counts: Counts, edges: Sequence[float], effect: float = 1.0) -> Abstention | None:
    """The risk–coverage curve from a Tally by (confidence at these edges, failed); None without rows."""
    rows, _ = counts.dense([tuple(range(len(edges) + 1)), (False, True)])
    here, wrong = rows.sum(axis=1)[::-1].astype(float), rows[:, 1][::-1].astype(float)
    total, errors = float(here.sum()), float(wrong.sum())
    if not total:
        return None
    upto, failed = np.cumsum(here), np.cumsum(wrong)
    before, failed_before = upto - here, failed - wrong
    first = _area(before, failed_before, wrong, np.ones(len(here)))
    later = _area(before + wrong, failed, here - wrong, np.zeros(len(here)))
    early = _area(before, failed_before, here - wrong, np.zeros(len(here)))
    last = _area(before + here - wrong, failed_before, wrong, np.ones(len(here)))
    with np.errstate(invalid="ignore"):
        mixed = _area(before, failed_before, here, np.where(here > 0, wrong / here, 0.0))
    risk = errors / total
    best = _area(np.array([0.0]), np.array([0.0]), np.array([total - errors]), np.array([0.0]))
    best += _area(np.array([total - errors]), np.array([0.0]), np.array([errors]), np.array([1.0]))
    thresholds = np.array([0.0, *edges])[::-1]
    points = []
    for coverage in COVERAGES:
        at = int(np.searchsorted(upto, coverage * total - 1e-9))
        low, high = wilson(failed[at] / effect, upto[at] / effect)
        points.append(
            CoveragePoint(
                coverage=float(upto[at] / total),
                threshold=float(thresholds[at]),
                risk=float(failed[at] / upto[at]),
                low=low,
                high=high,
            )
        )
    return Abstention(
        rows=int(total),
        risk=risk,
        aurc=mixed / total,
        aurc_low=(early + last) / total,
        aurc_high=(first + later) / total,
        excess=(mixed - best) / total,
        points=tuple(points),
    )


def _area(before: Float, failed: Float, rows: Float, rate: Float) -> float:
    """Σ over blocks, and over i = 1 … rows in each, of (failed + rate · i)/(before + i)."""
    from scipy.special import digamma

    harmonic = digamma(before + rows + 1) - digamma(before + 1)
    return float(((failed - rate * before) * harmonic + rate * rows).sum())
