"""Kinds of error: how many rows are of each, and whether rows of a kind fail more. In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfError:
    """One kind; all shares have their pointwise 95 % interval, by group if there are groups.

    ``rows`` of the ``known`` rows are of it (``share``); ``failed`` of the ``failures`` that could be told are
    (``failed_share``). ``failing``: true where a row of it failed for that very reason, false where it passed
    all the same; null where the kind does not say: then ``rate`` is how often rows of the
    kind failed, ``rest`` how often the others did, ``difference`` between them, ``excess`` the failures above the
    rest's rate; ``p_adjusted`` is of no difference, over the kinds (Benjamini and Hochberg); None where too few rows
    tell. ``verdict``: ``fails more``, ``fails less``, ``no evidence``, ``too few rows``; null unless ``failing`` is.
    """

    kind: str
    failing: bool | None
    known: int
    rows: int
    share: float | None
    low: float | None
    high: float | None
    failures: int
    failed: int
    failed_share: float | None
    failed_low: float | None
    failed_high: float | None
    rate: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    rest: float | None = None
    rest_low: float | None = None
    rest_high: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    excess: float | None = None
    p_adjusted: float | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Rows that are of exactly these kinds, of two or more."""

    kinds: tuple[str, ...]
    rows: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindsOfError:
    """Every kind that could be told, those with most failures first. A row may be of several.

    ``none_of_them`` of the ``failed`` rows are of no kind; ``missing`` are kinds that could not be computed, each with
    the reason. ``rows`` leaves unknown outcomes out where ``judged``: without any, only shares of rows are told.
    """

    rows: int
    failed: int
    judged: bool
    kinds: tuple[KindOfError, ...]
    none_of_them: int
    none_share: float | None
    none_low: float | None
    none_high: float | None
    together: tuple[Together, ...] = ()
    missing: tuple[dict[str, str], ...] = ()
    false_discovery_rate: float = 0.05
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
