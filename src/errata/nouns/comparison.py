"""A comparison: what became of the samples from version A to version B. Its JSON form is errata.compare/1."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

SCHEMA = "errata.compare/1"
MOST_SAMPLES = 10_000
BETTER, WORSE, NO_EVIDENCE = "better", "worse", "no evidence"


@dataclass(frozen=True, slots=True)
class Interval:
    """B − A with its interval; an end that nothing bounds, and the value without samples, is None."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One side: where it came from, and its metric on the samples compared, with a pointwise 95 % interval.

    ``rows`` are all rows of the source, ``samples`` those that the value is about.
    """

    source: str
    rows: int
    samples: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSlice:
    """A slice whose samples changed by more than chance, and more than the others.

    ``direction`` is ``worse`` or ``better`` (B). ``net`` is newly failing minus newly passing samples (None of losses).
    The interval of ``difference`` holds after selection (false coverage rate 5 %); ``p`` is two-sided, ``p_adjusted``
    Benjamini and Hochberg's over all slices tried.
    """

    slice: str
    direction: str
    pairs: int
    both_pass: int | None
    both_fail: int | None
    newly_failing: int | None
    newly_passing: int | None
    net: int | None
    a: float
    b: float
    difference: Interval
    p: float
    p_adjusted: float

    def to_json(self) -> dict[str, Any]:
        """Plain values in the order of the published schema."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """What repeats of one version say: on ``samples`` of them judged at least twice, ``flaky`` did not always agree."""

    runs: tuple[str, ...]
    samples: int
    flaky: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky:
    """Samples whose outcome differs between repeats of one version, so that a change may be no change.

    ``newly_failing`` and ``newly_passing`` are how many of those samples are flaky in A or B; ``mixed`` how many
    samples passed and failed over the repeats within a source, and stand in none of the four cells.
    """

    a: Repeats | None
    b: Repeats | None
    newly_failing: int
    newly_passing: int
    mixed: int = 0


@dataclass(frozen=True, slots=True)
class SearchedChanges:
    """What was tried to say where: ``slices`` of at most ``depth`` conditions and at least ``min_rows`` samples."""

    slices: int
    depth: int
    min_rows: int
    false_discovery_rate: float = 0.05


@dataclass(frozen=True, slots=True)
class LeftOutPart:
    """A part of the comparison, or a column, that is not there, and why."""

    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What ``errata compare`` found. Cells are counts of samples; None where they cannot be paired or have no outcome.

    ``difference`` is B − A of ``metric`` (more is worse) with a two-sided 95 % interval. ``samples`` are ids, at most
    10,000 of a kind.
    """

    metric: str
    a: Version
    b: Version
    pairs: int | None
    both_pass: int | None
    both_fail: int | None
    newly_failing: int | None
    newly_passing: int | None
    difference: Interval
    p: float | None
    verdict: str
    method: str
    slices: tuple[ChangedSlice, ...] = ()
    samples: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    flaky: Flaky | None = None
    searched: SearchedChanges | None = None
    roles: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[LeftOutPart, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def paired(self) -> bool:
        """Whether both versions were compared sample by sample."""
        return self.pairs is not None

    def where(self, direction: str) -> tuple[ChangedSlice, ...]:
        """The slices where B is ``worse``, or ``better``, in order of the net number of samples."""
        return tuple(found for found in self.slices if found.direction == direction)

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.compare/1``."""
        return {
            "schema": SCHEMA,
            "metric": self.metric,
            "a": asdict(self.a),
            "b": asdict(self.b),
            "paired": self.paired,
            "pairs": self.pairs,
            "both_pass": self.both_pass,
            "both_fail": self.both_fail,
            "newly_failing": self.newly_failing,
            "newly_passing": self.newly_passing,
            "difference": asdict(self.difference),
            "p": self.p,
            "verdict": self.verdict,
            "method": self.method,
            "slices": [found.to_json() for found in self.slices],
            "samples": {kind: list(ids) for kind, ids in self.samples.items()},
            "flaky": None if self.flaky is None else _plain(asdict(self.flaky)),
            "searched": None if self.searched is None else asdict(self.searched),
            "roles": self.roles,
            "left_out": [asdict(part) for part in self.left_out],
            "notes": list(self.notes),
        }

    def json(self) -> str:
        """``to_json`` as text."""
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False, indent=1)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
