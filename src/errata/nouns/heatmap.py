"""Heatmap: the failure rate over two factors at once. In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Rows with the ``a``-th value of one factor and the ``b``-th of the other; the interval is pointwise 95 %.

    ``expected``: the rate if either factor had its effect and the two together no other; ``excess`` = failed − rows ·
    expected, with its adjusted p. ``beyond``: whether that is no false discovery. ``few``: too few rows to be shown as
    a colour.
    """

    a: int
    b: int
    slice: str | None
    rows: int
    failed: int
    rate: float
    low: float
    high: float
    expected: float
    excess: float
    p_adjusted: float
    beyond: bool
    few: bool


@dataclass(frozen=True, slots=True)
class HeatAxis:
    """One factor: its values as they stand beside the axis, in order, and how much it says about failures by itself.

    ``evidence`` is a normal deviate (Wilson and Hilferty's, of the deviance); None where the factor was named.
    """

    column: str
    values: tuple[str, ...]
    evidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap:
    """The cells that have rows, of ``rows`` of known outcome and ``failed`` at ``rate``.

    ``deviance`` on ``freedom`` degrees, divided by the design effect, says how far the two factors together are from
    their separate effects; ``p`` is of no such distance. ``few_rows``: a cell of fewer has no colour.
    """

    a: HeatAxis
    b: HeatAxis
    cells: tuple[HeatCell, ...]
    rows: int
    failed: int
    rate: float
    deviance: float
    freedom: int
    p: float
    few_rows: int
    false_discovery_rate: float = 0.05
    left_out: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
