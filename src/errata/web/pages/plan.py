"""Plans: the list, and one plan with what it predicts and what was measured."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from errata.show.charts.strip import Scale, strip
from errata.web.acts import shown
from errata.web.listing import Column, listing
from errata.web.page import page
from errata.web.pages.reading import Key, catalog_of
from errata.web.record_acts import MEASURE, discussed
from errata.web.writing import Form, may_write

router = APIRouter()
COLUMNS: list[Column[Any]] = [
    Column("key", "key", lambda plan: plan.number, number=True, left=True),
    Column("title", "title", lambda plan: plan.title),
    Column("state", "state", lambda plan: plan.state, facet=True),
    Column("predicted", "predicted, at most", lambda plan: plan.predicted.errors, number=True),
    Column("measured", "measured", lambda plan: _gain(plan), number=True),
    Column("changed", "changed", lambda plan: plan.changed_at),
]


@router.get("/plans")
def plans(request: Request) -> HTMLResponse:
    """Every plan, by the gain it promises."""
    view = listing(
        catalog_of(request).plans.list(),
        COLUMNS,
        request.query_params,
        text=lambda plan: f"{plan.key} {plan.title} {' '.join(plan.actions)} {' '.join(plan.cases)} {plan.state}",
        path="/plans",
        by="-predicted",
    )
    return page(request, "plans.html", here="/plans", view=view)


@router.get("/plans/{key}")
def plan(request: Request, key: Key) -> HTMLResponse:
    """One plan."""
    catalog = catalog_of(request)
    found = catalog.plans.get(key)
    measured = found.measured.slices if found.measured else ()
    begins = Form({"before": [f"run:{found.predicted.run}"]})
    scale = Scale.over(edge for one in measured for edge in (one.low, one.high))
    return page(
        request,
        "plan.html",
        here="/plans",
        plan=found,
        cases=[catalog.cases.get(case) for case in found.cases],
        measured=[(one, strip(scale, one.gain, one.low, one.high, rest=0.0, tone="accent")) for one in measured],
        history=catalog.plans.history(key),
        measuring=shown(MEASURE, catalog, {"key": key}, begins, writes=may_write(request)),
        **discussed(request, catalog, key),
    )


def _gain(plan: Any) -> int | None:
    return plan.measured.slices[0].gain if plan.measured and plan.measured.slices else None
