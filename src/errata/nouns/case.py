"""A case: a curated failure, from the day it was found to the verdict that closed it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from errata.nouns.case_parts import (
    CaseFigures,
    Caught,
    Hypothesis,
    Impact,
    Judged,
    Moment,
    Mute,
    PartialDate,
    Remedy,
    Severity,
    Verification,
    severity_rank,
)
from errata.nouns.lifecycle import MOVES
from errata.nouns.record import Body, Kind

KINDS = {
    "incident": "it did harm, or somebody met it in use",
    "near-miss": "it would have done harm, and was caught in time",
    "exercise": "it was provoked on purpose: a red team, a stress test",
    "evaluation": "it was found by measuring a model on data",
}


class CaseBody(Body):
    """What a case says.

    The first fields are written by people, for a reader who does not code: ``why`` it qualifies, ``summary`` of what
    happened and why it matters. The last are what was counted: a case of a finding or a slice has a canonical
    ``slice``, a ``run`` and the digest of frozen ``evidence``; one of candidates a ``run``, ``evidence`` and how much
    was ``caught``; one that was opened by hand or imported has none. ``model`` and ``dataset`` are those of the run,
    ``models`` and ``datasets`` all that are affected.
    """

    title: str = Field(min_length=1, max_length=300)
    case_kind: Literal["incident", "near-miss", "exercise", "evaluation"] = "evaluation"
    why: str = ""
    summary: str = ""
    occurred: PartialDate | None = None
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    deployment: str = Field(default="", max_length=200)
    input: str = ""
    expected: str = ""
    observed: str = ""
    severity: Severity | None = None
    impact: tuple[Impact, ...] = ()
    cause: str = ""
    trigger: str = ""
    detection: str = ""
    resolution: str = ""
    timeline: tuple[Moment, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    owner: str = Field(default="", max_length=200)
    sensitivity: Literal["public", "internal", "confidential", "restricted"] = "internal"
    licence: str = ""
    consent: str = ""
    permitted_use: str = ""
    retention: str = Field(default="", max_length=200)
    aliases: tuple[str, ...] = ()
    duplicate_of: str | None = None
    source: str = ""
    template: str = ""
    muted: tuple[Mute, ...] = ()

    slice: str | None = None
    metric: str = "error"
    task: str = ""
    positive: str | None = None
    run: int | None = None
    finding: int | None = None
    fingerprint: str | None = None
    model: str | None = None
    dataset: str | None = None
    figures: CaseFigures | None = None
    caught: Caught | None = None
    evidence: str | None = None
    samples: int = 0

    verification: Verification | None = None
    withdrawn: str = ""
    merged_into: str | None = None
    holds: tuple[str, ...] = ()
    closed_by: Judged | None = None
    came_back: Judged | None = None


EDITABLE = (
    "title", "case_kind", "why", "summary", "occurred", "models", "datasets", "systems", "deployment", "input",
    "expected", "observed", "impact", "cause", "trigger", "detection", "resolution", "timeline", "hypotheses",
    "remedies", "owner", "sensitivity", "licence", "consent", "permitted_use", "retention", "aliases", "duplicate_of",
    "source",
)  # fmt: skip
"""What people write. A severity is rated, lint codes are muted, the rest is counted or comes by a step."""


def facets(body: CaseBody) -> list[tuple[str, str]]:
    """By what a case is found."""
    several = {
        "model": dict.fromkeys([*body.models, *([body.model] if body.model else [])]),
        "dataset": dict.fromkeys([*body.datasets, *([body.dataset] if body.dataset else [])]),
        "system": body.systems,
        "alias": body.aliases,
        "fingerprint": [*([body.fingerprint] if body.fingerprint else []), *body.holds],
    }
    one = {
        "kind": body.case_kind,
        "deployment": body.deployment,
        "owner": body.owner,
        "sensitivity": body.sensitivity,
        "severity": body.severity.band if body.severity else "",
        "metric": body.metric if body.slice else "",
        "task": body.task,
        "slice": body.slice or "",
        "run": str(body.run or ""),
        "rule": body.caught.rule if body.caught else "",
        "finding": str(body.finding or ""),
        "template": body.template,
        "verified": _verified(body),
        "came-back": "yes" if body.came_back else "",
        "duplicate-of": body.duplicate_of or "",
    }
    return [
        *((name, value) for name, values in several.items() for value in values),
        *((name, value) for name, value in one.items() if value),
    ]


COUNTED = (
    "kind", "model", "dataset", "system", "deployment", "owner", "severity", "metric", "task", "verified",
)  # fmt: skip


def _verified(body: CaseBody) -> str:
    if body.verification is None:
        return "unverified"
    return "verified" if body.verification.verdict == "reproduced" else "not reproduced"


def words(body: CaseBody) -> Iterator[str]:
    """The texts that free words find, besides the title."""
    yield from (body.why, body.summary, body.input, body.expected, body.observed, body.cause, body.trigger)
    yield from (body.detection, body.resolution, body.source, body.deployment, body.slice or "", body.withdrawn)
    yield from (*body.models, *body.datasets, *body.systems, *body.aliases, body.model or "", body.dataset or "")
    yield from (text for one in body.impact for text in (one.what, one.basis))
    yield from (one.what for one in body.timeline)
    yield from (text for one in body.hypotheses for text in (one.claim, one.test))
    yield from (text for one in body.remedies for text in (one.what, one.learnt))


def sorts(body: CaseBody) -> dict[str, Any]:
    """By what lists of cases are sorted: the day it is about, how bad it is, how many errors it stands for."""
    excess = body.figures.excess_errors if body.figures else None
    day = f"{body.occurred}-01-01"[:10] if body.occurred else None  # a month or a year stands at its first day
    return {"date": day, "severity": severity_rank(body.severity), "excess": excess}


def author_fields(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a revision changed what people write, so that who made it is an author."""
    told = {*EDITABLE, "severity", "muted"} - {"aliases", "duplicate_of"}  # these come by a merge, too
    return any(before.get(name) != after.get(name) for name in told)


def _upcast_1(values: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew cases of a run alone, and nothing of what people say but ``why`` and ``summary``."""
    return {**values, "models": [values["model"]], "datasets": [values["dataset"]] if values["dataset"] else []}


KIND = Kind(
    name="case",
    version=2,
    body=CaseBody,
    moves=MOVES,
    editable=EDITABLE,
    facets=facets,
    counted=COUNTED,
    words=words,
    sorts=sorts,
    about=lambda body: [key for key in (body.duplicate_of, body.merged_into) if key],
    upcasts={1: _upcast_1},
    ways={
        "severity": "errata case rate KEY",
        "verification": "errata case verify KEY",
        "withdrawn": "errata case withdraw KEY",
        "merged_into": "errata case merge KEY --into OTHER",
        "closed_by": "errata case close KEY --by run:N",
        "muted": "errata case mute KEY CODE",
        **dict.fromkeys(("slice", "metric", "run", "finding", "evidence"), "errata case attach KEY"),
    },
)
