"""Fairness: gaps between named groups. In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

GAP, NO_EVIDENCE, TOO_FEW = "gap", "no evidence of a gap", "too few rows"
ERROR, FPR, FNR, CALIBRATION = "error", "fpr", "fnr", "calibration"
METRICS = (ERROR, FPR, FNR, CALIBRATION)


@dataclass(frozen=True, slots=True)
class GroupGap:
    """One group against all other rows of a metric's population.

    ``bad`` of ``rows`` failed (false positives, false negatives; of calibration, the rows that were wrong). ``value``
    is their rate; of calibration it is mean confidence − accuracy, above 0 where the model is overconfident. Its
    interval ``low`` … ``high`` is pointwise 95 %; that of ``gap`` = value − ``rest`` holds for all gaps at once.
    ``more``: so many rows more of its population, with the rest growing alike, until the interval of the gap is
    ± precision; None where it is. ``worse``: whether the value is further from right than the rest's.
    """

    slice: str
    rows: int
    bad: int
    value: float
    low: float
    high: float
    rest: float
    gap: float
    gap_low: float
    gap_high: float
    verdict: str
    worse: bool
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """From the highest value to the lowest, with an interval that holds whichever groups they are."""

    highest: str
    lowest: str
    gap: float
    gap_low: float
    gap_high: float
    verdict: str
    more: int | None = None


@dataclass(frozen=True, slots=True)
class MetricGaps:
    """One metric of the groups of one column (or of two together): those with a gap first.

    ``z``: the deviate of its simultaneous intervals. ``spread`` is None with fewer than two groups.
    """

    metric: str
    groups: tuple[GroupGap, ...]
    spread: Spread | None
    z: float


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """A group that is not compared (by one ``metric``, or by none), and why. Its rows are in the rest of the others."""

    slice: str
    rows: int
    reason: str
    metric: str | None = None


@dataclass(frozen=True, slots=True)
class FairColumn:
    """The groups of one column, or of two columns together."""

    columns: tuple[str, ...]
    metrics: tuple[MetricGaps, ...]
    left_out: tuple[LeftOutGroup, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Every column of ``--fairness`` and every two together, as far as their rows go.

    ``gaps``: how many intervals hold at once with 95 %. ``positive``: the class of FPR and FNR. ``precision``: an
    interval of a gap that reaches further is too wide to say that there is no evidence.
    """

    columns: tuple[FairColumn, ...]
    positive: str | None
    precision: float
    gaps: int
    left_out: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
