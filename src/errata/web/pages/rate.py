"""How bad a case is: the levels of a rubric, each with the words that say when it is chosen."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from errata.core.errors import ErrataError, UsageError
from errata.nouns.record import Record
from errata.web.page import after, form_page
from errata.web.pages.reading import Key, catalog_of
from errata.web.writing import Form, check_write, read_form

router = APIRouter()


@router.get("/cases/{key}/rate")
def show(request: Request, key: Key, rubric: str = "") -> HTMLResponse:
    """The rubric, with the levels that were chosen before."""
    catalog = catalog_of(request)
    severity = catalog.cases.get(key).severity
    chosen = {one.axis: str(one.level) for one in severity.ratings} if severity else {}
    return _page(request, key, rubric or (severity.rubric if severity else ""), chosen)


@router.post("/cases/{key}/rate")
async def rate(request: Request, key: Key) -> Response:
    """Rate it."""
    check_write(request, f"errata case rate {key} AXIS=LEVEL …")
    return await run_in_threadpool(_rate, request, key, await read_form(request))


def _rate(request: Request, key: str, form: Form) -> Response:
    chosen = {name.partition(".")[2]: form.one(name) for name in form if name.startswith("axis.")}
    rubric = form.one("rubric")
    try:
        wrong = [name for name, text in chosen.items() if not (text.isdecimal() and len(text) < 6)]
        if wrong:
            raise UsageError("bad-request", f"{', '.join(wrong)[:80]} has no such level", expected="a whole number")
        levels = {name: int(text) for name, text in chosen.items()}
        catalog_of(request).cases.rate(key, levels, rubric=rubric or None, reason=form.one("reason"))
    except ErrataError as error:
        return _page(request, key, rubric, chosen, form.one("reason"), error)
    return after(request, f"/cases/{key}", "rate")


def _page(
    request: Request, key: str, rubric: str, chosen: dict[str, str], reason: str = "", error: ErrataError | None = None
) -> HTMLResponse:
    catalog = catalog_of(request)
    case = catalog.cases.get(key)
    found: Any = catalog.rubrics.named(rubric or None)
    own = isinstance(found, Record)
    others = [one for one in catalog.rubrics.list() if one.state == "active" and not (own and one.key == found.key)]
    return form_page(
        request,
        "rate.html",
        here="/cases",
        case=case,
        rubric=found,
        named=found.key if own else found.name,
        others=others,
        chosen=chosen,
        reason=reason,
        error=error,
    )
