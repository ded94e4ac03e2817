"""The charts of a run as files: SVG, PNG, CSV and the Vega-Lite spec."""

from __future__ import annotations

import json
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from errata.core.errors import NotFound
from errata.show.charts.chart import Chart
from errata.show.html import report_charts
from errata.web.pages.reading import Number, catalog_of, report_of

router = APIRouter()
FORMS = (("SVG", "svg"), ("PNG", "png"), ("CSV", "csv"), ("spec", "json"))
"""Each form of a chart by its label, and how the name of its file ends."""
Kind = Literal["svg", "png", "csv", "json"]
_MEDIA = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv; charset=utf-8", "json": "application/json"}


@router.get("/runs/{number}/charts/{name}.{kind}")
def chart(request: Request, number: Number, name: str, kind: Kind) -> Response:
    """One chart in one form. Raises NotFound for a chart that this run does not have."""
    report = report_of(catalog_of(request), number)
    found = next((chart for chart in report_charts(report) if chart.name == name), None) if report else None
    if found is None:
        raise NotFound("no-such-chart", f"run:{number} has no chart {name!r}", next=f"errata analyze run:{number}")
    return chart_file(found, f"run-{number}", kind)


def chart_file(found: Chart, stem: str, kind: Kind) -> Response:
    """A chart in one form, to be saved as ``stem-NAME.kind``."""
    content: str | bytes
    if kind == "svg":
        content = found.svg_file()
    elif kind == "png":
        content = found.png()
    elif kind == "csv":
        content = found.csv()
    else:
        content = json.dumps(found.vega_lite(), ensure_ascii=False, indent=1)
    attachment = f'attachment; filename="{stem}-{found.name}.{kind}"'
    return Response(content, media_type=_MEDIA[kind], headers={"content-disposition": attachment})
