"""Cause tests: wrong labels, bad data, too little data. In a report under ``analyses``.

They say what goes with failing. Rows were not assigned at random, so none of it proves a cause.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.report import Estimate

NOISE, NO_NOISE = "labels, or confident mistakes", "no evidence of label noise"
MORE_DATA, FLAT, UNSURE = "more data would help", "flat", "inconclusive"
WORSE, BETTER, NO_EVIDENCE = "fails more", "fails less", "no evidence"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row whose label the model is sure to be another. ``margin``: P(label) − the largest other P. ``chance``: that
    the label is wrong, as the fitted noise has it."""

    row: int
    id: str | None
    label: str
    suggested: str
    margin: float
    chance: float


@dataclass(frozen=True, slots=True)
class LabelPair:
    """Rows labelled ``label`` that are confidently ``suggested``: how many, and how many calibrated scores and noise
    that is spread evenly lead one to expect."""

    label: str
    suggested: str
    rows: int
    expected: float
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class LabelNoise:
    """``noise``: the share of labels that no calibration of the scores explains. ``disagreements``: rows confidently of
    another class than their label, ``expected``: how many there would be were every label right and the scores
    calibrated at ``temperature``. ``confident_share``: confident learning's own estimate, without such a correction.
    ``suspects`` are ranked by margin, ``suspected`` counts all of them, ``likely`` how many of those are expected to be
    wrong."""

    rows: int
    noise: Estimate
    verdict: str
    temperature: float
    disagreements: int
    expected: float
    expected_raw: float
    confident_share: float
    suspected: int
    likely: float
    suspects: tuple[Suspect, ...]
    pairs: tuple[LabelPair, ...]
    tried: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of bad data in one column (or in whole rows), and whether rows that have it fail more.

    ``kind``: missing, placeholder, filled in, out of range, unseen value, duplicate, conflicting labels, leaked id,
    leaked inputs. ``share_failed``, ``share_passed``: how many of the failed and of the passed rows have it. ``ratio``:
    failure rate with it over that without it. ``verdict``: ``fails more``, ``fails less`` or ``no evidence``.
    """

    kind: str
    column: str | None
    detail: str
    rows: int
    known: int
    failed: int
    share_failed: float | None
    share_passed: float | None
    rate: Estimate
    rest_rate: Estimate
    ratio: Estimate
    p: float | None
    p_adjusted: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class DataQuality:
    """``inputs``: the columns by which rows are held equal. ``distinct``: how many different inputs there are.
    ``floor``: the error rate below which no model can come in these rows that sees these columns alone; it is too
    small where inputs hardly repeat. ``reference``: what ranges are held against. ``without_leaks``: the holdout's
    error rate without leaked rows."""

    rows: int
    reference: str
    inputs: tuple[str, ...]
    distinct: int | None
    floor: float | None
    troubles: tuple[Trouble, ...]
    tried: int
    without_leaks: Estimate | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SizePoint:
    """One training: ``size`` examples, and the error rate after it; ``fitted`` is the curve's."""

    name: str
    size: float
    rows: int
    failed: int
    rate: Estimate
    fitted: float


@dataclass(frozen=True, slots=True)
class Capacity:
    """error = ``floor`` + b · size^(−``exponent``). ``doubled``: the error predicted at twice the largest size,
    ``gain``: what it is less than at the largest. ``scatter``: how much more trainings scatter around the curve than
    samples explain (1 is not at all)."""

    points: tuple[SizePoint, ...]
    floor: Estimate
    exponent: Estimate
    doubled: Estimate
    gain: Estimate
    scatter: float
    verdict: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Causes:
    """Each test, or None where it could not be made; ``left_out`` says why."""

    labels: LabelNoise | None
    data: DataQuality | None
    capacity: Capacity | None
    false_discovery_rate: float
    left_out: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
