"""Capture rules: the list, and one rule with what it captured."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.web.listing import Column, listing
from errata.web.page import page
from errata.web.pages.reading import Key, catalog_of

router = APIRouter()
COLUMNS: list[Column[Any]] = [
    Column("key", "key", lambda rule: rule.number, number=True, left=True),
    Column("title", "title", lambda rule: rule.title),
    Column("state", "state", lambda rule: rule.state, facet=True),
    Column("captures", "captures", lambda rule: rule.body.words),
    Column("draws", "draws", lambda rule: rule.sampling.words),
    Column("changed", "changed", lambda rule: rule.changed_at),
]


@router.get("/rules")
def rules(request: Request) -> HTMLResponse:
    """Every rule, newest first."""
    view = listing(
        catalog_of(request).rules.list(),
        COLUMNS,
        request.query_params,
        text=lambda rule: f"{rule.key} {rule.title} {rule.body.words} {rule.state}",
        path="/rules",
        by="-key",
    )
    return page(request, "rules.html", here="/runs", view=view)


@router.get("/rules/{key}")
def rule(request: Request, key: Key) -> HTMLResponse:
    """One rule: what it captures, how it draws, and what it made of runs."""
    catalog = catalog_of(request)
    found = catalog.rules.get(key)
    return page(
        request,
        "rule.html",
        here="/runs",
        rule=found,
        captures=[one for one in catalog.candidates.list() if one.rule == key],
        history=catalog.rules.history(key),
    )
