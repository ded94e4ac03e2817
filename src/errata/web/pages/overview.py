"""The overview: what fails most now, what came back, what changed since the last run, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.nouns.lifecycle import CLOSED, OPEN, REOPENED
from errata.show.charts.strip import Scale, strip
from errata.show.needs_text import headline
from errata.show.rows import FindingRow, finding_rows
from errata.web.page import page
from errata.web.pages.reading import case_link, catalog_of, report_of
from errata.web.pages.run import finding_link

router = APIRouter()
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Changed:
    """A model's newest run beside the one before it on the same data, and what became of the findings of both.

    Where one of the two was not ``analysed``, nothing can be said of their findings, and the lists are empty.
    """

    before: Any
    unanalysed: str | None
    before_drawn: str
    after_drawn: str
    new: list[Any]
    still: list[Any]
    no_more: list[Any]


@dataclass(frozen=True, slots=True)
class Model:
    """What fails most in a model's newest analysed run. ``worst`` are the first slices of ``slices``."""

    latest: Any
    analysed: bool
    worst: list[FindingRow]
    slices: int
    changed: Changed | None


@router.get("/")
def overview(request: Request) -> HTMLResponse:
    """What fails most now, and what needs somebody."""
    catalog = catalog_of(request)
    runs = sorted(catalog.runs.list(), key=lambda run: run.number, reverse=True)
    findings: dict[int, list[Any]] = {}
    for finding in catalog.findings.list():
        findings.setdefault(finding.run, []).append(finding)
    # A model whose newest run was analysed comes before one of which nothing is known yet.
    names = list(dict.fromkeys(run.model_name for run in sorted(runs, key=lambda run: run.number not in findings)))
    cases, needs = catalog.cases.list(), catalog.needs()
    return page(
        request,
        "overview.html",
        here="/",
        models=[_model(name, runs, findings, catalog) for name in names[:SHOWN]],
        more_models=names[SHOWN:],
        came_back=[case for case in cases if case.state == REOPENED],
        found_again=_found_again(cases, runs, findings),
        open_cases=[case for case in cases if case.state in OPEN and case.state != REOPENED],
        closed=sum(case.state == CLOSED for case in cases),
        gates=catalog.gates.list(limit=SHOWN),
        needs=needs,
        news=sum(one.total for one in catalog.inbox().news),
        needs_said=headline(needs),
        needs_shown=_shown(needs["needs"]),
        need_href=_need_href,
        finding_link=finding_link,
        case_link=case_link,
    )


def _shown(needs: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first few of each sort."""
    left = dict.fromkeys((one["what"] for one in needs), SHOWN)
    found = []
    for one in needs:
        left[one["what"]] -= 1
        if left[one["what"]] >= 0:
            found.append(one)
    return found


def _need_href(need: dict[str, str]) -> str:
    """Where a need is met."""
    at = {"label": "rounds", "move": "vocabularies", "failed": "jobs"}.get(need["what"], "cases")
    return f"/{at}/{need['subject'].removeprefix('job:')}"


def _found_again(cases: list[Any], runs: list[Any], findings: dict[int, list[Any]]) -> list[tuple[Any, int]]:
    """Closed cases that an analysis since says came back, each with the newest such run: no gate said it yet."""
    found = []
    for case in cases:
        if case.state != CLOSED or case.closed_by is None:
            continue
        said = f"came back ({case.key})"
        back = [n for n, mine in findings.items() if n > case.closed_by.run and any(f.status == said for f in mine)]
        if back:
            found.append((case, max(back)))
    return found


def _model(name: str, runs: list[Any], findings: dict[int, list[Any]], catalog: Any) -> Model:
    mine = [run for run in runs if run.model_name == name]
    logged = [run for run in mine if run.error_rate is not None]
    latest = next((run for run in mine if run.number in findings), (logged or mine)[0])
    now = findings.get(latest.number, [])
    slices = sorted((f for f in now if f.kind == "slice"), key=lambda f: -f.excess_errors)
    return Model(
        latest=latest,
        analysed=bool(now) or report_of(catalog, latest.number) is not None,
        worst=finding_rows(slices[:SHOWN]),
        slices=len(slices),
        changed=_changed(latest, mine, findings, catalog),
    )


def _changed(latest: Any, mine: list[Any], findings: dict[int, list[Any]], catalog: Any) -> Changed | None:
    """Against the model's newest earlier run on the same dataset version, else of the same name; None without one."""
    earlier = [run for run in mine if run.number < latest.number and run.error_rate is not None and run.dataset]
    same = [run for run in earlier if run.dataset == latest.dataset]
    before = next(iter(same or [run for run in earlier if run.dataset_name == latest.dataset_name]), None)
    if before is None or latest.error_rate is None:
        return None
    silent = [run for run in (before, latest) if run.number not in findings and report_of(catalog, run.number) is None]
    now, then = ([], []) if silent else (findings.get(latest.number, []), findings.get(before.number, []))
    prints_now, prints_then = {f.fingerprint for f in now}, {f.fingerprint for f in then}
    scale = Scale.over((edge for run in (before, latest) for edge in (run.low, run.high)), zero=False)
    return Changed(
        before=before,
        unanalysed=silent[0].ref if silent else None,
        before_drawn=strip(scale, before.error_rate, before.low, before.high, tone="unknown"),
        after_drawn=strip(scale, latest.error_rate, latest.low, latest.high),
        new=[f for f in now if f.fingerprint not in prints_then],
        still=[f for f in now if f.fingerprint in prints_then],
        no_more=[f for f in then if f.fingerprint not in prints_now],
    )
