"""Candidates: every capture, and one with what was drawn and how likely each was to be."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core.units import number
from errata.web.gallery import SIZES, TABLE, of_run
from errata.web.listed import Cell, List, listed, number_cell
from errata.web.listing import Column, paged
from errata.web.page import page
from errata.web.pages.reading import Key, Number, catalog_of

router = APIRouter()


def _at(one: Any) -> str:
    return f"/candidates/{one.run}/{one.rule}"


CAPTURES = List(
    title="Candidates", noun="capture", path="/candidates", here="/runs", by="-at", around=(("/rules", "Rules"),),
    columns=[Column("run", "run", lambda one: one.run, number=True, left=True, facet=True),
             Column("rule", "rule", lambda one: one.rule, facet=True),
             Column("title", "captures", lambda one: one.title),
             Column("drawn", "drawn", lambda one: one.drawn, number=True),
             Column("fresh", "new", lambda one: one.fresh, number=True),
             Column("matched", "matched", lambda one: one.matched, number=True),
             Column("seen", "of rows", lambda one: one.seen, number=True),
             Column("at", "captured", lambda one: one.at)],
    cells=lambda one: [Cell(f"run:{one.run}", _at(one), "mono"), Cell(one.rule, f"/rules/{one.rule}", "mono"),
                       Cell(one.title, _at(one)), number_cell(one.drawn), number_cell(one.fresh),
                       number_cell(one.matched), number_cell(one.seen), Cell(at=one.at)],
    empty="Nothing was captured yet:", add="errata capture run:N", command="errata candidates list",
)  # fmt: skip


@router.get("/candidates")
def captures(request: Request) -> HTMLResponse:
    """Every capture, newest first."""
    return listed(request, CAPTURES, catalog_of(request).candidates.list())


@router.get("/candidates/{run}/{rule}")
def candidates(request: Request, run: Number, rule: Key) -> HTMLResponse:
    """The newest capture of a run by a rule."""
    catalog = catalog_of(request)
    found = catalog.candidates.get(run, rule)
    roles = catalog.runs.get(run).roles
    view = paged(found.candidates, request.query_params, f"/candidates/{run}/{rule}", SIZES[TABLE])
    shown = of_run(catalog, [one.sample for one in view.rows], run, roles)
    return page(
        request,
        "candidates.html",
        here="/runs",
        found=found,
        view=view,
        rows=list(zip(view.rows, shown.views, strict=True)),
        columns=shown.columns[:6],
        number=number,
    )
