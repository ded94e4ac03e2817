"""Adequacy: which combinations of factor values the test leaves out. In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

UNTESTED, FEW = "untested", "few"
CHANCE, IMPOSSIBLE, LEFT_OUT = "chance", "impossible together, or never tested", "left out of the test"


@dataclass(frozen=True, slots=True)
class Combination:
    """Values of one to three factors that no row of the test has (``untested``), or fewer than needed (``few``).

    ``share``: how often it occurs in the traffic, with its 95 % interval; ``expected``: as many rows of the test would
    have it. ``more``: rows short of what is needed. ``high``: of what no row has, at most this share of whatever the
    test was drawn from has it (exact, one-sided 95 %). ``absence``: of what no row has, whether that is ``chance``,
    or beyond it: ``impossible together, or never tested`` without traffic, ``left out of the test`` with it, and of a
    single value.
    """

    slice: str
    verdict: str
    rows: int
    share: float
    share_low: float
    share_high: float
    expected: float
    more: int
    high: float | None = None
    absence: str | None = None
    p_adjusted: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """All combinations of so many factors: how many there are, have a row, and have as many as needed.

    ``unseen``: neither the test nor the traffic has them, which may be impossible; they are not in ``combinations``
    where there is traffic. ``share_tested`` and ``share_covered``: the traffic that lies in tested and in covered ones,
    on average over the sets of factors, with its 95 % interval.
    """

    strength: int
    sets: int
    combinations: int
    tested: int
    covered: int
    unseen: int
    share_tested: float
    share_tested_low: float
    share_tested_high: float
    share_covered: float
    share_covered_low: float
    share_covered_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adequacy:
    """What the test covers. ``rows``: those of known outcome. ``needed``: so many rows of a combination bring the
    interval of its rate to ± ``precision``, if it fails at ``rate``, the rate of all. ``traffic``: where shares are
    from (None: as if factors were independent) and of how many rows. ``combinations``: untested ones, then those of too
    few rows, each with what is met most first, and none that holds another of its kind; ``more_untested`` and
    ``more_few`` are not listed."""

    rows: int
    factors: tuple[str, ...]
    strength: int
    precision: float
    rate: float | None
    needed: int
    coverage: tuple[Coverage, ...]
    combinations: tuple[Combination, ...]
    more_untested: int
    more_few: int
    traffic: str | None = None
    traffic_rows: int | None = None
    false_discovery_rate: float = 0.05
    left_out: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
