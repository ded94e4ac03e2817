"""GET JSON for vocabularies, labels and rounds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse

from errata.web.pages.reading import Key, catalog_of

router = APIRouter()
Answer = dict[str, Any]
Name = Annotated[str, Path(min_length=1, max_length=60)]


@router.get("/vocabularies/{name}/skos")
def skos(request: Request, name: Name) -> JSONResponse:
    """One vocabulary as SKOS in JSON-LD."""
    return JSONResponse(catalog_of(request).vocabularies.skos(name), media_type="application/ld+json")


@router.get("/vocabularies/{name}/health")
def health(request: Request, name: Name) -> Answer:
    """Which terms serve badly (schema errata.vocabulary-health/1)."""
    return dict(catalog_of(request).vocabularies.health(name).to_json())


@router.get("/rounds/{key}/view")
def round_(request: Request, key: Key) -> Answer:
    """One round as the server's actor may see it: with their own answers while it is open, then with all."""
    return dict(catalog_of(request).rounds.view(key).to_json())
