"""GET JSON for jobs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from errata.web.pages.reading import Number, catalog_of

router = APIRouter()


@router.get("/jobs")
def jobs(request: Request, state: str | None = None) -> list[dict[str, Any]]:
    """Every job, newest first; those of one state, or that are ``alive``."""
    return [job.to_json() for job in catalog_of(request).jobs.list(state)]


@router.get("/jobs/{number}")
def job(request: Request, number: Number) -> dict[str, Any]:
    """One job, with its progress, its result, or the problem that ended it."""
    return dict(catalog_of(request).jobs.get(number).to_json())
