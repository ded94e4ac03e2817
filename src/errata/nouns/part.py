"""A part: one sealed piece of a run, as it was added to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from errata.core.clock import stamp

PREDICTIONS, OUTCOMES, TRUTH = "predictions", "outcomes", "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece. Truth that came late is ``truth`` 1, 2, …; the outcomes that it gave are ``outcomes`` 2, 3, …

    ``failed``, ``unknown`` and ``changed`` (against the outcomes before) count rows of outcomes; ``low`` and ``high``
    are the pointwise 95 % of their error rate. ``source`` and ``reason`` say where a part is from and why.
    """

    kind: str
    seq: int
    digest: str
    rows: int
    bytes: int
    at: datetime
    actor: str | None = None
    source: str | None = None
    reason: str | None = None
    failed: int | None = None
    unknown: int | None = None
    low: float | None = None
    high: float | None = None
    changed: int | None = None

    @property
    def error_rate(self) -> float | None:
        """The share of failed among the rows of known outcome."""
        known = self.rows - (self.unknown or 0)
        return self.failed / known if self.failed is not None and known else None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        names = (
            "kind", "seq", "rows", "failed", "unknown", "error_rate", "low", "high", "changed", "source", "reason",
            "digest", "bytes", "actor",
        )  # fmt: skip
        return {**{name: getattr(self, name) for name in names}, "at": stamp(self.at)}
