"""Stages: where the failing path first departs from the passing one. In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

DEPARTS, LATER, NO_EVIDENCE, INCONCLUSIVE = "departs", "departs too", "no evidence", "inconclusive"


@dataclass(frozen=True, slots=True)
class Gain:
    """Information about failing, in bits, less what chance makes; at least 0. ``p`` is of none at all."""

    bits: float
    low: float
    high: float
    p: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class StageValue:
    """One value of a stage. ``rate`` with its pointwise 95 % interval is of all its rows.

    ``comparable`` of them share the path before with rows that did otherwise, and ``expected`` is the rate of those;
    ``excess_errors`` = errors of the comparable rows − rows · expected, with its pointwise lower 95 % limit.
    ``stands_out``: its rate differs from the expected one, no false discovery among the values of its stage.
    """

    slice: str
    rows: int
    failed: int
    rate: float
    low: float
    high: float
    comparable: int
    expected: float | None
    excess_errors: float
    excess_errors_low: float | None
    p_adjusted: float
    stands_out: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. ``alone``: what it says by itself. ``beyond``: what it says beyond the stages before it.

    ``comparable``: rows whose path so far is shared by a row that did otherwise here; no others say anything beyond.
    ``verdict``: ``departs`` (the first that does), ``departs too``, ``no evidence``, ``inconclusive``. ``share``: what
    ``beyond`` takes away of all uncertainty about failing.
    """

    stage: str
    position: int
    values: int
    alone: Gain
    beyond: Gain | None
    share: float
    comparable: int
    verdict: str
    worst: tuple[StageValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages in their order. ``departs``: the first with a gain beyond the stages before it, None where none has.

    ``uncertainty``: of failing, in bits. ``groups``: how many make rows dependent, None where rows are independent.
    """

    stages: tuple[Stage, ...]
    departs: str | None
    rows: int
    failed: int
    uncertainty: float
    groups: int | None
    family_wise: float
    draws: int
    bootstraps: int
    left_out: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
