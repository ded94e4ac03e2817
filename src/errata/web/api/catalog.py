"""GET JSON for every fact and record that has a page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from errata.web.pages.reading import Key, Number, catalog_of

router = APIRouter()
Answer = dict[str, Any]
Answers = list[dict[str, Any]]


@router.get("/runs")
def runs(request: Request) -> Answers:
    """Every run."""
    return [run.to_json() for run in catalog_of(request).runs.list()]


@router.get("/runs/{number}")
def run(request: Request, number: Number) -> Answer:
    """One run."""
    return dict(catalog_of(request).runs.get(number).to_json())


@router.get("/runs/{number}/report")
def report(request: Request, number: Number) -> Answer | None:
    """The newest report of a run (schema errata.report/1); null when it was not analysed yet."""
    catalog = catalog_of(request)
    catalog.runs.get(number)
    found = catalog.runs.report(number)
    return None if found is None else dict(found.to_json())


@router.get("/findings")
def findings(request: Request, run: int | None = None) -> Answers:
    """The findings of the newest analysis of each run, or of one run."""
    return [finding.to_json() for finding in catalog_of(request).findings.list(run=run)]


@router.get("/findings/{number}")
def finding(request: Request, number: Number) -> Answer:
    """One finding."""
    return dict(catalog_of(request).findings.get(number).to_json())


@router.get("/cases")
def cases(
    request: Request,
    state: str | None = None,
    q: Annotated[str | None, Query(max_length=1_000, description="A query, as errata case search takes it")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    facets: bool = True,
) -> Answer | Answers:
    """Every case, or those in one state; with ``q`` a page of what it finds (schema errata.search/1)."""
    found = catalog_of(request).cases
    if q is not None:
        return dict(found.search(q, limit, cursor, facets).to_json())
    return [case.to_json() for case in found.list(state=state)]


@router.get("/cases/{key}")
def case(request: Request, key: Key) -> Answer:
    """One case."""
    return dict(catalog_of(request).cases.get(key).to_json())


@router.get("/cases/{key}/history")
def history(request: Request, key: Key) -> Answers:
    """The revisions of a case, with what changed."""
    return [revision.to_json() for revision in catalog_of(request).cases.history(key)]


@router.get("/cases/{key}/evidence")
def evidence(request: Request, key: Key) -> Answer:
    """The frozen manifest of a case's samples (schema errata.evidence/1)."""
    return dict(catalog_of(request).cases.evidence(key).to_json())


@router.get("/checks")
def checks(request: Request, case: str | None = None) -> Answers:
    """Every check, or those that guard one case."""
    return [check.to_json() for check in catalog_of(request).checks.list(case=case)]


@router.get("/plans")
def plans(request: Request) -> Answers:
    """Every plan."""
    return [plan.to_json() for plan in catalog_of(request).plans.list()]


@router.get("/plans/{key}")
def plan(request: Request, key: Key) -> Answer:
    """One plan."""
    return dict(catalog_of(request).plans.get(key).to_json())


@router.get("/rules")
def rules(request: Request, state: str | None = None) -> Answers:
    """Every capture rule, or those in one state."""
    return [rule.to_json() for rule in catalog_of(request).rules.list(state)]


@router.get("/rules/{key}")
def rule(request: Request, key: Key) -> Answer:
    """One capture rule."""
    return dict(catalog_of(request).rules.get(key).to_json())


@router.get("/runs/{number}/candidates")
def candidates(request: Request, number: Number, rule: str | None = None) -> Answers | Answer:
    """What was captured of a run, newest first; with ``rule`` its newest manifest (schema errata.candidates/1)."""
    catalog = catalog_of(request)
    if rule is not None:
        return dict(catalog.candidates.get(number, rule).to_json())
    return [one.to_json() for one in catalog.candidates.list(number)]


@router.get("/gates")
def gates(request: Request) -> Answers:
    """Every gate."""
    return [gate.to_json() for gate in catalog_of(request).gates.list()]


@router.get("/gates/{number}")
def gate(request: Request, number: Number) -> Answer:
    """One gate with its verdicts (schema errata.gate/1)."""
    return dict(catalog_of(request).gates.get(number).to_json())
