"""What ``errata analyze --only calibration`` says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.report import Estimate, ReliabilityBin

OVER, UNDER = "over", "under"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brier:
    """The mean of (score − outcome)², and Murphy's parts: value = reliability − resolution + uncertainty + remainder.

    ``remainder`` is what varies within bins.
    """

    value: float
    reliability: float
    resolution: float
    uncertainty: float
    remainder: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCalibration:
    """P(class) against how often it is the class: ``positives`` of ``rows``. Errors are shares, 0 to 1."""

    label: str
    rows: int
    positives: int
    ece: float
    ece_adaptive: float
    mce: float
    brier: Brier


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceCalibration:
    """A slice whose confidence is not what it comes to: ``gap`` = mean confidence − accuracy.

    ``low`` and ``high`` hold for all slices tried at once; ``rest_gap`` is that of the rows outside. ``excess`` is the
    number of errors beyond what the confidences promised, below 0 if under-confident; ``beyond_rest`` as many as would
    vanish if the gap were the rest's.
    """

    slice: str
    direction: str
    rows: int
    confidence: float
    accuracy: float
    gap: float
    low: float
    high: float
    rest_gap: float | None
    excess: float
    beyond_rest: float
    p: float
    p_adjusted: float

    @property
    def worse_than_rest(self) -> bool:
        """Whether the gap, at its bound, is larger than the rest's in its direction."""
        rest = self.rest_gap or 0.0
        return self.low > rest if self.direction == OVER else self.high < rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperature:
    """The temperature that would mend it, fitted on ``rows`` drawn rows; ECE and NLL (nats) on others, ``held_out``.

    ``method``: ``scores`` (of all classes) or ``confidence`` (of the prediction alone, against not the prediction).
    """

    temperature: float
    method: str
    rows: int
    held_out: int
    ece_before: float
    ece_after: float
    nll_before: float
    nll_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Top-label calibration of the confidence in the prediction; then by class, by slice, and what would mend it.

    ``ece`` with bins of equal width, ``ece_adaptive`` of about equal mass, ``mce`` the largest gap of a bin of equal
    width. ``slices`` are those that are over- or under-confident, of ``tried``.
    """

    rows: int
    confidence: float
    accuracy: float
    ece: Estimate
    ece_adaptive: float
    mce: float
    ece_classwise: float | None
    brier: Brier
    reliability: tuple[ReliabilityBin, ...]
    adaptive: tuple[ReliabilityBin, ...]
    classes: tuple[ClassCalibration, ...]
    slices: tuple[SliceCalibration, ...]
    tried: int
    false_discovery_rate: float
    temperature: Temperature | None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, its fields by name."""
        return asdict(self)
