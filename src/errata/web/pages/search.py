"""One search over everything: a reference opens what it names, words find what holds them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from errata.core.errors import GrammarError, NotFound
from errata.core.names import is_key
from errata.web.page import page
from errata.web.pages.reading import catalog_of
from errata.web.pages.record import address_of

router = APIRouter()
_FACT = re.compile(r"(run|finding|gate|job):([1-9][0-9]{0,14})\Z")
MOST = 20


@router.get("/search")
def search(request: Request, q: str = "") -> Response:
    """What ``q`` finds; a redirect when ``q`` is ``run:3``, ``finding:4``, ``gate:2`` or ``DIG-4``."""
    asked = q.strip()[:200]
    catalog = catalog_of(request)
    if match := _FACT.match(asked.casefold()):
        return RedirectResponse(f"/{match[1]}s/{match[2]}", 303)
    key = asked.upper()
    if is_key(key):
        with suppress(NotFound):
            return RedirectResponse(address_of(catalog.record(key)), 303)
    found = _found(catalog, asked) if asked else []
    return page(request, "search.html", here="", query=asked, found=found)


def _found(catalog: Any, asked: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """By kind, the first matches as (reference, what it is, address)."""
    c = catalog
    cases, plans = (_records(collection, asked) for collection in (c.cases, c.plans))
    kinds: list[tuple[str, list[tuple[str, str, str]]]] = [
        (
            "Cases",
            [(r.key, f"{r.title} · {r.slice or r.summary[:80]} · {r.state}", f"/cases/{r.key}") for r in cases],
        ),
        ("Findings", [(f.id, f"{f.slice} · {f.status or ''}", f"/findings/{f.number}") for f in c.findings.list()]),
        ("Runs", [(r.ref, f"{r.model} on {r.dataset or 'no dataset'}", f"/runs/{r.number}") for r in c.runs.list()]),
        ("Plans", [(p.key, f"{p.title} · {' '.join(p.actions)}", f"/plans/{p.key}") for p in plans]),
        ("Gates", [(g.ref, f"{g.verdict} · run:{g.run} · {g.purpose}", f"/gates/{g.number}") for g in c.gates.list()]),
    ]
    words = asked.casefold().split()

    def matching(kind: str, entries: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        if kind in ("Cases", "Plans"):
            return entries
        return [one for one in entries if all(word in f"{one[0]} {one[1]}".casefold() for word in words)][:MOST]

    return [(kind, found) for kind, entries in kinds if (found := matching(kind, entries))]


def _records(collection: Any, asked: str) -> list[Any]:
    """Records by the language of queries; what is not of it is searched by its words."""
    for text in (asked, '"' + asked.replace('"', " ") + '"'):
        try:
            return list(collection.search(text, MOST, facets=False))
        except GrammarError:
            continue
    return []
