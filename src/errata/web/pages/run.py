"""Runs: the list, and one run with its findings, charts and gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core.errors import MissingExtra
from errata.nouns.late_truth import TRUTH_SINCE
from errata.nouns.page import MOST
from errata.nouns.part import PREDICTIONS, Part
from errata.nouns.report import Report
from errata.nouns.run import Run
from errata.show.charts.strip import strip
from errata.show.html import Picture, ReportView, picture, report_charts, report_view
from errata.show.rows import FindingRow
from errata.show.run_text import part_words
from errata.web.listing import PAGE, Column, counted, words_of
from errata.web.page import page
from errata.web.pages.chart import FORMS
from errata.web.pages.clusters import cluster_walls
from errata.web.pages.reading import Number, case_link, catalog_of, rate_scale, report_of
from errata.web.record_acts import discussed

router = APIRouter()
COLUMNS: list[Column[Any]] = [
    Column("run", "run", lambda run: run.number, number=True, left=True),
    Column("model", "model", lambda run: run.model, facet=True),
    Column("dataset", "dataset", lambda run: run.dataset, facet=True),
    Column("rate", "failed, 95 % interval", lambda run: run.error_rate, number=True, left=True),
    Column("state", "state", lambda run: run.state, facet=True),
    Column("logged", "logged", lambda run: run.logged_at),
]


@router.get("/runs")
def runs(request: Request) -> HTMLResponse:
    """Every run, newest first."""
    asked, mine = request.query_params, catalog_of(request).runs
    which = {name: asked.get(name) or None for name in ("model", "dataset", "state")}
    which["words"] = words_of(asked) or None
    sort = asked.get("sort") or "-run"
    found = mine.list(**which, sort=sort, limit=PAGE, cursor=asked.get("cursor") or None)
    view = counted(found, mine.counts(**which), COLUMNS, asked, path="/runs", by="-run")
    scale = rate_scale(view.rows)
    drawn = {run.number: strip(scale, run.error_rate, run.low, run.high) for run in view.rows}
    return page(request, "runs.html", here="/runs", view=view, drawn=drawn)


@router.get("/runs/{number}")
def run(request: Request, number: Number) -> HTMLResponse:
    """One run: how much fails, where it fails above the rest, and how it was made."""
    catalog = catalog_of(request)
    found = catalog.runs.get(number)
    report = report_of(catalog, number)
    return page(
        request,
        "run.html",
        here="/runs",
        run=found,
        view=_view(report, number) if report else None,
        stale=report is not None and TRUTH_SINCE.format(run=number) in report.notes,
        sealed=[(_named(part), part_words(part)) for part in found.parts] if len(found.parts) > 2 else [],
        walls=cluster_walls(catalog, found, report),
        captures=catalog.candidates.list(number),
        gates=[gate for gate in catalog.gates.list() if gate.run == number or gate.baseline == number],
        siblings=[other for other in _beside(catalog, found) if other.number != number][:8],
        **discussed(request, catalog, found.ref),
    )


def _beside(catalog: Any, found: Run) -> list[Run]:
    """Runs on the same dataset, newest first; of a run on none, others on none."""
    if found.dataset is None:
        return [other for other in catalog.runs.list(limit=MOST) if other.dataset is None]
    page: list[Run] = catalog.runs.list(dataset=found.dataset, limit=9)
    return page


def _named(part: Part) -> str:
    return part.kind if part.kind == PREDICTIONS else f"{part.kind} {part.seq}"


def _view(report: Report, number: int) -> ReportView:
    view = report_view(report, command=f"errata analyze run:{number}", href=finding_link, case_link=case_link,
                       analysis_link=lambda name: f"/runs/{number}/analyses/{name}")  # fmt: skip
    try:
        pictures = [drawn_chart(chart, number) for chart in report_charts(report)]
    except MissingExtra as missing:
        return replace(view, charts_missing=f"No charts: {missing.message}. {missing.next}")
    return replace(view, pictures=pictures)


def drawn_chart(chart: Any, number: int) -> Picture:
    """A chart of a run with the addresses of its downloads."""
    at = f"/runs/{number}/charts/{chart.name}"
    return picture(chart, [(label, f"{at}.{kind}", f"run-{number}-{chart.name}.{kind}") for label, kind in FORMS])


def finding_link(row: FindingRow) -> str:
    """Where a finding lives: ``finding:4`` → ``/findings/4``."""
    return f"/findings/{row.id.partition(':')[2]}"
