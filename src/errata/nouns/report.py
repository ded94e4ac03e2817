"""A report: what one analysis says of one run or file. Its JSON form is the schema errata.report/1."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from errata.nouns.analyses import Analysis, NotDone
from errata.nouns.finding import Finding
from errata.nouns.gone import Gone

SCHEMA = "errata.report/1"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its pointwise 95 % interval, in the value's own unit."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """All rows of the run. ``error_rate`` leaves unknown outcomes out of its denominator."""

    rows: int
    failed: int
    unknown: int
    error_rate: float | None
    low: float | None
    high: float | None
    task: str


@dataclass(frozen=True, slots=True)
class Searched:
    """What was tried. ``threshold`` is the evidence (a standard normal deviate) that a slice must reach;
    ``method`` says how it was calibrated: ``permutation`` or ``bound``; ``none``: slices were not asked for. ``more``
    says that further slices beat chance than those listed."""

    slices: int
    depth: int
    threshold: float | None
    method: str = "permutation"
    draws: int = 0
    min_rows: int = 0
    family_wise: float = 0.05
    more: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that is no factor, and why."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Rows whose confidence lies in [low, high): their mean confidence and how often they were right."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


@dataclass(frozen=True)
class Report:
    """What ``errata analyze`` found. ``analyses`` are the audits that were chosen, by name; ``not_done`` those that
    could not be made; ``gone`` what earlier runs in the catalog failed at, and this one does not. ``within`` is the
    slice whose rows alone it is about; ``weight`` the column by which they count, so that rates are weighted and counts
    are of rows."""

    source: str
    run: RunSummary
    roles: dict[str, Any]
    metrics: dict[str, Estimate]
    findings: tuple[Finding, ...]
    searched: Searched
    left_out: tuple[LeftOut, ...]
    binned: dict[str, list[float]] = field(default_factory=dict)
    reliability: tuple[ReliabilityBin, ...] = ()
    notes: tuple[str, ...] = ()
    quarantined: int = 0
    analyses: dict[str, Analysis] = field(default_factory=dict)
    not_done: tuple[NotDone, ...] = ()
    gone: tuple[Gone, ...] = ()
    within: str | None = None
    weight: str | None = None

    def slices(self) -> tuple[Finding, ...]:
        """The findings of kind ``slice``, in order of excess errors."""
        return tuple(f for f in self.findings if f.kind == "slice")

    def confusions(self) -> tuple[Finding, ...]:
        """The findings of kind ``confusion``, in order of excess errors."""
        return tuple(f for f in self.findings if f.kind == "confusion")

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.report/1``."""
        return {
            "schema": SCHEMA,
            "run": asdict(self.run),
            "roles": self.roles,
            "metrics": {name: asdict(value) for name, value in self.metrics.items()},
            # A catalog's findings know more of themselves than a report, of a file or a run, holds.
            "findings": [Finding.to_json(finding) for finding in self.findings],
            "searched": asdict(self.searched),
            "left_out": [asdict(item) for item in self.left_out],
            "binned": self.binned,
            "reliability": [asdict(item) for item in self.reliability],
            "notes": list(self.notes),
            "quarantined": self.quarantined,
            "analyses": {name: one.to_json() for name, one in self.analyses.items()},
            "not_done": [asdict(item) for item in self.not_done],
            "gone": [one.to_json() for one in self.gone],
            "within": self.within,
            "weight": self.weight,
        }

    def whole(self) -> dict[str, Any]:
        """``to_json`` with all from which it is read again: what it is of, and what a catalog knows of its findings."""
        return {**self.to_json(), "source": self.source, "findings": [one.to_json() for one in self.findings]}

    def json(self) -> str:
        """``to_json`` as text."""
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False, indent=1)
