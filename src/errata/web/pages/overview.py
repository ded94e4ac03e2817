"""The overview: what fails most now, what came back, what changed since the last run, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.nouns.case import CLOSED, REOPENED
from errata.show.charts.strip import Scale, strip
from errata.show.rows import finding_rows
from errata.web.page import page
from errata.web.pages.reading import case_link, catalog_of
from errata.web.pages.run import finding_link

router = APIRouter()
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Changed:
    """The newest run beside the one before it on the same data, and what became of the findings of both."""

    before: Any
    before_drawn: str
    after_drawn: str
    new: list[Any]
    still: list[Any]
    no_more: list[Any]


@router.get("/")
def overview(request: Request) -> HTMLResponse:
    """What fails most now, and what needs somebody."""
    catalog = catalog_of(request)
    runs = sorted(catalog.runs.list(), key=lambda run: run.number, reverse=True)
    findings = catalog.findings.list()
    analysed = {finding.run for finding in findings}
    latest = next((run for run in runs if run.number in analysed), runs[0] if runs else None)
    now = [f for f in findings if latest is not None and f.run == latest.number]
    slices = [finding for finding in now if finding.kind == "slice"]
    cases = catalog.cases.list()
    return page(
        request,
        "overview.html",
        here="/",
        latest=latest,
        worst=finding_rows(sorted(slices, key=lambda f: -f.excess_errors)[:SHOWN]),
        slices=len(slices),
        analysed=latest is not None and (latest.number in analysed or catalog.runs.report(latest.number) is not None),
        changed=_changed(latest, runs, now, findings, catalog) if latest is not None else None,
        came_back=[case for case in cases if case.state == REOPENED],
        open_cases=[case for case in cases if case.state not in (CLOSED, REOPENED)],
        closed=sum(case.state == CLOSED for case in cases),
        gates=catalog.gates.list()[:SHOWN],
        finding_link=finding_link,
        case_link=case_link,
    )


def _changed(latest: Any, runs: list[Any], now: list[Any], findings: list[Any], catalog: Any) -> Changed | None:
    """Against the newest earlier run on the same dataset version, else the same dataset name; None without one."""
    earlier = [run for run in runs if run.number < latest.number and run.state == "complete" and run.dataset]
    same = [run for run in earlier if run.dataset == latest.dataset]
    before = next(iter(same or [run for run in earlier if run.dataset_name == latest.dataset_name]), None)
    if before is None:
        return None
    then = [finding for finding in findings if finding.run == before.number]
    prints_now, prints_then = {f.fingerprint for f in now}, {f.fingerprint for f in then}
    scale = Scale.over(edge for run in (before, latest) for edge in (run.low, run.high))
    return Changed(
        before=before,
        before_drawn=strip(scale, before.error_rate, before.low, before.high, tone="unknown"),
        after_drawn=strip(scale, latest.error_rate, latest.low, latest.high),
        new=[f for f in now if f.fingerprint not in prints_then],
        still=[f for f in now if f.fingerprint in prints_then],
        no_more=[f for f in then if f.fingerprint not in prints_now],
    )
