"""What drifted from one run to another: each column with its arrow, and where a change of the error rate comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from errata.core import units
from errata.core.errors import MissingExtra, NotFound
from errata.core.names import parse_fact
from errata.nouns.drift import Attribution, Drift, DriftColumn
from errata.show import drift_words as words
from errata.show.charts.drift import drift_chart
from errata.show.charts.strip import Scale, strip
from errata.show.html import Picture, picture
from errata.web.page import page
from errata.web.pages.chart import FORMS, Kind, chart_file
from errata.web.pages.reading import catalog_of

router = APIRouter()
Reference = Annotated[str | None, Query(max_length=40)]
_MIXES = 20


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A column, written; its effect drawn from 0, with a hairline at what an alarm needs."""

    column: str
    role: str
    alarm: bool
    sign: str
    moved: str
    measure: str
    drawn: str
    noise: str
    p: str
    psi: str
    jensen_shannon: str


@dataclass(frozen=True, slots=True)
class MixRow:
    """What a column's mix makes of the error rate, written and drawn with its interval."""

    column: str
    mix: str
    interval: str
    drawn: str
    rate: str


@router.get("/drift")
def drift(
    request: Request,
    a: Reference = None,
    b: Reference = None,
    min_effect: Annotated[float, Query(ge=0, le=1)] = 0.02,
) -> HTMLResponse:
    """From run A to run B; without both, the runs to choose from."""
    catalog = catalog_of(request)
    runs = sorted((run for run in catalog.runs.list() if run.rows), key=lambda run: -run.number)
    if not a or not b:
        return page(request, "drift.html", here="/runs", runs=runs, a=a, b=b, found=None)
    first, second = (parse_fact(text, "run") for text in (a, b))
    found = catalog.runs.drift(first, second, min_effect=min_effect)
    return page(
        request,
        "drift.html",
        here="/runs",
        runs=runs,
        a=a,
        b=b,
        found=found,
        words=words,
        tone="fail" if found.alarms else "pass",
        sign=words.ALARM if found.alarms else words.CALM,
        rows=drift_rows(found),
        mixes=[] if found.attribution is None else mix_rows(found.attribution),
        left_out=words.left_out(found),
        picture=_picture(found, a, b, min_effect),
    )


@router.get("/drift/charts/drift.{kind}")
def chart(
    kind: Kind,
    request: Request,
    a: Annotated[str, Query(max_length=40)],
    b: Annotated[str, Query(max_length=40)],
    min_effect: Annotated[float, Query(ge=0, le=1)] = 0.02,
) -> Response:
    """The arrows in one form. Raises NotFound where no column can be compared."""
    first, second = (parse_fact(text, "run") for text in (a, b))
    found = drift_chart(catalog_of(request).runs.drift(first, second, min_effect=min_effect))
    if found is None:
        raise NotFound("no-such-chart", f"no column of {a} and {b} can be compared", next=f"errata drift {a} {b}")
    return chart_file(found, f"run-{first}-run-{second}", kind)


def _picture(found: Drift, a: str, b: str, min_effect: float) -> Picture | None:
    """The arrows with the addresses of their downloads; None without columns or without the extra ``charts``."""
    try:
        drawn = drift_chart(found)
        if drawn is None:
            return None
        query = urlencode({"a": a, "b": b, **({} if min_effect == 0.02 else {"min_effect": min_effect})})
        return picture(
            drawn, [(label, f"/drift/charts/drift.{kind}?{query}", f"drift.{kind}") for label, kind in FORMS]
        )
    except MissingExtra:
        return None


def drift_rows(found: Drift) -> list[DriftRow]:
    """Every column, drawn on one scale."""
    scale = Scale.over([found.min_effect, *(one.effect for one in found.columns)])
    return [_row(one, found.min_effect, scale) for one in found.columns]


def mix_rows(found: Attribution) -> list[MixRow]:
    """The columns with the largest mixes, drawn on one scale around no change."""
    shown = found.by_column[:_MIXES]
    scale = Scale.over(edge for one in shown for edge in (one.mix_low, one.mix_high))
    return [
        MixRow(
            column=one.column,
            mix=units.points(one.mix),
            interval=f"[{100 * one.mix_low:+.1f}, {100 * one.mix_high:+.1f}]",
            drawn=strip(scale, one.mix, one.mix_low, one.mix_high, rest=0.0, tone="unknown"),
            rate=units.points(one.rate),
        )
        for one in shown
    ]


def _row(one: DriftColumn, min_effect: float, scale: Scale) -> DriftRow:
    return DriftRow(
        column=one.column,
        role=one.role,
        alarm=one.alarm,
        sign=words.ALARM if one.alarm else words.CALM,
        moved=words.moved(one),
        measure=words.measure(one),
        drawn=strip(scale, one.effect, 0.0, one.effect, rest=max(min_effect, one.noise_floor or 0.0),
                    tone="fail" if one.alarm else "pass"),
        noise=units.number(one.noise_floor),
        p=_chance(one.p_adjusted),
        psi=units.number(one.psi),
        jensen_shannon=units.number(one.jensen_shannon),
    )  # fmt: skip


def _chance(p: float | None) -> str:
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
