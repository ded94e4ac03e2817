"""What earlier runs of a dataset failed at, and this one does not any more."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A known failure whose slice, counted directly on this run, does not fail above the rest any more.

    ``known`` is the case (``DIG-4``) or finding (``finding:3``) that it was known as, ``run`` the run of that. Rates
    are shares of ``rows``; ``low`` and ``high`` their pointwise 95 %. ``excess_low`` (pointwise) and ``excess_high``
    (95 %, for everything that was asked at once) bound the rate less that of the rest; ``margin`` is what
    ``excess_high`` is below, or None where ``by`` is ``checks``: then every check of the case passes.
    """

    known: str
    run: str
    metric: str
    fingerprint: str
    slice: str
    rows: int
    failed: int
    error_rate: float
    low: float
    high: float
    rest_error_rate: float
    excess_low: float
    excess_high: float
    margin: float | None
    by: str

    def to_json(self) -> dict[str, Any]:
        """Plain values in the order of the published schema."""
        return asdict(self)
