"""The page of every act: its form, what was wrong with it, and, once it is done, the way back to the record."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from errata.core.canonical import digest_of
from errata.core.errors import ErrataError, UsageError
from errata.core.names import is_key
from errata.nouns.comment import check_about
from errata.store import requests
from errata.web.acts import Act, Where, check_filled, shown
from errata.web.case_acts import CASE_ACTS
from errata.web.page import after, form_page
from errata.web.pages.reading import catalog_of
from errata.web.record_acts import RECORD_ACTS, form_home, home_of
from errata.web.writing import Form, check_write, may_write, read_form

router = APIRouter()
LONGEST = 15
"""Of a number in an address."""


def _routes(act: Act) -> None:
    def show(request: Request) -> HTMLResponse:
        return _page(request, act, Form({name: [value] for name, value in request.query_params.items()}))

    async def do(request: Request) -> Response:
        where = dict(request.path_params)
        check_write(request, act.typed(where))
        form = await read_form(request)
        return await run_in_threadpool(_do, request, act, form)

    show.__name__, do.__name__ = f"show_{act.name}", f"do_{act.name}"
    router.add_api_route(act.path, show, methods=["GET"])
    router.add_api_route(act.path, do, methods=["POST"])


for one in (*CASE_ACTS, *RECORD_ACTS):
    if one.do is not None:
        _routes(one)


def _do(request: Request, act: Act, form: Form) -> Response:
    catalog = catalog_of(request)
    where = dict(request.path_params)
    _, _, back = _about(act, catalog, where)
    asked = _once(act.at(where), form)
    try:
        check_filled(act, form)
        assert act.do is not None
        if asked is not None and requests.done(catalog.store, asked) is not None:
            return after(request, back, act.name)
        address = act.do(catalog.acting(catalog.actor, request=asked), where, form)
    except requests.Again:
        return after(request, back, act.name)
    except ErrataError as error:
        return _page(request, act, form, error)
    return after(request, address, act.name)


def _once(address: str, form: Form) -> requests.Request | None:
    """What a form asks for, done once however often it is sent; with another text in it, it is another form."""
    if not form.one("once"):
        return None
    digest = digest_of({"address": address, "form": form})
    return requests.Request(f"form:{digest}", digest)


def _page(request: Request, act: Act, form: Form, error: ErrataError | None = None) -> HTMLResponse:
    catalog = catalog_of(request)
    where = dict(request.path_params)
    name, title, back = _about(act, catalog, where)
    return form_page(
        request,
        "act.html",
        here="/cases" if "key" in where else "",
        shown=shown(act, catalog, where, form, writes=may_write(request)),
        name=name,
        about=title,
        back=back,
        error=error,
    )


def _about(act: Act, catalog: Any, where: Where) -> tuple[str, str, str]:
    """What an act is done to: its name, its title, its page. Raises NotFound, GrammarError, UsageError."""
    plural = act.path.split("/")[1]
    if "number" in where:
        number = where["number"]
        if not number.isdecimal() or len(number) > LONGEST:
            raise UsageError("bad-request", "this names nothing", expected="a number", found=number[:40])
        return f"{plural.removesuffix('s')}:{number}", "", "/"
    if "subject" in where:
        subject = where["subject"]
        check_about(subject)
        return subject, catalog.record(subject).title if is_key(subject) else "", home_of(catalog, subject)
    record = getattr(catalog, plural).get(where["key"])
    return record.key, record.title, form_home(record)
