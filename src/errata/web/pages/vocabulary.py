"""Vocabularies: the list, one as a tree with counts, and one concept with what has it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from errata.nouns.vocabulary import VocabularyBody
from errata.web.listed import Cell, List, listed, number_cell
from errata.web.listing import Column
from errata.web.page import page
from errata.web.pages.reading import catalog_of, place_of, record_link

router = APIRouter()
Name = Annotated[str, Path(min_length=1, max_length=60)]
VOCABULARIES = List(
    title="Vocabularies", noun="vocabulary", plural="vocabularies", path="/vocabularies", here="/vocabularies",
    by="name",
    columns=[Column("name", "name", lambda one: one[0].name), Column("title", "title", lambda one: one[0].title),
             Column("key", "key", lambda one: one[0].number),
             Column("terms", "terms", lambda one: len(one[0].body.living()), number=True),
             Column("labels", "labels", lambda one: one[1], number=True),
             Column("revision", "revision", lambda one: one[0].revision, number=True),
             Column("state", "state", lambda one: one[0].state, facet=True),
             Column("changed", "changed", lambda one: one[0].changed_at)],
    cells=lambda one: [Cell(one[0].name, f"/vocabularies/{one[0].name}", "mono"), Cell(one[0].title),
                       Cell(one[0].key, look="mono"), number_cell(len(one[0].body.living())), number_cell(one[1]),
                       number_cell(one[0].revision), Cell(one[0].state), Cell(at=one[0].changed_at)],
    empty="No vocabulary yet. Errata brings one for failure modes:", add="errata vocabulary add failure-mode",
    command="errata vocabulary list",
)  # fmt: skip
MOST = 200
"""The most labels that a concept's page lists."""


@router.get("/vocabularies")
def vocabularies(request: Request) -> HTMLResponse:
    """Every vocabulary, with how many terms and labels it has."""
    catalog = catalog_of(request)
    found = [(one, sum(catalog.vocabularies.counts(one.key).values())) for one in catalog.vocabularies.list()]
    rounds = len(catalog.rounds.list("open"))
    around = (("/rounds", f"Labelling rounds, {rounds} open" if rounds else "Labelling rounds"),)
    return listed(request, replace(VOCABULARIES, around=around), found)


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
