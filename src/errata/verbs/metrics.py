"""The figures of a whole run: its error rate, its mean loss, how well its scores are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.calibration import brier, calibration
from errata.analysis.figures import grouped_effect, mean_estimate
from errata.analysis.intervals import wilson
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


def _mean(values: NDArray[np.float64], groups: NDArray[np.int64] | None) -> Estimate:
    """The mean with its interval: of values that are 0 or 1, Wilson's."""
    if not ((values == 0) | (values == 1)).all():
        return mean_estimate(values, groups)
    effect = grouped_effect(values, groups, np.ones(len(values), bool))
    hits = float(values.sum())
    return Estimate(hits / len(values), *wilson(hits / effect, len(values) / effect))


def summary_of(outcomes: Outcomes, groups: NDArray[np.int64] | None) -> RunSummary:
    """What failed among all rows, with Wilson's interval; rows that depend on each other count for fewer."""
    failed = int((outcomes.failed == FAILED).sum())
    unknown = int((outcomes.failed == UNKNOWN).sum())
    known = len(outcomes.failed) - unknown
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    if known:
        mask = outcomes.failed != UNKNOWN
        effect = (
            grouped_effect((outcomes.failed == FAILED).astype(np.float64), groups, mask) if groups is not None else 1.0
        )
        rate = failed / known
        low, high = wilson(failed / effect, known / effect)
    return RunSummary(len(outcomes.failed), failed, unknown, rate, low, high, outcomes.task)


def metrics_of(
    source: Source, outcomes: Outcomes, groups: NDArray[np.int64] | None, seed: int
) -> tuple[dict[str, Estimate], tuple[ReliabilityBin, ...]]:
    """Mean loss, expected calibration error and Brier score, as far as the roles allow; and the reliability bins."""
    metrics: dict[str, Estimate] = {}
    reliability: tuple[ReliabilityBin, ...] = ()
    if outcomes.loss is not None:
        known = np.flatnonzero(~np.isnan(outcomes.loss))
        if len(known):
            metrics["loss"] = mean_estimate(outcomes.loss[known], dense_groups(groups, known))
    for name, values in outcomes.measures.items():
        known = np.flatnonzero(~np.isnan(values))
        if len(known) and name not in ("jaccard_distance", "rank"):
            named = f"{name}@{outcomes.roles.k}" if outcomes.task == "retrieval" else name
            metrics[named] = _mean(values[known], dense_groups(groups, known))
    if outcomes.truth is None or outcomes.prediction is None:
        return metrics, reliability
    probabilities = probabilities_of(source, outcomes)
    confidence = confidence_of(source, outcomes, probabilities)
    if confidence is not None:
        known = np.flatnonzero((outcomes.truth >= 0) & (outcomes.prediction >= 0) & ~np.isnan(confidence))
        right = outcomes.truth == outcomes.prediction
        if len(known):
            about = dense_groups(groups, known)
            metrics["ece"], reliability = calibration(confidence[known], right[known], about, seed=seed)
    if probabilities is not None:
        has_score = (outcomes.truth < probabilities.shape[1]) & ~np.isnan(probabilities).any(axis=1)
        known = np.flatnonzero((outcomes.truth >= 0) & has_score)
        if len(known):
            scores = brier(probabilities[known], outcomes.truth[known])
            metrics["brier"] = mean_estimate(scores, dense_groups(groups, known))
    return metrics, reliability
