"""GET JSON for what was captured of a run."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from errata.web.pages.reading import Number, catalog_of

router = APIRouter()
Answer = dict[str, Any]
Answers = list[dict[str, Any]]


@router.get("/runs/{number}/candidates")
def candidates(request: Request, number: Number, rule: str | None = None) -> Answers | Answer:
    """What was captured of a run, newest first; with ``rule`` its newest manifest (schema errata.candidates/1)."""
    catalog = catalog_of(request)
    if rule is not None:
        return dict(catalog.candidates.get(number, rule).to_json())
    return [one.to_json() for one in catalog.candidates.list(number)]
