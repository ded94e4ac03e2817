"""A finding: what an analysis found, with its counts, its interval and how sure it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from errata.core.canonical import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One slice counted: rates are shares of ``rows`` in [0, 1] (mean losses for the metric ``loss``).

    ``low`` and ``high`` are pointwise 95 %; ``excess_errors_low`` holds at once over everything searched.
    """

    rows: int
    failed: int | None
    error_rate: float
    low: float
    high: float
    rest_error_rate: float | None
    lift: float | None
    excess_errors: float
    excess_errors_low: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Figures):
    """A slice, or a pair of confused classes, that fails more than the rest by more than chance.

    ``after_peeling`` are the figures without the rows of the findings listed by stronger evidence. ``status`` is set in
    a catalog: ``new``, ``known (DIG-4)``, ``known (DIG-4, overlaps)`` or ``came back (DIG-4)``.
    """

    id: str
    kind: str
    metric: str
    fingerprint: str
    slice: str
    p_adjusted: float
    after_peeling: Figures | None
    status: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values in the order of the published schema."""
        order = (
            "id", "kind", "metric", "fingerprint", "slice", "rows", "failed", "error_rate", "low", "high",
            "rest_error_rate", "lift", "excess_errors", "excess_errors_low", "p_adjusted", "after_peeling", "status",
        )  # fmt: skip
        values = asdict(self)
        return {key: values[key] for key in order}


def fingerprint(*, task: str, metric: str, arguments: dict[str, Any], analysis: str, slice_text: str) -> str:
    """What makes two findings the same finding: what was asked and where, never what came out.

    ``arguments`` are the metric's own (positive, failure expression, within); those that are None do not count.
    """
    return digest_of(
        {
            "task": task,
            "metric": {"name": metric, **{k: v for k, v in arguments.items() if v is not None}},
            "analysis": analysis,
            "slice": slice_text,
        }
    )
