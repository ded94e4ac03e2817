"""Vocabularies: the list, one as a tree with counts, and one concept with what has it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from errata.nouns.vocabulary import VocabularyBody
from errata.web.page import page
from errata.web.pages.reading import catalog_of, place_of, record_link, written

router = APIRouter()
Name = Annotated[str, Path(min_length=1, max_length=60)]
MOST = 200
"""The most labels that a concept's page lists."""


@router.get("/vocabularies")
def vocabularies(request: Request) -> HTMLResponse:
    """Every vocabulary, with how many terms and labels it has."""
    catalog = catalog_of(request)
    found = [(one, sum(catalog.vocabularies.counts(one.key).values())) for one in catalog.vocabularies.list()]
    rounds = len(catalog.rounds.list("open"))
    return page(request, "vocabularies.html", here="/vocabularies", found=found, rounds=rounds)


@router.get("/vocabularies/{name}")
def vocabulary(request: Request, name: Name) -> HTMLResponse:
    """One vocabulary: its tree, and what of it serves badly."""
    catalog = catalog_of(request)
    found = catalog.vocabularies.get(name)
    body: VocabularyBody = found.body
    counts = catalog.vocabularies.counts(name)
    below = {at: sum(counts.get(one, 0) for one in body.descendants(at)) for at in body.concepts}
    return page(
        request,
        "vocabulary.html",
        here="/vocabularies",
        vocabulary=found,
        body=body,
        counts=counts,
        below=below,
        health=catalog.vocabularies.health(name),
        moves=len(catalog.labels.moves(name)),
        history=catalog.vocabularies.history(name),
        written=written,
    )


@router.get("/vocabularies/{name}/{term}")
def concept(request: Request, name: Name, term: Name) -> HTMLResponse:
    """One concept: what it means, by what it is told, what stands around it, and what has it."""
    catalog = catalog_of(request)
    found = catalog.vocabularies.get(name)
    body: VocabularyBody = found.body
    at = body.resolve(term)
    labels = catalog.labels.list(term=f"{found.name}:{at}")
    return page(
        request,
        "concept.html",
        here="/vocabularies",
        vocabulary=found,
        body=body,
        at=at,
        concept=body.concepts[at],
        above=body.path(at).split("/")[:-1],
        labels=[(label, subject_link(label.subject)) for label in labels[:MOST]],
        total=len(labels),
        moved=body.replacements(at),
    )


def subject_link(subject: str, kind: str = "case") -> str:
    """Where what a label is about can be read."""
    return place_of(subject) if ":" in subject else record_link(kind, subject)


def term_link(label: Any) -> str:
    """Where the term of a label is described."""
    return f"/vocabularies/{label.vocabulary_name}/{label.term}"
