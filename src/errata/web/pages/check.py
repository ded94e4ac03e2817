"""Checks and suites: what a run is held to, and what gates said of it so far."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.web.listed import Cell, List, key_cell, listed, number_cell
from errata.web.listing import Column
from errata.web.page import page
from errata.web.pages.gate import verdicts_on
from errata.web.pages.reading import Key, case_link, catalog_of
from errata.web.record_acts import discussed

router = APIRouter()
_KEY: Column[Any] = Column("key", "key", lambda one: one.number, number=True, left=True)
_TITLE: Column[Any] = Column("title", "title", lambda one: one.title)
_STATE: Column[Any] = Column("state", "state", lambda one: one.state, facet=True)
_CHANGED: Column[Any] = Column("changed", "changed", lambda one: one.changed_at)
CHECKS = List(
    title="Checks", noun="check", path="/checks", here="/gates", by="key", around=(("/suites", "Suites"),),
    columns=[_KEY, _TITLE, Column("slice", "slice", lambda one: one.slice),
             Column("metric", "metric", lambda one: one.metric, facet=True),
             Column("criterion", "criterion", lambda one: one.criterion),
             Column("case", "guards", lambda one: one.case), _STATE, _CHANGED],
    cells=lambda one: [key_cell(one, "/checks"), Cell(one.title, f"/checks/{one.key}"), Cell(one.slice, look="code"),
                       Cell(one.metric), Cell(one.criterion, look="code"),
                       Cell(one.case, case_link(one.case), "mono") if one.case else Cell(), Cell(one.state),
                       Cell(at=one.changed_at)],
    empty="No check yet:", add="errata check add KEY --criterion '<= 0.05'", command="errata check list",
)  # fmt: skip
SUITES = List(
    title="Suites", noun="suite", path="/suites", here="/gates", by="-key", around=(("/checks", "Checks"),),
    columns=[_KEY, _TITLE, Column("checks", "checks", lambda one: len(one.checks), number=True), _STATE, _CHANGED],
    cells=lambda one: [key_cell(one, "/suites"), Cell(one.title, f"/suites/{one.key}"), number_cell(len(one.checks)),
                       Cell(one.state), Cell(at=one.changed_at)],
    empty="No suite yet:", add='catalog.suites.make(title="…", checks=["KEY"])', command="errata check list",
)  # fmt: skip


@router.get("/checks")
def checks(request: Request) -> HTMLResponse:
    """The checks that gates ask."""
    return listed(request, CHECKS, catalog_of(request).checks.list())


@router.get("/checks/{key}")
def check(request: Request, key: Key) -> HTMLResponse:
    """One check, and what gates said of it."""
    catalog = catalog_of(request)
    found = catalog.checks.get(key)
    asked = {"slice": found.slice, "metric": found.metric, "criterion": found.criterion, "case": found.case}
    return page(
        request,
        "check.html",
        here="/gates",
        check=found,
        verdicts=verdicts_on(catalog, asked),
        suites=[one for one in catalog.suites.list() if key in one.checks],
        history=catalog.checks.history(key),
        **discussed(request, catalog, key),
    )


@router.get("/suites")
def suites(request: Request) -> HTMLResponse:
    """Every suite."""
    return listed(request, SUITES, catalog_of(request).suites.list())


@router.get("/suites/{key}")
def suite(request: Request, key: Key) -> HTMLResponse:
    """One suite with its checks."""
    catalog = catalog_of(request)
    found = catalog.suites.get(key)
    return page(
        request,
        "suite.html",
        here="/gates",
        suite=found,
        checks=[catalog.checks.get(one) for one in found.checks],
        history=catalog.suites.history(key),
    )
