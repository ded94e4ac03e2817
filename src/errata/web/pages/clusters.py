"""The samples of clusters of failures: a wall for each on the page of its run, and the sheet of any row of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core import units
from errata.nouns.clusters import Cluster, Clusters
from errata.nouns.report import Report
from errata.web.pages.reading import Number, SampleView, catalog_of, sample_views
from errata.web.pages.sample import sample_page

router = APIRouter()
_MOST = 6


@dataclass(frozen=True, slots=True)
class Wall:
    """One cluster with the samples nearest to its centre."""

    number: int
    name: str
    words: str
    samples: list[SampleView]


def cluster_walls(catalog: Any, run: Any, report: Report | None) -> list[Wall]:
    """A wall for each of the first clusters in a report; none without clusters."""
    found = report.analyses.get("clusters") if report is not None else None
    if not isinstance(found, Clusters) or not found.clusters:
        return []
    shown = found.clusters[:_MOST]
    rows = [sample.row for cluster in shown for sample in cluster.samples]
    views = {view.row: view for view in sample_views(catalog.runs.rows(run.number, rows), run.roles)}
    return [
        Wall(one.number, one.name, _words(one), [views[sample.row] for sample in one.samples if sample.row in views])
        for one in shown
    ]


def _words(one: Cluster) -> str:
    if not one.rows:
        return f"{units.count(one.all_failed)} failed of {units.plural(one.all_rows, 'row')}"
    return (
        f"{units.percent(one.error_rate)} {units.interval(one.low, one.high)} · {units.count(one.failed)}/"
        f"{units.count(one.rows)} · rest {units.percent(one.rest_error_rate)} · {one.excess_errors:+,.0f} errors above "
        "the rest"
    )


@router.get("/runs/{number}/samples/{row}")
def sample(request: Request, number: Number, row: int) -> HTMLResponse:
    """One row of a run, with every value."""
    catalog = catalog_of(request)
    samples = catalog.runs.rows(number, [one for one in (row - 1, row, row + 1) if one >= 0])
    whole = (row, catalog.runs.get(number).rows or 0)
    at = f"/runs/{number}"
    return sample_page(request, samples, row, run=number, back=at, name=f"run:{number}", here="/runs", whole=whole)
