"""GET JSON of models and of a model's profile."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from errata.web.pages.reading import catalog_of

router = APIRouter()
Name = Annotated[str | None, Query(min_length=1, max_length=100, description="without a version; all models otherwise")]


@router.get("/models")
def models(request: Request) -> list[dict[str, Any]]:
    """Every model: its versions, its newest run, open cases and last gate."""
    return list(catalog_of(request).models())


@router.get("/profile")
def profile(request: Request, model: Name = None) -> dict[str, Any]:
    """A model's failures over versions and time (schema errata.profile/1)."""
    return dict(catalog_of(request).profile(model).to_json())
