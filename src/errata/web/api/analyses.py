"""GET JSON of the analyses of a run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from errata.web.access import catalog_for
from errata.web.asking import Asked, Name, options_of, usual
from errata.web.pages.reading import Number

router = APIRouter()


@router.get("/runs/{number}/analyses")
def analyses(request: Request, number: Number) -> dict[str, Any]:
    """Every analysis that ``--all`` makes of a run (schema errata.report/1): what each found stands under
    ``analyses``, what could not be made and why under ``not_done``."""
    return dict(catalog_for(request).runs.analyze(number, only=usual()).to_json())


@router.get("/runs/{number}/analyses/{name}")
def analysis(request: Request, number: Number, name: Name, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
    """One analysis of a run (schema errata.report/1): what it found stands under ``analyses``, or why it could not be
    made under ``not_done``. An option that the analysis does not have is refused."""
    options = options_of(name, asked)
    return dict(catalog_for(request).runs.analyze(number, only=[name], **options).to_json())
