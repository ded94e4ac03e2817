"""GET JSON of the drift between two runs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from errata.core.names import parse_fact
from errata.web.access import catalog_for

router = APIRouter()
Reference = Annotated[str, Query(min_length=5, max_length=40, description="run:N")]


@router.get("/drift")
def drift(
    request: Request, a: Reference, b: Reference, min_effect: Annotated[float, Query(ge=0, le=1)] = 0.02
) -> dict[str, Any]:
    """What drifted from run A to run B (schema errata.drift/1)."""
    first, second = (parse_fact(text, "run") for text in (a, b))
    return dict(catalog_for(request).runs.drift(first, second, min_effect=min_effect).to_json())
