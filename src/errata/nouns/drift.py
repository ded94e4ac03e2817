"""Drift: how one set of rows differs from another, column by column. Its JSON form is the schema errata.drift/1."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from errata.nouns.report import LeftOut

SCHEMA = "errata.drift/1"
NUMBER, CATEGORY = "number", "category"
UP, DOWN, TOWARD, MORE_MISSING, LESS_MISSING = "up", "down", "toward", "more missing", "less missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftColumn:
    """One column of A and B.

    ``ks`` is of a number, ``cramers_v`` of a category; None where one side has no value. ``effect`` is what is held
    against ``noise_floor`` (its expectation without drift) and ``min_effect``: KS, or Cramér's V as if both sides had
    equally many rows. ``p`` and ``p_adjusted`` are of that effect, or of the change of the share that is missing where
    that is the clearer one. ``direction`` is ``up`` or ``down`` with ``shift`` of the mean in standard deviations of A;
    or ``toward`` the category that grew most, with ``shift`` in its share; or ``more missing``, ``less missing`` with
    ``shift`` in the share missing. ``ks_error``: the KS of the values is at most so much larger than that of the bins.
    """

    column: str
    role: str
    kind: str
    a_rows: int
    b_rows: int
    a_missing: float
    b_missing: float
    psi: float | None
    jensen_shannon: float | None
    ks: float | None = None
    ks_error: float | None = None
    cramers_v: float | None = None
    effect: float | None
    noise_floor: float | None
    p: float | None
    p_adjusted: float | None
    alarm: bool
    direction: str | None
    shift: float | None
    toward: Any = None

    def to_json(self) -> dict[str, Any]:
        """Plain values; a number has ``ks``, a category ``cramers_v``."""
        values = asdict(self)
        for name in ("cramers_v",) if self.kind == NUMBER else ("ks", "ks_error"):
            del values[name]
        return values


@dataclass(frozen=True, slots=True)
class MixColumn:
    """The change of the error rate by the bins of one column: mix + rate is the change; the interval is the mix's."""

    column: str
    mix: float
    mix_low: float
    mix_high: float
    rate: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """The change of the error rate, B − A, with its pointwise 95 % interval.

    ``mix`` and ``rate`` are those of ``column``, whose mix explains most; None, and all of it rate, where no column's
    mix is distinguishable from nothing. ``by_column`` holds every column, largest mix first.
    """

    a_rate: float
    b_rate: float
    a_rows: int
    b_rows: int
    change: float
    low: float
    high: float
    mix: float
    rate: float
    column: str | None
    by_column: tuple[MixColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What ``errata drift A B`` found; ``columns`` stand alarms first, then by effect."""

    a: str
    b: str
    a_rows: int
    b_rows: int
    columns: tuple[DriftColumn, ...]
    attribution: Attribution | None
    left_out: tuple[LeftOut, ...]
    roles: dict[str, Any]
    min_effect: float
    false_discovery_rate: float
    notes: tuple[str, ...] = ()

    @property
    def alarms(self) -> tuple[DriftColumn, ...]:
        """The columns that drifted."""
        return tuple(column for column in self.columns if column.alarm)

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.drift/1``."""
        return {
            "schema": SCHEMA,
            "a": {"source": self.a, "rows": self.a_rows},
            "b": {"source": self.b, "rows": self.b_rows},
            "columns": [column.to_json() for column in self.columns],
            "attribution": None
            if self.attribution is None
            else {**asdict(self.attribution), "by_column": [asdict(one) for one in self.attribution.by_column]},
            "left_out": [asdict(one) for one in self.left_out],
            "roles": self.roles,
            "min_effect": self.min_effect,
            "false_discovery_rate": self.false_discovery_rate,
            "notes": list(self.notes),
        }

    def json(self) -> str:
        """``to_json`` as text."""
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False, indent=1)
