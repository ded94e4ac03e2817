"""GET JSON for vocabularies, labels and rounds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from errata.web.pages.reading import Key, Number, catalog_of

router = APIRouter()
Answer = dict[str, Any]
Answers = list[dict[str, Any]]
Name = Annotated[str, Path(min_length=1, max_length=60)]
Text = Annotated[str | None, Query(max_length=300)]


@router.get("/vocabularies")
def vocabularies(request: Request) -> Answers:
    """Every vocabulary."""
    return [one.to_json() for one in catalog_of(request).vocabularies.list()]


@router.get("/vocabularies/{name}")
def vocabulary(request: Request, name: Name) -> Answer:
    """One vocabulary, by its name or key."""
    return dict(catalog_of(request).vocabularies.get(name).to_json())


@router.get("/vocabularies/{name}/skos")
def skos(request: Request, name: Name) -> JSONResponse:
    """One vocabulary as SKOS in JSON-LD."""
    return JSONResponse(catalog_of(request).vocabularies.skos(name), media_type="application/ld+json")


@router.get("/vocabularies/{name}/health")
def health(request: Request, name: Name) -> Answer:
    """Which terms serve badly (schema errata.vocabulary-health/1)."""
    return dict(catalog_of(request).vocabularies.health(name).to_json())


@router.get("/labels")
def labels(
    request: Request,
    subject: Text = None,
    term: Text = None,
    vocabulary: Text = None,
    actor: Text = None,
    everything: bool = False,
) -> Answers:
    """The labels that count; with ``everything`` also those taken back, and answers in rounds that may be seen."""
    found = catalog_of(request).labels.list(
        subject, term=term, vocabulary=vocabulary, actor=actor, everything=everything
    )
    return [one.to_json() for one in found]


@router.get("/labels/{number}")
def label(request: Request, number: Number) -> Answer:
    """One label."""
    return dict(catalog_of(request).labels.get(number).to_json())


@router.get("/rounds")
def rounds(request: Request, state: Text = None) -> Answers:
    """Every round, or those in one state."""
    return [one.to_json() for one in catalog_of(request).rounds.list(state)]


@router.get("/rounds/{key}")
def round_(request: Request, key: Key) -> Answer:
    """One round as the server's actor may see it: with their own answers while it is open, then with all."""
    return dict(catalog_of(request).rounds.view(key).to_json())
