"""Nodes: error rates by machine, hardware or software version, and what is at fault. In a report under ``analyses``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

NODE, TRAFFIC, BOTH, UNCLEAR, BETTER = "node", "traffic", "node and traffic", "unclear", "better"


@dataclass(frozen=True, slots=True)
class NodeRate:
    """One node against all others; intervals are pointwise 95 %.

    ``shrunk``: its rate drawn toward the others' as far as its rows leave doubt. ``difference`` = rate − ``rest`` is
    ``within`` (the node against the others on the same kind of traffic) + ``mix`` (its traffic against theirs),
    both over the ``comparable`` rows, whose kind others have too; they add up where all rows are comparable.
    ``expected``: the errors of the others' rates on its traffic; ``ratio`` = its errors there / ``expected``;
    ``excess`` = their difference. ``p_adjusted`` is of the difference, ``within_p_adjusted`` of what is within.
    ``fault``: ``node``, ``traffic``, ``node and traffic``, ``unclear`` (worse, and the rows do not say why), ``better``
    (the node itself), None where nothing stands out.
    """

    node: str
    rows: int
    failed: int
    rate: float
    low: float
    high: float
    shrunk: float
    shrunk_low: float
    shrunk_high: float
    rest: float
    difference: float
    p_adjusted: float
    comparable: int
    expected: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    within: float | None = None
    within_low: float | None = None
    within_high: float | None = None
    mix: float | None = None
    mix_low: float | None = None
    mix_high: float | None = None
    within_p_adjusted: float | None = None
    excess: float | None = None
    excess_low: float | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class NodeColumn:
    """The nodes of one column, those at fault first, then by excess errors.

    ``strata``: the factors by which traffic is told apart. ``mean`` and ``spread``: of the true rates of nodes, the
    mean and the standard deviation, as the beta distribution fitted to them has it. ``p``: of no difference at all.
    """

    column: str
    nodes: tuple[NodeRate, ...]
    strata: tuple[str, ...]
    mean: float
    spread: float
    p: float


@dataclass(frozen=True, slots=True)
class Nodes:
    """Every column of ``--nodes`` that could be told; those that could not stand in ``left_out`` with the reason."""

    columns: tuple[NodeColumn, ...]
    false_discovery_rate: float
    left_out: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
