"""Drift within one source: how its later half differs from its earlier one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.drift import Attribution, Drift, DriftColumn
from errata.nouns.report import LeftOut


@dataclass(frozen=True, slots=True)
class DriftHalves:
    """What the analysis ``drift`` found between the rows before ``split`` (A) and those from it on (B).

    ``split`` is a time in UTC; rows without a time are in neither, ``timeless`` of them. The rest is as of
    ``errata.nouns.drift.Drift``.
    """

    time: str
    split: str
    a_rows: int
    b_rows: int
    timeless: int
    columns: tuple[DriftColumn, ...]
    attribution: Attribution | None
    left_out: tuple[LeftOut, ...]
    min_effect: float
    false_discovery_rate: float
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "columns": [column.to_json() for column in self.columns]}

    def as_drift(self) -> Drift:
        """The same as of two sources, the earlier and the later rows."""
        return Drift(
            a="the earlier half",
            b="the later half",
            a_rows=self.a_rows,
            b_rows=self.b_rows,
            columns=self.columns,
            attribution=self.attribution,
            left_out=self.left_out,
            roles={"time": self.time},
            min_effect=self.min_effect,
            false_discovery_rate=self.false_discovery_rate,
            notes=self.notes,
        )
