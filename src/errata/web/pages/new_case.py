"""A new case: by a template, of a finding, or of neither; what is like it is shown before it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from errata.core.errors import ErrataError
from errata.core.names import parse_fact
from errata.nouns.case import KIND, CaseBody
from errata.nouns.form import LONGEST
from errata.web.body_form import changed, fields, grouped, read
from errata.web.page import after, form_page, page
from errata.web.pages.edit import asked, offers
from errata.web.pages.reading import catalog_of
from errata.web.writing import Form, check_write, may_write, read_form

router = APIRouter()
_OF = ("template", "finding", "slice", "run", "metric")


@router.get("/cases/new")
def new(request: Request) -> HTMLResponse:
    """Which template; with one, its form."""
    form = Form({name: [value] for name, value in request.query_params.items()})
    catalog = catalog_of(request)
    if "template" not in form and not _of_a_run(form):
        known = [body for body, _ in catalog.templates.all().values() if body.of == "case"]
        return page(request, "new_case.html", here="/cases", templates=known, writes=may_write(request))
    return _page(request, form, _begins(_template(catalog, form)))


@router.post("/cases/new")
async def open_(request: Request) -> Response:
    """Open it, unless something like it is there that the form did not show yet."""
    check_write(request, "errata case new --template NAME --file case.yaml")
    return await run_in_threadpool(_open, request, await read_form(request, LONGEST))


def _open(request: Request, form: Form) -> Response:
    catalog = catalog_of(request)
    template = _template(catalog, form)
    typed = read(KIND, form)
    told = changed(_begins(template), typed)
    try:
        about = _of(form)
        like = _alike(catalog, form, typed)
        fresh = [one for one in like if one.record.key not in form.one("seen").split()]
        if fresh:
            KIND.make({"title": "", **told})  # a form that cannot be kept is said first
            return _page(request, form, typed, like=like)
        title = told.pop("title", "")
        case = catalog.cases.open(title=title, template=template.name if template else None, **about, **told)
    except ErrataError as error:
        return _page(request, form, typed, error=error)
    return after(request, f"/cases/{case.key}", "open")


def _template(catalog: Any, form: Form) -> Any:
    """The template that a form is of. Raises NotFound ``no-such-template``."""
    name = form.one("template")
    return catalog.templates.named(name) if name else None


def _begins(template: Any) -> dict[str, Any]:
    """What stands in a form that nobody has touched."""
    bare = CaseBody.model_construct(title="").model_dump(mode="json")
    return bare | (dict(template.fills) if template else {})


def _of(form: Form) -> dict[str, Any]:
    """What a case is opened of. Raises GrammarError, UsageError."""
    finding, slice_, run = form.one("finding"), form.one("slice"), form.one("run")
    if finding:
        return {"finding": parse_fact(finding, "finding")}
    if slice_:
        return {"slice": slice_, "run": parse_fact(run, "run"), "metric": form.one("metric") or "error"}
    return {}


def _of_a_run(form: Form) -> bool:
    return bool(form.one("finding") or form.one("slice"))


def _alike(catalog: Any, form: Form, values: Any) -> Sequence[Any]:
    mark = None
    if form.one("finding"):
        mark = catalog.findings.get(parse_fact(form.one("finding"), "finding")).fingerprint
    title, summary = values.get("title") or "", values.get("summary") or ""
    return catalog.cases.alike(title, summary, mark) if title or mark else []


def _page(
    request: Request, form: Form, values: Any, *, like: Sequence[Any] = (), error: ErrataError | None = None
) -> HTMLResponse:
    catalog = catalog_of(request)
    template = _template(catalog, form)
    asks, requires = asked(catalog, template.name if template else "", told=not _of_a_run(form))
    faults = error.details if error is not None and error.code == "bad-body" else []
    given = offers(catalog)
    groups = [
        (title, fields(KIND, names, values, asks=asks, requires=requires, offers=given, faults=faults))
        for title, names in grouped(KIND, tuple(template.asks) if template else ())
    ]
    first = 1 if template else len(groups)
    of = {name: form.one(name) for name in _OF}
    found = None
    if of["finding"]:
        found = catalog.findings.get(parse_fact(of["finding"], "finding"))
        like = like or _alike(catalog, form, values)
    return form_page(
        request,
        "new_case_form.html",
        here="/cases",
        by=template,
        groups=groups[:first],
        more=groups[first:],
        of=of,
        finding=found,
        like=like,
        error=error,
    )
