"""A profile: a model's, or a whole project's, failures over versions and time. Its JSON form is errata.profile/1."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = "errata.profile/1"
PRESENT, COVERED, ABSENT, NOT_TESTED = "present", "covered", "absent", "not tested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRun:
    """The newest run of a model version on a dataset version; ``repeats`` of it were logged.

    ``error_rate`` leaves rows of unknown outcome out; its interval is pointwise 95 %, by group if there are groups.
    ``analysed``: its findings are known. ``gate`` and ``verdict`` are of the last gate on it.
    """

    run: str
    model: str
    dataset: str | None
    repeats: int
    state: str
    error: str | None
    logged_at: str
    rows: int | None
    known: int | None
    failed: int | None
    error_rate: float | None
    low: float | None
    high: float | None
    analysed: bool
    gate: str | None
    verdict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCell:
    """One finding in one run: ``present`` (found), ``covered`` (another finding there, which ``reason`` names, holds
    80 % of its failed rows), ``absent`` (looked for, and not found) or ``not tested`` (for a ``reason``).

    Figures are those of the finding, or of its slice counted in this run; None where it was not counted.
    """

    run: str
    state: str
    reason: str | None = None
    finding: str | None = None
    rows: int | None = None
    failed: int | None = None
    error_rate: float | None = None
    low: float | None = None
    high: float | None = None
    excess_errors: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFinding:
    """What has one fingerprint, over the runs in their order. ``case`` is the newest case that has it."""

    fingerprint: str
    kind: str
    metric: str
    slice: str
    case: str | None
    case_state: str | None
    cells: tuple[ProfileCell, ...]

    @property
    def present(self) -> int:
        """In how many runs it was found."""
        return sum(one.state == PRESENT for one in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileMove:
    """A case came into a state; ``run`` and ``gate`` are those that say so, where there are such."""

    at: str
    state: str
    actor: str
    reason: str
    run: str | None = None
    gate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCase:
    """A case about the model, with its moves from state to state, oldest first."""

    case: str
    title: str
    slice: str
    state: str
    model: str
    moves: tuple[ProfileMove, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileShare:
    """``failed`` of the ``failures`` of a run are of a kind, with the pointwise 95 % interval of the share."""

    run: str
    failures: int
    failed: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileKind:
    """One kind of error over the runs of which kinds are known."""

    kind: str
    shares: tuple[ProfileShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChange:
    """From run ``a`` to run ``b`` of the next version on like data: B − A of the error rate, on the same samples where
    ``paired``; ``reason`` says why not. ``verdict``: ``better``, ``worse`` (B), ``no evidence``."""

    a: str
    b: str
    a_model: str
    b_model: str
    dataset: str
    paired: bool
    pairs: int | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    verdict: str
    newly_failing: int | None
    newly_passing: int | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileGate:
    """A gate on one of the model's runs; how many checks passed, failed and were inconclusive."""

    gate: str
    run: str
    model: str
    purpose: str
    verdict: str
    passed: int
    failed: int
    inconclusive: int
    at: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What ``errata profile`` says. ``model`` is None of a whole project. Runs are in the order of being logged.

    ``more_findings`` were left out of ``findings``, ``more_runs`` (the oldest) of ``runs``.
    """

    project: str
    model: str | None
    versions: tuple[str, ...]
    runs: tuple[ProfileRun, ...]
    findings: tuple[ProfileFinding, ...]
    cases: tuple[ProfileCase, ...]
    kinds: tuple[ProfileKind, ...]
    changes: tuple[ProfileChange, ...]
    gates: tuple[ProfileGate, ...]
    more_runs: int = 0
    more_findings: int = 0
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.profile/1``."""
        return {"schema": SCHEMA, **json.loads(json.dumps(asdict(self)))}

    def json(self) -> str:
        """``to_json`` as text."""
        return json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False, indent=1)
