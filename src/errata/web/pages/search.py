"""One search over everything: a reference opens what it names, words find what holds them."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from errata.core.names import is_key
from errata.web.page import page
from errata.web.pages.reading import catalog_of

router = APIRouter()
_FACT = re.compile(r"(run|finding|gate):([1-9][0-9]{0,14})\Z")
MOST = 20


@router.get("/search")
def search(request: Request, q: str = "") -> Response:
    """What holds every word of ``q``; a redirect when ``q`` is ``run:3``, ``finding:4``, ``gate:2`` or ``DIG-4``."""
    asked = q.strip()[:200]
    catalog = catalog_of(request)
    if match := _FACT.match(asked.casefold()):
        return RedirectResponse(f"/{match[1]}s/{match[2]}", 303)
    key = asked.upper()
    if is_key(key):
        for kind, records in (("cases", catalog.cases), ("plans", catalog.plans)):
            if any(record.key == key for record in records.list()):
                return RedirectResponse(f"/{kind}/{key}", 303)
    found = _found(catalog, asked.casefold().split()) if asked else []
    return page(request, "search.html", here="", query=asked, found=found)


def _found(catalog: Any, words: list[str]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """By kind, the first matches as (reference, what it is, address)."""
    c = catalog
    kinds: list[tuple[str, list[tuple[str, str, str]]]] = [
        (
            "Cases",
            [
                (r.key, f"{r.title} · {r.slice or r.summary[:80]} · {r.state}", f"/cases/{r.key}")
                for r in c.cases.list()
            ],
        ),
        ("Findings", [(f.id, f"{f.slice} · {f.status or ''}", f"/findings/{f.number}") for f in c.findings.list()]),
        ("Runs", [(r.ref, f"{r.model} on {r.dataset or 'no dataset'}", f"/runs/{r.number}") for r in c.runs.list()]),
        ("Plans", [(p.key, f"{p.title} · {' '.join(p.actions)}", f"/plans/{p.key}") for p in c.plans.list()]),
        ("Gates", [(g.ref, f"{g.verdict} · run:{g.run} · {g.purpose}", f"/gates/{g.number}") for g in c.gates.list()]),
    ]
    return [
        (kind, matching[:MOST])
        for kind, entries in kinds
        if (matching := [e for e in entries if all(word in f"{e[0]} {e[1]}".casefold() for word in words)])
    ]
