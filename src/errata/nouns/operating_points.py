"""What ``errata analyze --only operating-points`` says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPoint:
    """The best ``value`` (of recall, at a fixed precision; or of precision, at a fixed recall) where ``target`` holds.

    ``reached`` is what the fixed one comes to at ``threshold`` (the class is said where score ≥ threshold). No
    threshold between two bins does better than ``at_most``. All None where no threshold reaches the target. ``low`` and
    ``high`` are pointwise 95 %.
    """

    target: float
    threshold: float | None
    reached: float | None
    value: float | None
    low: float | None
    high: float | None
    at_most: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPoint:
    """The threshold of least mean cost a row, its 95 % interval, and the rates there; None: never say the class.

    No threshold between two bins costs less than ``at_least``. ``calibrated_threshold`` = fp/(fp + fn) is the one for
    calibrated scores, ``calibrated_cost`` what it costs here.
    """

    fp: float
    fn: float
    threshold: float | None
    cost: float
    low: float
    high: float
    at_least: float
    fpr: float | None
    fnr: float | None
    calibrated_threshold: float
    calibrated_cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPoints:
    """The operating points of one class against the rest."""

    label: str
    rows: int
    positives: int
    recall_at_precision: tuple[FixedPoint, ...]
    precision_at_recall: tuple[FixedPoint, ...]
    cost: CostPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class BinRates:
    """False positive and false negative rate of the predictions in one bin of a factor, each with its 95 % interval."""

    column: str
    slice: str
    negatives: int
    false_positives: int
    fpr: float | None
    fpr_low: float | None
    fpr_high: float | None
    positives: int
    false_negatives: int
    fnr: float | None
    fnr_low: float | None
    fnr_high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePoint:
    """Answering only where confidence ≥ threshold: the share answered, and the error rate of those with its 95 %
    interval."""

    coverage: float
    threshold: float
    risk: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """The risk–coverage curve. ``aurc`` is the area under it, between ``aurc_low`` and ``aurc_high`` whatever the order
    within bins; ``excess`` what it has above a confidence that ranks every error last."""

    rows: int
    risk: float
    aurc: float
    aurc_low: float
    aurc_high: float
    excess: float
    points: tuple[CoveragePoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoints:
    """By class, by bin of each factor for the class ``positive``, and by abstaining."""

    classes: tuple[ClassPoints, ...]
    positive: str | None
    rates: tuple[BinRates, ...]
    abstention: Abstention | None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, its fields by name."""
        return asdict(self)
