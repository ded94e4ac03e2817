"""Metrics: which rows a rate is about, and which of them count against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import UsageError
from errata.nouns.outcome import FAILED, UNKNOWN, Outcomes
from errata.tasks.classification import label_text, positive_label

METRICS = ("error", "fpr", "fnr", "loss")


@dataclass(frozen=True, slots=True)
class Measured:
    """The population of a metric: ``rows`` are the row numbers it is about (None: all), ``failed`` and ``loss`` are
    theirs. ``positive`` is the class that fpr and fnr are about, as text."""

    metric: str
    rows: NDArray[np.int64] | None
    failed: NDArray[np.bool_]
    loss: NDArray[np.float64] | None = None
    positive: str | None = None


def measure(outcomes: Outcomes, metric: str) -> Measured:
    """The population of ``metric``. Rows of unknown outcome leave it. Raises UsageError for what a task has not."""
    if metric not in METRICS:
        raise UsageError("no-such-metric", f"no metric {metric!r}", expected=", ".join(METRICS), next="--metric error")
    if metric == "loss":
        return _losses(outcomes)
    if metric == "error":
        known = outcomes.failed != UNKNOWN
        return _within(metric, known, outcomes.failed == FAILED, None)
    if outcomes.truth is None or outcomes.prediction is None:
        raise UsageError(
            "no-classes",
            f"--metric {metric} needs classes",
            expected="a classification, with --truth and --prediction",
            found=f"task {outcomes.task}",
            next="--metric error",
        )
    positive = positive_label(outcomes)
    known = (outcomes.truth >= 0) & (outcomes.prediction >= 0)
    called = outcomes.prediction == positive
    name = label_text(outcomes.labels[positive])
    if metric == "fpr":
        return _within(metric, known & (outcomes.truth != positive), called, name)
    return _within(metric, known & (outcomes.truth == positive), ~called, name)


def _within(metric: str, about: NDArray[np.bool_], failed: NDArray[np.bool_], positive: str | None) -> Measured:
    if about.all():
        return Measured(metric, None, failed, positive=positive)
    rows = np.flatnonzero(about)
    return Measured(metric, rows, failed[rows], positive=positive)


def _losses(outcomes: Outcomes) -> Measured:
    if outcomes.loss is None:
        raise UsageError(
            "no-loss", "there is no loss to measure", expected="--loss COLUMN with --metric loss", next="--metric error"
        )
    known = ~np.isnan(outcomes.loss)
    rows = None if known.all() else np.flatnonzero(known)
    loss = outcomes.loss if rows is None else outcomes.loss[rows]
    failed = outcomes.failed == FAILED
    return Measured("loss", rows, failed if rows is None else failed[rows], loss)
