"""GET JSON of a comparison of two runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from errata.core.names import parse_fact
from errata.web.access import catalog_for

router = APIRouter()
Reference = Annotated[str, Query(min_length=5, max_length=40, description="run:N")]


@router.get("/compare")
def compare(
    request: Request,
    a: Reference,
    b: Reference,
    metric: Literal["error", "fpr", "fnr", "loss"] = "error",
    depth: Annotated[int, Query(ge=1, le=4)] = 2,
    allow_different_truth: bool = False,
) -> dict[str, Any]:
    """Run A beside run B (schema errata.compare/1)."""
    numbers = [parse_fact(text, "run") for text in (a, b)]
    found = catalog_for(request).runs.compare(
        *numbers, metric=metric, depth=depth, allow_different_truth=allow_different_truth
    )
    return dict(found.to_json())
