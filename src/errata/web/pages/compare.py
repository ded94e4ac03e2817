"""Two runs beside each other: what changed between them, where, and what newly fails with its samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from errata.core import units
from errata.core.errors import NotFound
from errata.core.names import parse_fact
from errata.nouns.comparison import WORSE, ChangedSlice, Comparison
from errata.nouns.slice import Slice
from errata.show import compare_words as words
from errata.show.charts.strip import Scale, strip
from errata.web.page import page
from errata.web.pages.blob import in_pixels
from errata.web.pages.reading import (
    WALL,
    Number,
    SampleView,
    catalog_of,
    factor_columns,
    rate_scale,
    sample_views,
    written,
)

router = APIRouter()
Reference = Annotated[str | None, Query(max_length=40)]
BEFORE = "prediction of A"
Kind = Literal["newly_failing", "newly_passing"]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A slice that changed, written and drawn on the scale of its table."""

    slice: str
    href: str
    pairs: str
    a: str
    b: str
    change: str
    interval: str
    newly_failing: str
    newly_passing: str
    drawn: str
    p: str


@router.get("/compare")
def compare(
    request: Request,
    a: Reference = None,
    b: Reference = None,
    show: Kind = "newly_failing",
    slice: Annotated[str, Query(max_length=10_000)] = "all",
) -> HTMLResponse:
    """Run A beside run B; without both, the runs to choose from."""
    catalog = catalog_of(request)
    runs = sorted((run for run in catalog.runs.list() if run.rows), key=lambda run: -run.number)
    if not a or not b:
        return page(request, "compare.html", here="/runs", runs=runs, a=a, b=b, found=None)
    first, second = (parse_fact(text, "run") for text in (a, b))
    old, new = catalog.runs.get(first), catalog.runs.get(second)
    found = catalog.runs.compare(first, second)
    samples: list[SampleView] = []
    total = 0
    if found.paired and found.newly_failing is not None:
        rows, total = catalog.runs.changed(first, second, show, slice=slice, limit=WALL, metric=found.metric)
        samples = changed_views(rows, new.roles)
    scale = Scale.over((edge for one in found.slices for edge in (one.difference.low, one.difference.high)), zero=True)
    sides = rate_scale([old, new]) if found.metric != "loss" else None
    return page(
        request,
        "compare.html",
        here="/runs",
        runs=runs,
        a=a,
        b=b,
        old=old,
        new=new,
        found=found,
        words=words,
        drawn=_drawn(found, sides),
        worse=[_row(one, found, scale, a, b) for one in found.where("worse")],
        better=[_row(one, found, scale, a, b) for one in found.where("better")],
        tone=words.TONES[found.verdict],
        samples=samples,
        total=total,
        show=show,
        slice=slice,
        pictured=any(sample.image for sample in samples),
        columns=_columns(samples, new.roles, slice),
        link=lambda **changed: address(a, b, **{"show": show, "slice": slice, **changed}),
        sample_href=lambda sample: f"/compare/{first}/{second}/samples/{sample.row}?{urlencode({'show': show})}",
        left_out=words.left_out(found),
    )


@router.get("/compare/{a}/{b}")
def short(a: Number, b: Number) -> RedirectResponse:
    """The same page under its own address."""
    return RedirectResponse(address(f"run:{a}", f"run:{b}"))


@router.get("/compare/{a}/{b}/samples/{row}")
def sample(request: Request, a: Number, b: Number, row: int, show: Kind = "newly_failing") -> HTMLResponse:
    """One sample that changed, with every value that it has in B."""
    catalog = catalog_of(request)
    new = catalog.runs.get(b)
    rows, _ = catalog.runs.changed(a, b, show, limit=10_000)
    samples = changed_views(rows, new.roles)
    place = next((at for at, one in enumerate(samples) if one.row == row), None)
    if place is None:
        raise NotFound("no-such-sample", f"row {row} of run:{b} is not {show.replace('_', ' ')}", next=address(
            f"run:{a}", f"run:{b}"))  # fmt: skip
    return page(
        request,
        "compare_sample.html",
        here="/runs",
        sample=samples[place],
        pixels=in_pixels(catalog, samples[place], b),
        back=f"/compare/{a}/{b}",
        name=f"run:{b} against run:{a}",
        before=samples[place - 1] if place else None,
        after=samples[place + 1] if place + 1 < len(samples) else None,
        place=place + 1,
        total=len(samples),
        show=show,
        a=f"run:{a}",
        b=f"run:{b}",
    )


def address(a: str, b: str, **more: str) -> str:
    """The address of a comparison; what is usual is not named."""
    usual = {"show": "newly_failing", "slice": "all"}
    chosen = {key: value for key, value in more.items() if value != usual.get(key)}
    return f"/compare?{urlencode({'a': a, 'b': b, **chosen})}"


def changed_views(rows: list[dict[str, Any]], roles: dict[str, Any]) -> list[SampleView]:
    """Samples of B, with what A had said before what B says."""
    views = sample_views(rows, roles)
    return [_with_before(view, row.get("before"), roles) for view, row in zip(views, rows, strict=True)]


def _with_before(view: SampleView, before: Any, roles: dict[str, Any]) -> SampleView:
    if before is None or "prediction" not in roles:
        return view
    said = f"{written(before)} → {view.values.get(roles['prediction'], '')}"
    return replace(view, said=said, values={BEFORE: written(before), **view.values})


def _columns(samples: list[SampleView], roles: dict[str, Any], slice_: str) -> list[str]:
    columns = factor_columns(samples, roles, Slice.parse(slice_).columns if slice_ != "all" else ())
    rest = [name for name in columns if name not in (BEFORE, roles.get("truth"))]
    first = [name for name in (roles.get("truth"), BEFORE) if name and any(name in one.values for one in samples[:20])]
    return [*first, *rest]


def _drawn(found: Comparison, scale: Scale | None) -> tuple[str, str, str]:
    """A, the difference and B as strips; A and B on one scale."""
    sides = scale or Scale.over(edge for one in (found.a, found.b) for edge in (one.value, one.low, one.high))
    middle = Scale.over((found.difference.low, found.difference.high, found.difference.value))
    a, b = (strip(sides, one.value, one.low, one.high, tone="unknown") for one in (found.a, found.b))
    change = found.difference
    tone = words.TONES[found.verdict]
    return a, strip(middle, change.value, change.low, change.high, rest=0.0, tone=tone), b


def _row(one: ChangedSlice, found: Comparison, scale: Scale, a: str, b: str) -> ChangeRow:
    change = one.difference
    worse = one.direction == WORSE
    return ChangeRow(
        slice=one.slice,
        href=address(a, b, slice=one.slice, show="newly_failing" if worse else "newly_passing") + "#samples",
        pairs=units.count(one.pairs),
        a=words.value(one.a, found.metric),
        b=words.value(one.b, found.metric),
        change=words.signed(change.value, found.metric),
        interval=words.span(change, found.metric),
        newly_failing="" if one.newly_failing is None else units.count(one.newly_failing),
        newly_passing="" if one.newly_passing is None else units.count(one.newly_passing),
        drawn=strip(scale, change.value, change.low, change.high, rest=0.0, tone="fail" if worse else "pass"),
        p=words.chance(one.p_adjusted),
    )
