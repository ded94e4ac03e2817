"""Rotas: the list with who is on duty today, and one with its next turns."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core.clock import now
from errata.nouns.rota import RotaBody
from errata.web.listed import Cell, List, key_cell, listed, number_cell
from errata.web.listing import Column
from errata.web.page import page
from errata.web.pages.reading import Key, catalog_of

router = APIRouter()
TURNS = 8
"""So many turns are told, from the present one on."""


def _today(rota: Any) -> str:
    return rota.body.on_duty(now().date()) or "" if rota.state == "active" else ""


ROTAS = List(
    title="Rotas", noun="rota", path="/rotas", here="/cases", by="key", around=(("/review", "Review queue"),),
    columns=[Column("key", "key", lambda one: one.number, number=True, left=True),
             Column("title", "title", lambda one: one.title), Column("duty", "on duty today", _today),
             Column("owners", "owners", lambda one: ", ".join(one.owners)),
             Column("days", "days a turn", lambda one: one.days, number=True),
             Column("state", "state", lambda one: one.state, facet=True)],
    cells=lambda one: [key_cell(one, "/rotas"), Cell(one.title, f"/rotas/{one.key}"), Cell(_today(one) or "–"),
                       Cell(", ".join(one.owners)), number_cell(one.days), Cell(one.state)],
    empty="No rota yet:", add="errata rota add --title TEXT --owner NAME --owner NAME", command="errata rota list",
)  # fmt: skip


@router.get("/rotas")
def rotas(request: Request) -> HTMLResponse:
    """Every rota."""
    return listed(request, ROTAS, catalog_of(request).rotas.list())


@router.get("/rotas/{key}")
def rota(request: Request, key: Key) -> HTMLResponse:
    """One rota: whose turn it is, and whose the next ones are."""
    catalog = catalog_of(request)
    found = catalog.rotas.get(key)
    return page(
        request,
        "rota.html",
        here="/cases",
        rota=found,
        turns=turns(found.body, now().date()),
        history=catalog.rotas.history(key),
    )


def turns(body: RotaBody, today: date) -> list[tuple[str, str, str, bool]]:
    """The present turn and the next: first day, last day, whose, and whether it is the present one."""
    day, found = max(today, date.fromisoformat(body.starts)), []
    for _ in range(TURNS):
        last = body.last_day(day)
        if last is None:
            break
        first = last - timedelta(days=body.days - 1)
        found.append((first.isoformat(), last.isoformat(), body.on_duty(day) or "", first <= today <= last))
        if last == date.max:
            break
        day = last + timedelta(days=1)
    return found
