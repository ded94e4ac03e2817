"""The review queue: the submitted cases, who waits longest first, and the actor's own that were given back."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.web.page import page
from errata.web.pages.reading import catalog_of

router = APIRouter()


@router.get("/review")
def review(request: Request) -> HTMLResponse:
    """What waits for verification."""
    found = catalog_of(request).review_queue()
    return page(request, "review.html", here="/cases", found=found, moment=datetime.fromisoformat)
