"""A case: a curated failure, from the day it was found to the verdict that closed it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from errata.nouns.record import Body, Kind

DRAFT, PLANNED, REMEDIATED, CLOSED, REOPENED = "draft", "planned", "remediated", "closed", "reopened"

MOVES = {
    DRAFT: (PLANNED, CLOSED),
    PLANNED: (PLANNED, REMEDIATED, CLOSED),
    REMEDIATED: (PLANNED, REMEDIATED, CLOSED),
    CLOSED: (REOPENED,),
    REOPENED: (PLANNED, REMEDIATED, CLOSED),
}
"""A plan moves a case to planned, its measured gain to remediated, a verdict to closed, a later gate to reopened."""

OPEN = tuple(state for state in MOVES if state != CLOSED)


class CaseFigures(BaseModel):
    """The slice as it was counted when the case was opened; rates in [0, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    failed: int | None
    error_rate: float
    low: float
    high: float
    rest_error_rate: float | None = None
    excess_errors: float | None = None


class Judged(BaseModel):
    """The run that was judged and the gate that holds its verdicts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: int
    gate: int


class CaseBody(Body):
    """What a case says. ``slice`` is canonical text; ``evidence`` the digest of a frozen manifest."""

    title: str = Field(min_length=1, max_length=300)
    why: str = ""
    summary: str = ""
    slice: str
    metric: str
    task: str
    positive: str | None = None
    run: int
    finding: int | None = None
    fingerprint: str
    model: str
    dataset: str
    figures: CaseFigures
    evidence: str
    samples: int
    closed_by: Judged | None = None
    came_back: Judged | None = None


def facets(body: CaseBody) -> list[tuple[str, str]]:
    """By what a case is found."""
    return [
        ("fingerprint", body.fingerprint),
        ("model", body.model),
        ("dataset", body.dataset),
        ("metric", body.metric),
        ("slice", body.slice[:1000]),
        ("run", str(body.run)),
        *([("finding", str(body.finding))] if body.finding else []),
    ]


KIND = Kind(
    name="case",
    version=1,
    body=CaseBody,
    moves=MOVES,
    editable=("title", "why", "summary"),
    facets=facets,
    counted=("model", "dataset", "metric"),
    sorts=lambda body: {"excess": body.figures.excess_errors},
)
