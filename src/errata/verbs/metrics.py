"""The figures of a whole run: its error rate, its mean loss, how well its scores are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.calibration import brier, calibration
from errata.analysis.figures import grouped_effect, mean_estimate
from errata.analysis.intervals import wilson
from errata.analysis.weights import weighted_estimate, weighted_rate
from errata.nouns.outcome import FAILED, UNKNOWN, Outcomes
from errata.nouns.report import Estimate, ReliabilityBin, RunSummary
from errata.tasks.scores import confidence_of, probabilities_of

if TYPE_CHECKING:
    from errata.nouns.source import Source


def dense_groups(groups: NDArray[np.int64] | None, rows: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """The groups of some rows (None: of all), numbered without gaps."""
    if groups is None or rows is None:
        return groups
    return np.unique(groups[rows], return_inverse=True)[1].astype(np.int64)


def summary_of(
    outcomes: Outcomes, groups: NDArray[np.int64] | None, weights: NDArray[np.float64] | None = None
) -> RunSummary:
    """What failed among all rows, with Wilson's interval; rows that depend on each other count for fewer.

    With ``weights`` the rate is weighted, and what is counted are rows.
    """
    failed = int((outcomes.failed == FAILED).sum())
    unknown = int((outcomes.failed == UNKNOWN).sum())
    known = len(outcomes.failed) - unknown
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    if known and weights is not None:
        at = np.flatnonzero(outcomes.failed != UNKNOWN)
        values = (outcomes.failed[at] == FAILED).astype(np.float64)
        rate, low, high = weighted_rate(values, weights[at], dense_groups(groups, at))
    elif known:
        mask = outcomes.failed != UNKNOWN
        effect = (
            grouped_effect((outcomes.failed == FAILED).astype(np.float64), groups, mask) if groups is not None else 1.0
        )
        rate = failed / known
        low, high = wilson(failed / effect, known / effect)
    return RunSummary(len(outcomes.failed), failed, unknown, rate, low, high, outcomes.task)


def metrics_of(
    source: Source,
    outcomes: Outcomes,
    groups: NDArray[np.int64] | None,
    seed: int,
    weights: NDArray[np.float64] | None = None,
) -> tuple[dict[str, Estimate], tuple[ReliabilityBin, ...]]:
    """Mean loss, expected calibration error and Brier score, as far as the roles allow; and the reliability bins.

    With ``weights`` means are weighted, and the calibration error, which knows none, is left out.
    """
    metrics: dict[str, Estimate] = {}
    reliability: tuple[ReliabilityBin, ...] = ()
    if outcomes.loss is not None:
        known = np.flatnonzero(~np.isnan(outcomes.loss))
        if len(known):
            metrics["loss"] = _mean(outcomes.loss[known], known, groups, weights)
    for name, values in outcomes.measures.items():
        known = np.flatnonzero(~np.isnan(values))
        if len(known) and name not in ("jaccard_distance", "rank"):
            named = f"{name}@{outcomes.roles.k}" if outcomes.task == "retrieval" else name
            metrics[named] = _share(values[known], known, groups, weights)
    if outcomes.truth is None or outcomes.prediction is None:
        return metrics, reliability
    probabilities = probabilities_of(source, outcomes)
    confidence = confidence_of(source, outcomes, probabilities)
    if confidence is not None:
        known = np.flatnonzero((outcomes.truth >= 0) & (outcomes.prediction >= 0) & ~np.isnan(confidence))
        right = outcomes.truth == outcomes.prediction
        if len(known) and weights is None:
            about = dense_groups(groups, known)
            metrics["ece"], reliability = calibration(confidence[known], right[known], about, seed=seed)
    if probabilities is not None:
        has_score = (outcomes.truth < probabilities.shape[1]) & ~np.isnan(probabilities).any(axis=1)
        known = np.flatnonzero((outcomes.truth >= 0) & has_score)
        if len(known):
            scores = brier(probabilities[known], outcomes.truth[known])
            metrics["brier"] = _mean(scores, known, groups, weights)
    return metrics, reliability


def _mean(
    values: NDArray[np.float64],
    rows: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    weights: NDArray[np.float64] | None,
) -> Estimate:
    """The mean of the values of some rows."""
    about = dense_groups(groups, rows)
    return mean_estimate(values, about) if weights is None else weighted_estimate(values, weights[rows], about)


def _share(
    values: NDArray[np.float64],
    rows: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    weights: NDArray[np.float64] | None,
) -> Estimate:
    """The mean with its interval: of values that are 0 or 1, Wilson's."""
    if not ((values == 0) | (values == 1)).all():
        return _mean(values, rows, groups, weights)
    about = dense_groups(groups, rows)
    if weights is not None:
        return Estimate(*weighted_rate(values, weights[rows], about))
    effect = grouped_effect(values, about, np.ones(len(values), bool))
    hits = float(values.sum())
    return Estimate(hits / len(values), *wilson(hits / effect, len(values) / effect))
