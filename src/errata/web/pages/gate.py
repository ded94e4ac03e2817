"""Gates: the list with the checks in force, and the verdicts of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.core import units
from errata.core.errors import GrammarError
from errata.nouns.verdict import Criterion
from errata.show.charts.strip import Scale, strip
from errata.show.words import rate, rate_interval
from errata.web.listing import Column, listing
from errata.web.page import page
from errata.web.pages.reading import Number, catalog_of

router = APIRouter()
_RANK = ("fail", "inconclusive", "pass")
_TONES = {"pass": "pass", "fail": "fail", "inconclusive": "inconclusive"}
COLUMNS: list[Column[Any]] = [
    Column("gate", "gate", lambda gate: gate.number, number=True, left=True),
    Column("verdict", "verdict", lambda gate: gate.verdict, facet=True),
    Column("run", "run", lambda gate: gate.run, number=True, facet=True),
    Column("baseline", "baseline", lambda gate: gate.baseline, number=True),
    Column("purpose", "purpose", lambda gate: gate.purpose),
    Column("checks", "checks", lambda gate: len(gate.checks), number=True),
    Column("at", "when", lambda gate: gate.at),
]


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One check's verdict, written and drawn; the hairline of the drawing is the edge of its criterion."""

    name: str
    slice: str
    metric: str
    criterion: str
    n: str
    estimate: str
    interval: str
    both: str
    drawn: str
    verdict: str
    more_needed: str
    case: str | None
    reason: str


@router.get("/gates")
def gates(request: Request) -> HTMLResponse:
    """Every gate, newest first, and the checks that the next one will hold a run to."""
    catalog = catalog_of(request)
    view = listing(
        catalog.gates.list(),
        COLUMNS,
        request.query_params,
        text=lambda gate: f"{gate.ref} {gate.verdict} run:{gate.run} {gate.purpose}",
        path="/gates",
        by="-gate",
    )
    return page(request, "gates.html", here="/gates", view=view, checks=catalog.checks.list())


@router.get("/gates/{number}")
def gate(request: Request, number: Number) -> HTMLResponse:
    """The verdicts of one gate."""
    catalog = catalog_of(request)
    found = catalog.gates.get(number)
    return page(
        request,
        "gate.html",
        here="/gates",
        gate=found,
        run=catalog.runs.get(found.run),
        baseline=catalog.runs.get(found.baseline) if found.baseline else None,
        rows=sorted(verdict_rows(found.checks), key=lambda row: _RANK.index(row.verdict)),
        came_back=[
            row["case"] for row in found.checks if (row.get("reason") or "").startswith(f"{row['case']} came back")
        ],
    )


def verdict_rows(checks: Sequence[Mapping[str, Any]]) -> list[VerdictRow]:
    """Verdicts as rows of one table: rates on one scale, differences to a baseline on another, losses on a third."""
    scales: dict[str, Scale] = {}
    for scale in {_scale_of(check) for check in checks}:
        values = [
            value for check in checks if _scale_of(check) == scale
            for value in (check["low"], check["high"], check["estimate"], edge_of(check["criterion"]))
        ]  # fmt: skip
        scales[scale] = Scale.over(values)
    return [_row(check, scales[_scale_of(check)]) for check in checks]


def verdicts_on(catalog: Any, asked: Mapping[str, Any]) -> list[tuple[Any, VerdictRow]]:
    """What gates said of the checks of which this holds, as rows of one table, each with its gate."""
    judged = [(gate, one) for gate in catalog.gates.list() for one in gate.checks if asked.items() <= one.items()]
    return list(zip([gate for gate, _ in judged], verdict_rows([one for _, one in judged]), strict=True))


def edge_of(criterion: str) -> float | None:
    """The number that a criterion holds an estimate against: ``<= baseline + 0.01`` → 0.01; None when unreadable."""
    try:
        return Criterion.parse(criterion).edge
    except GrammarError:
        return None


def _scale_of(check: Mapping[str, Any]) -> str:
    if check["metric"] == "loss":
        return "loss"
    return "difference" if "baseline" in check["criterion"] else "rate"


def _row(check: Mapping[str, Any], scale: Scale) -> VerdictRow:
    difference = _scale_of(check) == "difference"
    estimate = check["estimate"]
    if estimate is None:
        said = "–"
    elif difference:
        said = units.points(estimate)
    else:
        said = rate(estimate, check["metric"])
    more = check.get("more_needed")
    return VerdictRow(
        name=check["name"],
        slice=check["slice"],
        metric=check["metric"],
        criterion=check["criterion"],
        n=units.count(check["n"]),
        estimate=said,
        interval=rate_interval(check["low"], check["high"], check["metric"]),
        both=_both(check),
        drawn=strip(scale, estimate, check["low"], check["high"], rest=edge_of(check["criterion"]),
                    tone=_TONES.get(check["verdict"], "unknown")),
        verdict=check["verdict"],
        more_needed=f"{units.count(more)} more" if more else "",
        case=check.get("case"),
        reason=check.get("reason") or "",
    )  # fmt: skip


def _both(check: Mapping[str, Any]) -> str:
    """The rates behind a difference: ``38.2 % → 41.1 %``."""
    before, now = check.get("baseline"), check.get("value")
    if before is None or now is None:
        return ""
    return f"{rate(before, check['metric'])} → {rate(now, check['metric'])}"
