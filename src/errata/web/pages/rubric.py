"""Rubrics: the list, and one with its axes and the words that anchor their levels."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from errata.web.listed import Cell, List, key_cell, listed, number_cell
from errata.web.listing import Column
from errata.web.page import page
from errata.web.pages.reading import catalog_of

router = APIRouter()
Name = Annotated[str, Path(min_length=1, max_length=60)]
RUBRICS = List(
    title="Rubrics", noun="rubric", path="/rubrics", here="/cases", by="key",
    columns=[Column("key", "key", lambda one: one.number, number=True, left=True),
             Column("name", "name", lambda one: one.name), Column("title", "title", lambda one: one.title),
             Column("axes", "axes", lambda one: len(one.axes), number=True),
             Column("revision", "revision", lambda one: one.revision, number=True),
             Column("changed", "changed", lambda one: one.changed_at)],
    cells=lambda one: [key_cell(one, "/rubrics"), Cell(one.name, look="code"), Cell(one.title, f"/rubrics/{one.key}"),
                       number_cell(len(one.axes)), number_cell(one.revision), Cell(at=one.changed_at)],
    around=(("/rubrics/severity", "The one that ships: severity"),),
    empty="No rubric of the project yet. Enter one:", add="errata rubric add --file FILE", command="errata rubric list",
)  # fmt: skip


@router.get("/rubrics")
def rubrics(request: Request) -> HTMLResponse:
    """The project's rubrics."""
    return listed(request, RUBRICS, catalog_of(request).rubrics.list())


@router.get("/rubrics/{name}")
def rubric(request: Request, name: Name) -> HTMLResponse:
    """One rubric, by its key or name; the one that ships has no history."""
    catalog = catalog_of(request)
    found = catalog.rubrics.named(name)
    key = getattr(found, "key", None)
    history = catalog.rubrics.history(key) if key else []
    return page(request, "rubric.html", here="/cases", rubric=found, key=key, history=history)
