"""Findings: the list, one finding with its samples drawn, and one of those samples."""

from __future__ import annotations

import shlex
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.nouns.slice import Slice
from errata.show.charts.strip import Scale, strip
from errata.show.rows import finding_rows
from errata.web.gallery import of_run
from errata.web.listing import Column, listing
from errata.web.page import page
from errata.web.pages.reading import WALL, Number, case_link, catalog_of
from errata.web.pages.run import finding_link
from errata.web.pages.sample import sample_page
from errata.web.record_acts import discussed

router = APIRouter()
COLUMNS: list[Column[Any]] = [
    Column("where", "where", lambda finding: finding.slice),
    Column("run", "run", lambda finding: finding.run, number=True, facet=True),
    Column("excess", "above the rest", lambda finding: finding.excess_errors, number=True),
    Column("failed", "failed", lambda finding: finding.failed, number=True),
    Column("rate", "rate, 95 % interval", lambda finding: finding.error_rate, number=True, left=True),
    Column("rest", "rest", lambda finding: finding.rest_error_rate, number=True),
    Column("kind", "kind", lambda finding: finding.kind, facet=True),
    Column("metric", "metric", lambda finding: finding.metric, facet=True),
    Column("status", "status", lambda finding: (finding.status or "new").partition(" (")[0], facet=True),
]


@router.get("/findings")
def findings(request: Request) -> HTMLResponse:
    """Every finding of the newest analysis of each run, newest run first."""
    catalog = catalog_of(request)
    everything = catalog.findings.list()
    roles = {run.number: run.roles for run in catalog.runs.list()}
    view = listing(
        everything,
        COLUMNS,
        request.query_params,
        text=lambda finding: f"{finding.id} {finding.slice} {finding.status or ''} {finding.kind}",
        path="/findings",
        by="-run",
    )
    rows = dict(
        zip([finding.number for finding in view.rows], finding_rows(view.rows, lambda f: roles[f.run]), strict=True)
    )
    return page(request, "findings.html", here="/findings", view=view, rows=rows, case_link=case_link)


@router.get("/findings/{number}")
def finding(request: Request, number: Number) -> HTMLResponse:
    """One finding: its figures, its samples, and where else it was seen."""
    catalog = catalog_of(request)
    found = catalog.findings.get(number)
    run = catalog.runs.get(found.run)
    samples = catalog.findings.samples(number, limit=WALL)
    columns = Slice.parse(found.slice).columns
    seen = [other for other in catalog.findings.list() if other.fingerprint == found.fingerprint]
    seen = seen if any(other.number == number for other in seen) else [found, *seen]
    scale = Scale.over(edge for other in seen for edge in (other.low, other.high, other.rest_error_rate))
    row = finding_rows([found], lambda _: run.roles)[0]
    return page(
        request,
        "finding.html",
        here="/findings",
        finding=found,
        run=run,
        row=row,
        gallery=of_run(catalog, samples, run.number, run.roles, columns),
        seen=[(other, strip(scale, other.error_rate, other.low, other.high, rest=other.rest_error_rate))
              for other in seen],
        seen_rows={other.number: made for other, made in zip(seen, finding_rows(seen), strict=True)},
        open_command=f"errata case open {found.id} --title {shlex.quote(found.slice)}",
        finding_link=finding_link,
        case_link=case_link,
        **discussed(request, catalog, found.id),
    )  # fmt: skip


@router.get("/findings/{number}/samples/{row}")
def sample(request: Request, number: Number, row: int) -> HTMLResponse:
    """One sample of a finding, with every value."""
    catalog = catalog_of(request)
    found = catalog.findings.get(number)
    samples = catalog.findings.samples(number, limit=WALL)
    at = f"/findings/{number}"
    return sample_page(request, samples, row, run=found.run, back=at, name=found.id, here="/findings")
