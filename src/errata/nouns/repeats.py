"""Repeats: which tasks always fail, sometimes fail, never fail, when each is tried more than once. In a report under
``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

FAILING, FLAKY, PASSING, ONCE = "always failing", "flaky", "always passing", "tried once"


@dataclass(frozen=True, slots=True)
class TaskRate:
    """One task: ``passes`` of its ``trials``, ``rate`` with Jeffreys' 95 % interval. ``shrunk`` is the rate drawn
    toward that of the other tasks as far as its own trials leave doubt, with its interval."""

    task: str
    state: str
    trials: int
    passes: int
    rate: float
    low: float
    high: float
    shrunk: float
    shrunk_low: float
    shrunk_high: float


@dataclass(frozen=True, slots=True)
class StateShare:
    """The repeated tasks in one state, their share with Wilson's 95 % interval, and how many there would be if all
    tasks had one pass rate (``expected``)."""

    state: str
    tasks: int
    share: float
    low: float
    high: float
    expected: float


@dataclass(frozen=True, slots=True)
class PassK:
    """Over the tasks with at least ``k`` trials: ``at`` is pass@k, that at least one of k trials passes; ``all`` is
    pass^k, that all of k do. Both are means over tasks, with 95 % intervals for tasks like these."""

    k: int
    tasks: int
    at: float
    at_low: float
    at_high: float
    all: float
    all_low: float
    all_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """How the outcomes of repeats scatter. ``rows`` are the trials of known outcome.

    ``intraclass``: the share of the variance of outcomes that lies between tasks (None where tasks or trials are too
    few), ``between`` and ``within`` its standard deviations; ``p`` is of no variation between tasks, by ``method``.
    ``tasks`` are the flaky ones first (nearest to even odds), then the failing, then the passing; ``more`` of them are
    not listed.
    """

    group: str
    count: int
    repeated: int
    rows: int
    least_trials: int
    most_trials: int
    states: tuple[StateShare, ...]
    passing: tuple[PassK, ...]
    intraclass: float | None
    intraclass_low: float | None
    intraclass_high: float | None
    between: float | None
    within: float | None
    p: float | None
    method: str
    tasks: tuple[TaskRate, ...]
    more: int = 0
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
