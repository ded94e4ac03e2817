"""Holdout: the gap between the rows a model learned from and those it did not. In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.report import Estimate

WORSE, EASIER, NO_EVIDENCE = "holdout is worse", "holdout is easier", "no evidence of a gap"


@dataclass(frozen=True, slots=True)
class SideRate:
    """One side, or one value of the column that tells them apart. ``rate``: the error rate, or the mean loss."""

    side: str
    values: tuple[str, ...]
    rows: int
    known: int
    failed: int | None
    rate: Estimate


@dataclass(frozen=True, slots=True)
class GapSlice:
    """A slice in which the gap is larger than in the rest: holdout − train, and by how much.

    ``train``, ``holdout``: its rates with pointwise 95 % intervals; ``beyond``: its gap less that of all other rows.
    """

    slice: str
    train_rows: int
    holdout_rows: int
    train: Estimate
    holdout: Estimate
    gap: Estimate
    rest_gap: float
    beyond: Estimate
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class MixPart:
    """How much of the gap is that the sides hold other kinds of rows, told apart by one factor; the rest is within."""

    factor: str
    mix: Estimate
    within: float


@dataclass(frozen=True, slots=True)
class Holdout:
    """``gap`` = holdout − train, of the error rate or (``metric`` ``loss``) of the mean loss.

    ``verdict``: ``holdout is worse``, ``holdout is easier`` or ``no evidence of a gap``. ``guessed``: whether sides
    were read from the names of values. ``parts``: the values that holdout pools, each by itself. ``mix``: the factor
    by which mix explains most, None where none does beyond chance. ``tried``: slices tested.
    """

    column: str
    metric: str
    guessed: bool
    train: SideRate
    holdout: SideRate
    parts: tuple[SideRate, ...]
    gap: Estimate
    p: float
    verdict: str
    mix: MixPart | None
    slices: tuple[GapSlice, ...]
    tried: int
    false_discovery_rate: float
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
