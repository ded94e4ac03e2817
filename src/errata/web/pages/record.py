"""A record by its key alone: to the page of its kind."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from errata.web.pages.reading import Key, catalog_of, record_link

router = APIRouter()


@router.get("/records/{key}")
def record(request: Request, key: Key) -> RedirectResponse:
    """To the page of a record, whatever its kind. Raises NotFound."""
    return RedirectResponse(address_of(catalog_of(request).record(key)), 303)


@router.get("/saved-searches/{key}")
def saved_search(request: Request, key: Key) -> RedirectResponse:
    """To what a saved search finds. Raises NotFound."""
    return RedirectResponse(address_of(catalog_of(request).saved_searches.get(key)), 303)


def address_of(found: Any) -> str:
    """Where a record is read; a saved search is what it finds."""
    if found.kind == "saved-search":
        return f"/cases?{urlencode({'q': found.query})}"
    return record_link(found.kind, found.key)
