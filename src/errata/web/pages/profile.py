"""Models: the list, and one model's failures over versions and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from errata.core import units
from errata.nouns.profile import ProfileChange, ProfileKind, ProfileRun
from errata.show import profile_words as words
from errata.show.charts.strip import Scale, strip
from errata.web.listing import Column, listing
from errata.web.page import page
from errata.web.pages.reading import catalog_of, rate_scale

router = APIRouter()
Name = Annotated[str, Path(min_length=1, max_length=100)]
COLUMNS: list[Column[Any]] = [
    Column("model", "model", lambda one: one["model"]),
    Column("versions", "versions", lambda one: len(one["versions"]), number=True),
    Column("runs", "runs", lambda one: one["runs"], number=True),
    Column("rate", "newest run failed, 95 % interval", lambda one: one["latest"]["error_rate"], number=True, left=True),
    Column("cases", "open cases", lambda one: one["open_cases"], number=True),
    Column("logged", "logged", lambda one: one["latest"]["number"], number=True, left=True),
]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a profile, its rate drawn on the scale of the table."""

    run: ProfileRun
    at: datetime
    rate: str
    drawn: str
    older_version: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change, written and drawn around zero."""

    change: ProfileChange
    sign: str
    tone: str
    difference: str
    interval: str
    drawn: str
    numbers: tuple[str, str]


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of error: its share in each run."""

    kind: str
    shares: list[tuple[str, str, str]]


@router.get("/models")
def models(request: Request) -> HTMLResponse:
    """Every model, that of the newest run first."""
    found = catalog_of(request).models()
    view = listing(found, COLUMNS, request.query_params, text=lambda one: one["model"], path="/models", by="-logged")
    scale = Scale.over(edge for one in found for edge in (one["latest"]["low"], one["latest"]["high"]))
    drawn = {
        one["model"]: strip(scale, one["latest"]["error_rate"], one["latest"]["low"], one["latest"]["high"])
        for one in view.rows
    }
    when = {one["model"]: datetime.fromisoformat(one["latest"]["logged_at"]) for one in view.rows}
    return page(request, "models.html", here="/runs", view=view, drawn=drawn, when=when)


@router.get("/profile")
def project(request: Request) -> HTMLResponse:
    """All models of the project on one page."""
    return _profile(request, None)


@router.get("/models/{name:path}")
def model(request: Request, name: Name) -> HTMLResponse:
    """One model: its versions on their data, what recurs, what became of its cases."""
    return _profile(request, name)


def _profile(request: Request, name: str | None) -> HTMLResponse:
    found = catalog_of(request).profile(name)
    scale = rate_scale(found.runs)
    runs = [
        RunRow(
            run,
            datetime.fromisoformat(run.logged_at),
            words.rate(run),
            strip(scale, run.error_rate, run.low, run.high),
            at > 0 and found.runs[at - 1].model == run.model,
        )
        for at, run in enumerate(found.runs)
    ]
    return page(
        request,
        "profile.html",
        here="/runs",
        found=found,
        words=words,
        runs=runs,
        changes=_changes(found.changes),
        kinds=[_kind(one) for one in found.kinds],
        failures=[(one.run, units.count(one.failures)) for one in found.kinds[0].shares] if found.kinds else [],
        at=lambda text: datetime.fromisoformat(text),
        number=lambda ref: ref.partition(":")[2],
    )


def _changes(changes: tuple[ProfileChange, ...]) -> list[ChangeRow]:
    scale = Scale.over((edge for one in changes for edge in (one.difference, one.low, one.high)), zero=True)
    rows = []
    for one in changes:
        sign, tone = words.VERDICTS[one.verdict]
        interval = "" if one.low is None or one.high is None else f"[{100 * one.low:+.1f}, {100 * one.high:+.1f}]"
        drawn = strip(scale, one.difference, one.low, one.high, rest=0.0, tone=tone)
        numbers = (one.a.partition(":")[2], one.b.partition(":")[2])
        difference = "–" if one.difference is None else units.points(one.difference)
        rows.append(ChangeRow(one, sign, tone, difference, interval, drawn, numbers))
    return rows


def _kind(one: ProfileKind) -> KindRow:
    shares = [
        (units.percent(share.share), units.interval(share.low, share.high), units.count(share.failed))
        for share in one.shares
    ]
    return KindRow(one.kind, shares)
